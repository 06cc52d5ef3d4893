"""The page's sections from what was measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from HermesLib.evaluation.loop_metrics import SliceOutcome
from HermesLib.evaluation.loop_runs import Trace, replay
from HermesLib.models.registry import model_entry
from HermesLib.presets.preset import Preset
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.research.promptable.oracle_prompts import Prompted, ceiling_figures
from HermesLib.research.tables.design import HERMES, TITLES, UNET, Cell, TableRun
from HermesLib.research.tables.html import Section, Table, page
from HermesLib.research.tables.plots import (
    plot_detection,
    plot_iterations,
    plot_reliability,
    plot_risk_coverage,
)
from HermesLib.research.tables.summary import (
    PAPER_OVERALL,
    Row,
    clearly_better,
    detection_of,
    error_above,
    gain_over,
    overall,
    row_of,
    share_of_ceiling,
)

#: A bootstrap of fewer patients gives no interval worth the name.
_FEWEST_PATIENTS = 3


@dataclass(frozen=True)
class Measured:
    """All of one organ: the cells' figures, their slices (ablations among them) and the runs behind, what true prompts get of each model, what
    each judge says of the same masks, and the ablations' names."""

    preset: Preset
    rows: Sequence[Row]
    outcomes: Mapping[Cell, Sequence[SliceOutcome]]
    traces: Mapping[TableRun, Sequence[Trace]]
    ceilings: Mapping[str, Sequence[Mapping[str, Any]]]
    detections: Mapping[str, Sequence[Mapping[str, Any]]]
    ablations: Sequence[str] = ()

    @property
    def models(self) -> list[str]:
        """The models, in their order."""
        return list(dict.fromkeys(row.cell.run.model for row in self.rows))

    @property
    def sources(self) -> list[str]:
        """The sources, in their order."""
        return list(dict.fromkeys(row.cell.run.source for row in self.rows))

    @property
    def thresholds(self) -> list[float]:
        """The thresholds, rising."""
        return sorted({row.cell.threshold for row in self.rows})

    def row(self, model: str, source: str, threshold: float) -> Row:
        """One cell's figures."""
        return next(
            row
            for row in self.rows
            if (row.cell.run.model, row.cell.run.source, row.cell.threshold)
            == (model, source, threshold)
        )

    def run(self, source: str, model: str | None = None) -> TableRun:
        """The run of a source or an ablation; with the preset's model if none is named."""
        return TableRun(self.preset.name, model or self.preset.model, source)


def write_page(path: Path, measured: Sequence[Measured], provenance: Mapping[str, Any]) -> Path:
    """Write the page; returns its path."""
    sections = [section for one in measured for section in _organ(one)]
    networks = [[name, sha256] for name, sha256 in provenance["models"].items()]
    networks += [
        [f"{preset}: {name}", sha256]
        for preset, found in provenance["sources"].items()
        for name, sha256 in found.items()
    ]
    sections.append(Section("ModelCache", [Table("Weights", ["name", "SHA-256"], networks)]))
    versions = ", ".join(f"{name} {number}" for name, number in provenance["versions"].items())
    lead = (
        f"HERMES {provenance['hermes']}, {date.today().isoformat()}, seed {provenance['seed']}, Python {provenance['python']}, {versions}. "
        "Means over slices that show the organ, with 95 % intervals by patient bootstrap. No network here was trained, chosen or "
        "calibrated on any of these patients, by the splits stored with the weights."
    )
    path.write_text(page("HERMES and its rivals", lead, sections), encoding="utf-8")
    return path


def _organ(one: Measured) -> list[Section]:
    first = one.rows[0]
    counted = f"{first.patients} patients, {first.slices} slices that show the organ."
    highest = one.thresholds[-1]
    pictures = {
        f"What is accepted, {_called(one.preset.model)} at {highest:g}": plot_risk_coverage(
            {source: one.outcomes[Cell(one.run(source), highest)] for source in one.sources}
        ),
        f"HERMES over the iterations, at {highest:g}": plot_iterations(
            {_called(model): one.traces[one.run(HERMES, model)] for model in one.models}, highest
        ),
        "What the final pDSC is worth, HERMES": plot_reliability(
            {
                _called(model): one.outcomes[Cell(one.run(HERMES, model), highest)]
                for model in one.models
            }
        ),
        "Each judge on the same masks": plot_detection(one.detections),
    }
    tables = [
        _final(one),
        _gain(one),
        _detection(one),
        _worth(one),
        _ceiling(one),
        _ahead(one),
        _ahead_in_error(one),
        _stopping(one),
    ]
    tables += [_ablations(one)] if one.ablations else []
    return [Section(one.preset.title, tables, pictures, counted)]


