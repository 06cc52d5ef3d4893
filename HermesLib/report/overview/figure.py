"""``overview.png``: the worst slices, each from its first iteration to the best and the last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from HermesLib.io.whole_file import write_whole
from HermesLib.refinement.events import Iteration
from HermesLib.refinement.history import SliceResult
from HermesLib.refinement.marks import Mark, Marks
from HermesLib.report.numbering import number_of
from HermesLib.report.overview.cell import draw_cell
from HermesLib.report.overview.fonts import RESOLUTION
from HermesLib.report.overview.header import RESULT_SIGN, Heading, draw_header, header_inches
from HermesLib.report.overview.picture import Backdrop
from HermesLib.report.overview.selection import View, select_iterations, view_of, worst_slices
from HermesLib.report.overview.sheet import Sheet
from HermesLib.report.words import score_words

MOST_SLICES = 18
MOST_ROWS = 8
MOST_COLUMNS = 6
CELL_INCHES = 2.5
CAPTION_INCHES = 0.45
LABEL_INCHES = 1.0
MARGIN_INCHES = 0.1
#: A cell without the gap to the next one.
SIDE_INCHES = CELL_INCHES - 0.06


@dataclass(frozen=True, eq=False)
class _Cell:
    """One cell of the grid: its place, the iteration to draw, the caption below it, its marks."""

    row: int
    column: int
    iteration: Iteration
    view: View
    caption: str
    bold: bool
    reasons: tuple[Mark, ...] = ()


def write_overview(
    path: Path,
    results: Sequence[SliceResult],
    images: Mapping[int, np.ndarray],
    spacing: tuple[float, float],
    heading: Heading,
    marks: Marks,
) -> None:
    """Draw the worst slices of a run as a PNG.

    Args:
        path: the file to write.
        results: of all slices.
        images: (H, W) in 0..1 by slice index, at least of the slices to draw.
        spacing: of rows and of columns, mm.
        heading: the run in words.
        marks: of every slice; a marked slice is drawn with a frame and its marks in words, also
            where it shows neither organ nor mask.
    """
    rows = _rows(worst_slices(results, MOST_SLICES, marks))[:MOST_ROWS]
    drawn_results = [result for row in rows for result in row]
    header = header_inches(heading)
    cells = [
        cell
        for index, row in enumerate(rows)
        for cell in _cells(index, row, spacing, marks, heading)
    ]
    left = LABEL_INCHES if any(_has_own_row(result) for result in drawn_results) else MARGIN_INCHES
    sheet = _empty_sheet(cells, left, header)
    draw_header(sheet, heading, results, drawn_results, marks)
    side = round(SIDE_INCHES * RESOLUTION)

    @cache
    def backdrop(index: int, view: View) -> Backdrop:
        # Iterations of a slice share it.
        return Backdrop.of(images[index], view, spacing[0] / spacing[1], side)

    for cell in cells:
        shown = backdrop(cell.iteration.slice_index, cell.view)
        picture = draw_cell(shown, cell.iteration, cell.reasons)
        x, y = left + cell.column * CELL_INCHES, _top(cell.row, header)
        sheet.paste(x + (SIDE_INCHES - picture.width / RESOLUTION) / 2, y, picture)
        middle, below = x + SIDE_INCHES / 2, y + SIDE_INCHES + 0.05
        sheet.write(middle, below, cell.caption, 9.5, "ma", bold=cell.bold)
    for index, row in enumerate(rows):
        if _has_own_row(row[0]):
            label = f"slice {number_of(row[0].index)}\n{_ended(row[0], heading)}"
            middle = _top(index, header) + SIDE_INCHES / 2
            sheet.write(LABEL_INCHES - 0.08, middle, label, 11, "rm", bold=True)
    write_whole(path, sheet.png())


def _has_own_row(result: SliceResult) -> bool:
    return len(result.records) > 1


def _rows(drawn_results: Sequence[SliceResult]) -> list[list[SliceResult]]:
    """A row for each slice with several iterations; slices with a single mask share rows."""
    rows: list[list[SliceResult]] = []
    for result in drawn_results:
        shares = (
            bool(rows)
            and len(rows[-1]) < MOST_COLUMNS
            and not _has_own_row(result)
            and not _has_own_row(rows[-1][0])
        )
        if shares:
            rows[-1].append(result)
        else:
            rows.append([result])
    return rows


def _cells(
    row: int,
    results: Sequence[SliceResult],
    spacing: tuple[float, float],
    marks: Marks,
    heading: Heading,
) -> list[_Cell]:
    if _has_own_row(results[0]):
        return _iteration_cells(row, results[0], spacing, marks.get(results[0].index, ()), heading)
    cells = []
    for column, result in enumerate(results):
        iteration = result.best_record.unpack()
        ended = _ended(result, heading)
        caption = f"slice {number_of(result.index)}, {ended}\n{_scores(iteration, heading)}"
        view = view_of([iteration], spacing)
        reasons = marks.get(result.index, ())
        cells.append(_Cell(row, column, iteration, view, caption, False, reasons))
    return cells


def _iteration_cells(
    row: int,
    result: SliceResult,
    spacing: tuple[float, float],
    reasons: tuple[Mark, ...],
    heading: Heading,
) -> list[_Cell]:
    indices = select_iterations(len(result.records), result.best, MOST_COLUMNS)
    iterations = [result.records[index].unpack() for index in indices]
    view = view_of(iterations, spacing)
    cells = []
    for column, iteration in enumerate(iterations):
        is_result = iteration.index == result.best
        sign = f"{RESULT_SIGN} " if is_result else ""
        caption = f"{sign}try {number_of(iteration.index)} \u00b7 {_scores(iteration, heading)}"
        shown = reasons if is_result else ()
        cells.append(_Cell(row, column, iteration, view, caption, is_result, shown))
    return cells


def _ended(result: SliceResult, heading: Heading) -> str:
    score = result.best_record.numbers.pdsc
    return score_words(heading.score).ended(result.status, score, heading.threshold)


def _scores(iteration: Iteration, heading: Heading) -> str:
    true_dice = "" if iteration.dsc is None else f" \u00b7 Dice {iteration.dsc:.2f}"
    return f"{score_words(heading.score).short} {iteration.pdsc:.2f}{true_dice}"


def _empty_sheet(cells: Sequence[_Cell], left: float, header: float) -> Sheet:
    # The header needs the width of four cells even if there are fewer.
    columns = max([4, *(cell.column + 1 for cell in cells)])
    rows = max([0, *(cell.row + 1 for cell in cells)])
    width = left + columns * CELL_INCHES + MARGIN_INCHES
    return Sheet(width, _top(rows, header) + MARGIN_INCHES)


def _top(row: int, header: float) -> float:
    """Where a row of cells begins, inches from the top."""
    return header + row * (CELL_INCHES + CAPTION_INCHES)
