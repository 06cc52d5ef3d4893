"""Tables on the loop: final Dice, gain, value of the loop, stopping rules, ablations."""

from dataclasses import replace

from HermesLib.evaluation.traces import replay
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.research.promptable.oracle_prompts import OracleMask, oracle_figures
from HermesLib.research.tables.cells import interval, model_title, number, source_title
from HermesLib.research.tables.design import HERMES, UNET, Cell
from HermesLib.research.tables.html import Table
from HermesLib.research.tables.measured import Measured
from HermesLib.research.tables.summary import (
    PAPER_OVERALL,
    Row,
    overall,
    row_of,
    share_of_ceiling,
)

#: Values of ``patience`` in the table on stopping, beside the one in use.
_PATIENCES = (1, 2, 3, 5)
_LOOP_COLUMNS = (
    "refined mask",
    "its pGT",
    "accepted",
    "their true Dice",
    "error of the pDSC",
    "calls",
)


def final_dice(organ: Measured) -> Table:
    """True Dice of the final masks by model, threshold and source."""
    rows = []
    for model in organ.models:
        for threshold in organ.thresholds:
            cells = [_final_cell(organ.row(model, source, threshold)) for source in organ.sources]
            rows.append([model_title(model), f"{threshold:g}", *cells])
    for threshold in organ.thresholds:
        means = [overall(organ.rows, source, threshold) for source in organ.sources]
        rows.append(["all models", f"{threshold:g}", *map(number, means)])
    paper = ", ".join(f"{value:.2f} at {threshold:g}" for threshold, value in PAPER_OVERALL.items())
    note = (
        "Mean (standard deviation) of the true Dice of the final masks; in brackets the share of "
        "slices that reached the threshold. The paper, on its own data and with the official "
        f"models: {paper}."
    )
    title = "Table 1. Final true Dice by source of the pGT"
    return Table(title, _source_columns(organ), rows, note)


def gain(organ: Measured) -> Table:
    """Percentage points gained over the first masks, and calls of the model."""
    rows = []
    for model in organ.models:
        for threshold in organ.thresholds:
            cells = [organ.row(model, source, threshold) for source in organ.sources]
            texts = [f"{cell.gain[0]:+.1f} in {cell.calls:.1f}" for cell in cells]
            rows.append([model_title(model), f"{threshold:g}", *texts])
    title = "Table 2. Percentage points gained, in how many calls of the model"
    return Table(title, _source_columns(organ), rows)


def value_of_the_loop(organ: Measured) -> Table:
    """The refined mask beside the pGTs taken as segmentations."""
    highest = organ.thresholds[-1]
    rows = []
    for model in organ.models:
        ours = organ.row(model, HERMES, highest)
        unet = organ.row(model, UNET, highest)
        dices = [interval(values) for values in (ours.pgt, unet.pgt, ours.final)]
        judged = [number(ours.accepted_dice), number(ours.error)]
        rows.append([model_title(model), *dices, *judged])
    columns = [
        "model",
        "last pGT used as the segmentation",
        "the plain U-Net's",
        "refined mask",
        "accepted masks",
        "error of the pDSC",
    ]
    return Table(f"Is the loop worth it? HERMES at {highest:g}", columns, rows, "True Dice.")


def oracle_prompts(organ: Measured) -> Table:
    """Masks from prompts of the truth, and the share of their Dice that HERMES reaches."""
    highest = organ.thresholds[-1]
    own = {}
    for model, masks in organ.oracle_prompts.items():
        figures = oracle_figures([OracleMask(**mask) for mask in masks])
        own[model] = figures[organ.own_prompt(model)]
    ceilings = {model: value[0] for model, value in own.items()}
    reached = share_of_ceiling(organ.rows, ceilings, HERMES, highest)
    rows = [
        [model_title(model), interval(own[model]), f"{reached.get(model, 0):.3f}"]
        for model in organ.models
    ]
    columns = ["model", "prompted from the truth", f"share reached by HERMES at {highest:g}"]
    note = "The same models prompted as in the loop, with the truth in place of the pGT."
    return Table("Oracle prompts: the upper bound", columns, rows, note)


def stopping(organ: Measured) -> Table:
    """Other rules to stop, replayed from the same runs."""
    highest = organ.thresholds[-1]
    usual = RefinementSettings(threshold=highest)
    rules = {
        f"patience {patience}": replace(usual, patience=patience)
        for patience in (*_PATIENCES, usual.patience)
    }
    rules["last iteration kept, not the best"] = replace(usual, keep="last")
    rows = []
    for name, settings in rules.items():
        for model in organ.models:
            run = organ.run(HERMES, model)
            outcomes = [replay(trace, settings) for trace in organ.traces[run] if trace.organ]
            cells = _loop_cells(row_of(Cell(run, highest), outcomes))
            rows.append([name, model_title(model), *cells])
    title = f"When to stop and what to keep, HERMES at {highest:g}"
    return Table(title, ["", "model", *_LOOP_COLUMNS], rows)


def ablations(organ: Measured) -> Table:
    """HERMES with parts switched off or sampled otherwise."""
    highest = organ.thresholds[-1]
    rows = []
    for source in (HERMES, *organ.ablations):
        cell = Cell(organ.run(source), highest)
        rows.append([source, *_loop_cells(row_of(cell, organ.outcomes[cell]))])
    note = (
        "Parts of the bundled networks switched off or sampled otherwise; nothing is trained "
        "again. The card of the quality control says whether it learnt from masks of these models "
        "(--refined-share). Where the bundled weights take the whole pGT from the image expert's "
        "map, samples and steps change nothing."
    )
    title = f"Ablations, {model_title(organ.preset.model)} at {highest:g}"
    return Table(title, ["", *_LOOP_COLUMNS], rows, note)


def _source_columns(organ: Measured) -> list[str]:
    return ["model", "threshold", *map(source_title, organ.sources)]


def _final_cell(row: Row) -> str:
    if row.final is None or row.final[0] is None:
        return "-"
    return f"{row.final[0]:.3f} ({row.deviation:.3f}) [{100 * row.accepted:.0f} %]"


def _loop_cells(row: Row) -> list[str]:
    return [
        interval(row.final),
        interval(row.pgt),
        f"{100 * row.accepted:.0f} %",
        number(row.accepted_dice),
        number(row.error),
        f"{row.calls:.1f}",
    ]