def _final(one: Measured) -> Table:
    columns = ["model", "threshold", *(TITLES.get(source, source) for source in one.sources)]
    rows = []
    for model in one.models:
        for threshold in one.thresholds:
            cells = [_final_cell(one.row(model, source, threshold)) for source in one.sources]
            rows.append([_called(model), f"{threshold:g}", *cells])
    for threshold in one.thresholds:
        means = [overall(one.rows, source, threshold) for source in one.sources]
        rows.append(
            [
                "all models",
                f"{threshold:g}",
                *("-" if mean is None else f"{mean:.3f}" for mean in means),
            ]
        )
    paper = ", ".join(f"{value:.2f} at {threshold:g}" for threshold, value in PAPER_OVERALL.items())
    note = (
        "Mean (standard deviation) of the true Dice of the final masks; in brackets the share of slices that reached the threshold. "
        f"The paper, on its own data and with the official models: {paper}."
    )
    return Table("Table 1. Final true Dice by source of the pGT", columns, rows, note)


def _final_cell(row: Row) -> str:
    if row.final is None or row.final[0] is None:
        return "-"
    return f"{row.final[0]:.3f} ({row.deviation:.3f}) [{100 * row.accepted:.0f} %]"


def _gain(one: Measured) -> Table:
    rows = []
    for model in one.models:
        for threshold in one.thresholds:
            cells = [one.row(model, source, threshold) for source in one.sources]
            rows.append(
                [
                    _called(model),
                    f"{threshold:g}",
                    *(f"{cell.gain[0]:+.1f} in {cell.calls:.1f}" for cell in cells),
                ]
            )
    columns = ["model", "threshold", *(TITLES.get(source, source) for source in one.sources)]
    return Table("Table 2. Percentage points gained, and calls of the model it took", columns, rows)


def _detection(one: Measured) -> Table:
    rows = []
    for source, masks_judged in one.detections.items():
        found = detection_of(masks_judged)
        for threshold in one.thresholds:
            cell = found[f"{threshold:g}"]
            numbers = [
                cell["sensitivity"],
                cell["specificity"],
                cell["balanced_accuracy"],
                cell["auroc"],
            ]
            error = found["error"]["mae"] if threshold == one.thresholds[0] else None
            rows.append(
                [
                    TITLES.get(source, source),
                    f"{threshold:g}",
                    *map(_number, numbers),
                    _interval(error),
                ]
            )
    columns = [
        "judge",
        "threshold",
        "sensitivity",
        "specificity",
        "balanced accuracy",
        "AUROC",
        "error of pDSC",
    ]
    masks = len(next(iter(one.detections.values())))
    note = (
        f"{masks} masks that no pGT has prompted: the models' first ones, graded and gross corruptions, the truth. An anomaly is a mask whose "
        "true Dice is below the threshold. Who rejects everything has a sensitivity of 1, hence the other columns."
    )
    return Table("Table 3. Anomaly detection", columns, rows, note)


def _worth(one: Measured) -> Table:
    highest = one.thresholds[-1]
    rows = []
    for model in one.models:
        ours, unet = one.row(model, HERMES, highest), one.row(model, UNET, highest)
        drawn = [ours.pgt, unet.pgt, ours.final]
        rows.append(
            [
                _called(model),
                *map(_interval, drawn),
                _number(ours.accepted_dice),
                _number(ours.error),
            ]
        )
    columns = [
        "model",
        "its last pGT taken as the segmentation",
        "the plain U-Net's",
        "refined mask",
        "accepted masks",
        "error of the pDSC",
    ]
    return Table(f"Is the loop worth it? HERMES at {highest:g}", columns, rows, "True Dice.")


def _ceiling(one: Measured) -> Table:
    highest = one.thresholds[-1]
    figures = {
        model: ceiling_figures([Prompted(**row) for row in rows])
        for model, rows in one.ceilings.items()
    }
    own = {model: figures[model][model_entry(model).prompt_kinds[0]] for model in figures}
    reached = share_of_ceiling(
        one.rows, {model: value[0] for model, value in own.items()}, HERMES, highest
    )
    rows = [
        [_called(model), _interval(own[model]), f"{reached.get(model, 0):.3f}"]
        for model in one.models
    ]
    columns = ["model", "prompted from the truth", f"share reached by HERMES at {highest:g}"]
    return Table(
        "Ceiling",
        columns,
        rows,
        "The same models prompted as the loop prompts, with the truth in place of the pGT.",
    )


