"""``overview.png``: the worst slices, one a row, from the first mask to the best and the last."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from HermesLib.prompts.types import Box
from HermesLib.refinement.events import Iteration, Status
from HermesLib.refinement.history import SliceResult
from HermesLib.report import panel
from HermesLib.report.selection import chosen_iterations, view_of, worst_slices

MOST_ROWS = 8
MOST_COLUMNS = 6
PANEL_INCHES = 2.5
CAPTION_INCHES = 0.42
LABEL_INCHES = 1.0
HEADER_INCHES = 1.15
RESOLUTION = 110
RESULT_SIGN = "\u25b6"


@dataclass(frozen=True)
class Heading:
    """What the header says of the run; no file names, no patient data."""

    preset: str
    model: str
    quality: str
    threshold: float


def write_overview(
    path: Path, results: Sequence[SliceResult], images: Mapping[int, np.ndarray], spacing: tuple[float, float], heading: Heading
) -> None:
    """Draw the worst slices of a run as a PNG.

    Args:
        path: the file to write.
        results: of all slices.
        images: (H, W) in 0..1 by slice index, at least of the slices drawn.
        spacing: millimetres of a pixel down and to the right.
        heading: what to say of the run.
    """
    rows = worst_slices(results, MOST_ROWS)
    columns = [chosen_iterations(len(result.records), result.best, MOST_COLUMNS) for result in rows]
    figure = _figure(rows, max(map(len, columns), default=0), heading, results)
    for row, (result, chosen) in enumerate(zip(rows, columns, strict=True)):
        iterations = [result.records[index].unpack() for index in chosen]
        view = view_of(iterations, spacing)
        for column, iteration in enumerate(iterations):
            axes = figure.add_axes(_place(figure, row, column))
            panel.draw_panel(axes, images[result.index], iteration, view, spacing[0] / spacing[1])
            axes.set_anchor("N")
            _caption(figure, row, column, iteration, is_result=iteration.index == result.best and len(result.records) > 1)
        _label(figure, row, result)
    FigureCanvasAgg(figure).print_png(str(path))


def _figure(rows: Sequence[SliceResult], columns: int, heading: Heading, results: Sequence[SliceResult]) -> Figure:
    # A header line needs the width of four panels even over fewer.
    width = LABEL_INCHES + max(columns, 4) * PANEL_INCHES
    height = HEADER_INCHES + max(len(rows), 0.1) * (PANEL_INCHES + CAPTION_INCHES) + 0.1
    figure = Figure(figsize=(width, height), dpi=RESOLUTION, facecolor="white")
    networks = " \u00b7 ".join(part for part in (heading.model, heading.quality) if part)
    title = f"HERMES \u00b7 {heading.preset} \u00b7 {networks} \u00b7 threshold {heading.threshold:.2f}"
    figure.text(0.1 / width, 1 - 0.22 / height, title, fontsize=13, weight="bold", va="center")
    figure.text(0.1 / width, 1 - 0.50 / height, _counts(results, len(rows)), fontsize=11, va="center")
    figure.legend(
        handles=_legend_entries(rows),
        loc="upper left",
        bbox_to_anchor=(0.0, 1 - 0.64 / height),
        ncols=7,
        fontsize=10,
        frameon=False,
        handlelength=1.8,
        columnspacing=1.4,
    )
    return figure


def _counts(results: Sequence[SliceResult], drawn: int) -> str:
    counts = Counter(result.status for result in results)
    remarks = {Status.ABSENT: " (no organ, not drawn)"}
    parts = [f"{counts[status]} {status.value}{remarks.get(status, '')}" for status in Status if counts[status]]
    text = f"{len(results)} {'slice' if len(results) == 1 else 'slices'}: {', '.join(parts)}"
    hidden = len(results) - counts[Status.ABSENT] - drawn
    return text + (f" \u00b7 the {drawn} worst are drawn, {hidden} better ones are not" if hidden else "")


def _legend_entries(rows: Sequence[SliceResult]) -> list[Line2D | Patch]:
    entries: list[Line2D | Patch] = [
        Line2D([], [], color=panel.MASK_COLOUR, linewidth=2.2, label="mask"),
        Line2D([], [], color=panel.PGT_COLOUR, linewidth=2.0, linestyle=(0, (2, 1)), label="pGT (expected)"),
        Patch(facecolor=panel.FALSE_POSITIVE_COLOUR, alpha=0.7, label="only in mask (FP)"),
        Patch(facecolor=panel.FALSE_NEGATIVE_COLOUR, alpha=0.7, label="only in pGT (FN)"),
    ]
    if any(len(result.records) > 1 for result in rows):
        entries.append(Line2D([], [], color="black", marker=">", linestyle="none", label="result"))
    kind = _prompt_kind(rows)
    if kind == Box.kind:
        entries.append(Patch(facecolor="#808080", edgecolor=panel.POSITIVE_COLOUR, linewidth=1.8, label="prompt (box)"))
    elif kind is not None:
        entries.append(Patch(facecolor=panel.POSITIVE_COLOUR, edgecolor="black", label="prompt +"))
        entries.append(Patch(facecolor=panel.NEGATIVE_COLOUR, edgecolor="black", label="prompt \u2212"))
    return entries


def _prompt_kind(rows: Sequence[SliceResult]) -> str | None:
    """A run has prompts of one kind; given masks have none."""
    prompts = (record.unpack().prompt for result in rows for record in result.records)
    return next((prompt.kind for prompt in prompts if prompt is not None), None)


def _place(figure: Figure, row: int, column: int) -> tuple[float, float, float, float]:
    """Left, bottom, width and height of a panel as shares of the figure."""
    width, height = figure.get_size_inches()
    gap = 0.06
    left = LABEL_INCHES + column * PANEL_INCHES
    top = height - HEADER_INCHES - row * (PANEL_INCHES + CAPTION_INCHES)
    return left / width, (top - PANEL_INCHES + gap) / height, (PANEL_INCHES - gap) / width, (PANEL_INCHES - gap) / height


def _caption(figure: Figure, row: int, column: int, iteration: Iteration, is_result: bool) -> None:
    left, bottom, width, _ = _place(figure, row, column)
    text = f"it {iteration.index} \u00b7 pDSC {iteration.pdsc:.2f}"
    if iteration.dsc is not None:
        text += f" \u00b7 DSC {iteration.dsc:.2f}"
    if is_result:
        text = f"{RESULT_SIGN} {text}"
    figure.text(
        left + width / 2,
        bottom - 0.05 / figure.get_size_inches()[1],
        text,
        fontsize=10.5,
        weight="bold" if is_result else "normal",
        ha="center",
        va="top",
    )


def _label(figure: Figure, row: int, result: SliceResult) -> None:
    left, bottom, _, height = _place(figure, row, 0)
    text = f"slice {result.index}\n{result.status.value}"
    right = left - 0.08 / figure.get_size_inches()[0]
    figure.text(right, bottom + height / 2, text, fontsize=11, weight="bold", ha="right", va="center")
