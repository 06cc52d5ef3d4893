"""The page of a reproduction: the paper's tables and figure, its printed figures beside ours."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from HermesLib import __version__
from HermesLib.research.reproduce.printed import printed_table
from HermesLib.research.reproduce.request import QUICK, ReproduceRequest
from HermesLib.research.reproduce.truths import TruthAgreement
from HermesLib.research.tables import comparison_tables, loop_tables
from HermesLib.research.tables.cells import model_title, number
from HermesLib.research.tables.design import HERMES
from HermesLib.research.tables.html import Section, Table, html_page
from HermesLib.research.tables.measured import Measured
from HermesLib.research.tables.plots import plot_iterations
from HermesLib.research.tables.summary import row_of

_DIFFERENCES = (
    "As the paper: the QC core is trained on PI-CAI without the studies of PROSTATE-X and tested "
    "on these, and trained and tested on FLARE21; the score is the plain Dice of mask and pGT; the "
    "last iteration is the result. Unlike the paper: of PI-CAI all other studies train unless a "
    "limit is given (the paper used 700 and does not say which); of FLARE21 only the public masks "
    "can be used (361 of 511), and a fifth of the patients tests; lengths of the trainings are "
    "this project's; slices that the QC calls absent are not refined and count with a Dice of 0."
)
_FIGURE = "Figure 2. True Dice of the best mask so far, by its pDSC, HERMES at {:g}"


def write_paper_page(
    request: ReproduceRequest,
    organs: Mapping[str, Measured],
    experts: Mapping[str, tuple[Measured, TruthAgreement]],
    seconds: Mapping[str, float],
) -> Path:
    """Write ``paper.html`` into the request's folder; returns its path.

    Args:
        request: of the reproduction.
        organs: measurements by the experiment's name.
        experts: measurements against readers' masks, and how far both truths agree.
        seconds: of every stage.
    """
    sections = [Section("Beside the paper", [printed_table(organs)], text=_DIFFERENCES)]
    for name, organ in organs.items():
        sections.append(_organ_section(organ))
        if name in experts:
            sections.append(_expert_section(organ, *experts[name]))
    sections.append(Section("How it was made", [_provenance(request, seconds)]))
    lead = f"HERMES {__version__}, {date.today().isoformat()}, seed {request.seed}."
    if request.lengths == QUICK:
        lead += " QUICK: trained for a few steps to see that everything runs; no figure counts."
    if missing := [name for name in _models(organs) if name not in dict(request.weights)]:
        lead += f" Not the official weights, but the bundled small ones: {', '.join(missing)}."
    path = request.folder / "paper.html"
    path.write_text(html_page("The paper, reproduced", lead, sections), encoding="utf-8")
    return path


def _models(organs: Mapping[str, Measured]) -> list[str]:
    return list(dict.fromkeys(model for organ in organs.values() for model in organ.models))


def _organ_section(organ: Measured) -> Section:
    highest = organ.thresholds[-1]
    first = organ.rows[0]
    traces = {model_title(m): organ.traces[organ.run(HERMES, m)] for m in organ.models}
    tables = [
        loop_tables.final_dice(organ),
        loop_tables.gain(organ),
        comparison_tables.detection(organ),
    ]
    text = f"{first.patients} patients, {first.slices} slices that show the organ."
    pictures = {_FIGURE.format(highest): plot_iterations(traces, highest)}
    return Section(organ.preset.title, tables, pictures, text)


def _expert_section(organ: Measured, expert: Measured, agreement: TruthAgreement) -> Section:
    """Both truths on the patients who have both."""
    patients = {trace.patient for traces in expert.traces.values() for trace in traces}
    rows = []
    for model in organ.models:
        for threshold in organ.thresholds:
            by_expert = expert.row(model, HERMES, threshold)
            cell = organ.row(model, HERMES, threshold).cell
            same = [one for one in organ.outcomes[cell] if one.patient in patients and one.organ]
            by_algorithm = row_of(cell, same) if same else None
            rows.append(
                [
                    model_title(model),
                    f"{threshold:g}",
                    number(by_algorithm.final[0] if by_algorithm and by_algorithm.final else None),
                    number(by_expert.final[0] if by_expert.final else None),
                    number(by_algorithm.error if by_algorithm else None),
                    number(by_expert.error),
                ]
            )
    columns = [
        "model",
        "threshold",
        "final Dice, algorithm's truth",
        "final Dice, expert's truth",
        "error of the pDSC, algorithm's",
        "error of the pDSC, expert's",
    ]
    worst, name = agreement.worst
    note = (
        f"{agreement.patients} patients have both masks. The truths agree with a Dice of "
        f"{agreement.slice_dice:.3f} a slice and {agreement.volume_dice:.3f} a volume (worst: "
        f"{worst:.3f}, {name}), which is the most that any figure can mean."
    )
    title = f"{organ.preset.title}: both truths"
    return Section(title, [Table("Algorithm's and experts' masks", columns, rows, note)])


def _provenance(request: ReproduceRequest, seconds: Mapping[str, float]) -> Table:
    rows = [[name, f"{value / 60:.1f} min"] for name, value in seconds.items()]
    weights = dict(request.weights)
    rows += [[f"weights of {name}", Path(file).name] for name, file in weights.items()]
    limit = "all" if request.limit is None else str(request.limit)
    rows.append(["training studies of each organ, at most", limit])
    lengths = request.lengths
    steps = f"{lengths.autoencoder}, {lengths.experts}, {lengths.diffusion}; rivals {lengths.rival}"
    rows.append(["steps: autoencoder, experts, diffusion", steps])
    return Table("Stages and settings", ["", ""], rows)