def _ahead(one: Measured) -> Table:
    highest = one.thresholds[-1]
    rows = []
    for source in one.sources:
        if source == HERMES:
            continue
        for model in one.models:
            ours, theirs = one.row(model, HERMES, highest), one.row(model, source, highest)
            apart = theirs.final is None or (
                ours.final is not None and clearly_better(ours.final, theirs.final)
            )
            gain = gain_over(one.outcomes[ours.cell], one.outcomes[theirs.cell])
            rows.append(
                [
                    TITLES.get(source, source),
                    _called(model),
                    _interval(ours.final),
                    _interval(theirs.final),
                    _interval(gain),
                    verdict(apart, gain, ours.patients),
                ]
            )
    columns = ["rival", "model", "HERMES", "rival's", "difference", "verdict"]
    return Table(f"HERMES against each rival at {highest:g}", columns, rows, _PAIRED)


def _ahead_in_error(one: Measured) -> Table:
    ours = one.detections[HERMES]
    our_error = detection_of(ours)["error"]["mae"]
    rows = []
    for source, theirs in one.detections.items():
        if source != HERMES:
            error, gain = detection_of(theirs)["error"]["mae"], error_above(ours, theirs)
            # The smaller error is the better one.
            said = verdict(clearly_better(error, our_error), gain, one.rows[0].patients)
            rows.append(
                [
                    TITLES.get(source, source),
                    _interval(our_error),
                    _interval(error),
                    _interval(gain),
                    said,
                ]
            )
    columns = ["rival", "HERMES", "rival's", "difference", "verdict"]
    return Table("HERMES against each rival, error of the pDSC", columns, rows, _PAIRED)


def _stopping(one: Measured) -> Table:
    """Other ways to stop, from the same runs."""
    highest = one.thresholds[-1]
    usual = RefinementSettings(threshold=highest)
    ways = {
        f"patience {patience}": replace(usual, patience=patience)
        for patience in (1, 2, 3, 5, usual.patience)
    }
    rows = []
    for name, settings in {
        **ways,
        "last iteration kept, not the best": replace(usual, keep="last"),
    }.items():
        for model in one.models:
            found = [
                replay(trace, settings)
                for trace in one.traces[one.run(HERMES, model)]
                if trace.organ
            ]
            rows.append(
                [
                    name,
                    _called(model),
                    *_loop_cells(row_of(Cell(one.run(HERMES, model), highest), found)),
                ]
            )
    return Table(
        f"When to stop and what to keep, HERMES at {highest:g}", ["", "model", *_LOOP_COLUMNS], rows
    )


def _ablations(one: Measured) -> Table:
    highest = one.thresholds[-1]
    rows = []
    for source in (HERMES, *one.ablations):
        cell = Cell(one.run(source), highest)
        rows.append([source, *_loop_cells(row_of(cell, one.outcomes[cell]))])
    note = (
        "Parts of the bundled networks switched off or sampled otherwise; nothing is trained anew. Whether the quality control learnt from masks "
        "of these models, of its own training patients, is on its card (--refined-share). Where the bundled weights take all of the pGT from "
        "the image expert's map, samples and steps change nothing."
    )
    title = f"Ablations, {_called(one.preset.model)} at {highest:g}"
    return Table(title, ["", *_LOOP_COLUMNS], rows, note)


_LOOP_COLUMNS = (
    "refined mask",
    "its pGT",
    "accepted",
    "their true Dice",
    "error of the pDSC",
    "calls",
)


def _loop_cells(row: Row) -> list[str]:
    numbers = [
        f"{100 * row.accepted:.0f} %",
        _number(row.accepted_dice),
        _number(row.error),
        f"{row.calls:.1f}",
    ]
    return [_interval(row.final), _interval(row.pgt), *numbers]


def _called(model: str) -> str:
    return model_entry(model).title.partition(" (")[0]


_PAIRED = "The difference is taken slice by slice, mask by mask, so that patients who are hard for both do not widen its interval."


def verdict(apart: bool, gain: Sequence[float | None], patients: int) -> str:
    """In words: whether HERMES and a rival have intervals ``apart``, and the interval of the ``gain`` over it (mean, low, high)."""
    if patients < _FEWEST_PATIENTS:
        return "too few patients to tell"
    if apart:
        return "ahead, intervals apart"
    if gain[1] is not None and gain[1] > 0:
        return "ahead on the same slices, intervals overlap"
    if gain[2] is not None and gain[2] < 0:
        return "behind on the same slices"
    return "not clearly ahead"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _interval(values: Sequence[float | None] | None) -> str:
    if values is None or values[0] is None:
        return "-"
    return f"{values[0]:.3f} ({_number(values[1])} to {_number(values[2])})"
