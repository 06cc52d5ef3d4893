"""``overview.png``: the worst slices, one a row, from the first mask to the best and the last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from HermesLib.refinement.events import Iteration
from HermesLib.refinement.history import SliceResult
from HermesLib.report.header import HEADER_INCHES, RESULT_SIGN, Heading, draw_header
from HermesLib.report.panel import draw_panel
from HermesLib.report.selection import View, chosen_iterations, view_of, worst_slices

#: Slices with several iterations take a row each; slices with one each share rows.
MOST_ROWS = 8
MOST_COLUMNS = 6
SHARED_COLUMNS = 4
MOST_SHARING = 12
PANEL_INCHES = 2.5
CAPTION_INCHES = 0.45
LABEL_INCHES = 1.0
MARGIN_INCHES = 0.1
RESOLUTION = 110


@dataclass(frozen=True, eq=False)
class _Cell:
    """One panel: its place in the grid, what it shows, and the text below it."""

    row: int
    column: int
    iteration: Iteration
    view: View
    caption: str
    bold: bool


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
    if all(len(result.records) == 1 for result in results):
        shown, left = worst_slices(results, MOST_SHARING), MARGIN_INCHES
        cells = _shared_rows(shown, spacing)
    else:
        shown, left = worst_slices(results, MOST_ROWS), LABEL_INCHES
        cells = _rows_of_iterations(shown, spacing)
    figure = _empty_figure(cells, left)
    draw_header(figure, heading, results, shown)
    for cell in cells:
        axes = figure.add_axes(_place(figure, cell.row, cell.column, left))
        draw_panel(axes, images[cell.iteration.slice_index], cell.iteration, cell.view, spacing[0] / spacing[1])
        axes.set_anchor("N")
        _write_caption(figure, cell, left)
    if left == LABEL_INCHES:
        for row, result in enumerate(shown):
            _write_label(figure, row, f"slice {result.index}\n{result.status.value}")
    FigureCanvasAgg(figure).print_png(str(path))


def _rows_of_iterations(shown: Sequence[SliceResult], spacing: tuple[float, float]) -> list[_Cell]:
    cells = []
    for row, result in enumerate(shown):
        chosen = chosen_iterations(len(result.records), result.best, MOST_COLUMNS)
        iterations = [result.records[index].unpack() for index in chosen]
        view = view_of(iterations, spacing)
        for column, iteration in enumerate(iterations):
            bold = iteration.index == result.best
            text = f"it {iteration.index} \u00b7 {_scores(iteration)}"
            cells.append(_Cell(row, column, iteration, view, f"{RESULT_SIGN} {text}" if bold else text, bold))
    return cells


def _shared_rows(shown: Sequence[SliceResult], spacing: tuple[float, float]) -> list[_Cell]:
    cells = []
    for place, result in enumerate(shown):
        row, column = divmod(place, SHARED_COLUMNS)
        iteration = result.best_record.unpack()
        caption = f"slice {result.index}, {result.status.value}\n{_scores(iteration)}"
        cells.append(_Cell(row, column, iteration, view_of([iteration], spacing), caption, False))
    return cells


def _scores(iteration: Iteration) -> str:
    true_dice = "" if iteration.dsc is None else f" \u00b7 DSC {iteration.dsc:.2f}"
    return f"pDSC {iteration.pdsc:.2f}{true_dice}"


def _empty_figure(cells: Sequence[_Cell], left: float) -> Figure:
    # The header needs the width of four panels even over fewer.
    columns = max([4, *(cell.column + 1 for cell in cells)])
    rows = max([0, *(cell.row + 1 for cell in cells)])
    width = left + columns * PANEL_INCHES + MARGIN_INCHES
    height = HEADER_INCHES + rows * (PANEL_INCHES + CAPTION_INCHES) + MARGIN_INCHES
    return Figure(figsize=(width, height), dpi=RESOLUTION, facecolor="white")


def _place(figure: Figure, row: int, column: int, left: float) -> tuple[float, float, float, float]:
    """Left, bottom, width and height of a panel as shares of the figure."""
    width, height = figure.get_size_inches()
    side = PANEL_INCHES - 0.06
    top = height - HEADER_INCHES - row * (PANEL_INCHES + CAPTION_INCHES)
    return (left + column * PANEL_INCHES) / width, (top - side) / height, side / width, side / height


def _write_caption(figure: Figure, cell: _Cell, left: float) -> None:
    x, bottom, width, _ = _place(figure, cell.row, cell.column, left)
    y = bottom - 0.05 / figure.get_size_inches()[1]
    weight = "bold" if cell.bold else "normal"
    figure.text(x + width / 2, y, cell.caption, fontsize=10.5, weight=weight, ha="center", va="top")


def _write_label(figure: Figure, row: int, text: str) -> None:
    x, bottom, _, height = _place(figure, row, 0, LABEL_INCHES)
    right = x - 0.08 / figure.get_size_inches()[0]
    figure.text(right, bottom + height / 2, text, fontsize=11, weight="bold", ha="right", va="center")
