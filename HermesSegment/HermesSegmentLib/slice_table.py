"""The strip and the table of slices."""

from collections.abc import Mapping, Sequence
from typing import Any

import qt
from slicer.i18n import tr as _

from HermesLib.refinement.events import Status
from HermesLib.refinement.marks import Mark
from HermesLib.report.colours import text_on
from HermesLib.report.numbering import number_of
from HermesSegmentLib.coloured_text import chip, show_selection
from HermesSegmentLib.run_record import Decision, RunRecord, SliceRecord

#: Blue, orange, grey and dark red, which the red-green colour-blind can distinguish; None: running.
COLOURS = {
    Status.ACCEPTED: "#4477aa",
    Status.STOPPED: "#ee9944",
    Status.ABSENT: "#bbbbbb",
    Status.FAILED: "#882233",
    None: "#eeeeee",
}
#: How the loop ended on a slice; whether it is accepted is the reader's decision.
TITLES = {
    Status.ACCEPTED: _("reached"),
    Status.STOPPED: _("below"),
    Status.ABSENT: _("organ absent"),
    Status.FAILED: _("failed"),
    None: _("running"),
}
_CURRENT = "▾"
_SIGNS = {Decision.ACCEPTED: "✓", Decision.EDITED: "✎", Decision.REJECTED: "✗", Decision.NONE: ""}
#: Why to look at a slice, in words; the most serious first.
MARK_WORDS = {
    Mark.NOT_FOUND: _("where the organ was not found on any slice"),
    Mark.UNFAMILIAR: _("unlike the training patients: the estimated quality is unreliable"),
    Mark.BORDERLINE: _("borderline: presence of the organ is uncertain"),
    Mark.ABRUPT_END: _("at an abrupt end: the organ ends with a large cross-section"),
    Mark.JUMP: _("at a jump: the outline differs much from the neighbouring slice's"),
    Mark.GAP: _("in a gap: the organ is on slices before and after"),
}
#: Suffixes: of an unreliable quality, and of the outcome of borderline and otherwise marked slices.
_UNRELIABLE, _BORDERLINE, _MARKED = " ?", " ±", " !"
#: Marks that the suffix of the outcome shows.
_ANATOMY = {Mark.NOT_FOUND, Mark.ABRUPT_END, Mark.JUMP, Mark.GAP}
#: On the strip, of a marked slice without a decision.
_LOOK = "!"
#: Heading and tooltip of each column.
_COLUMNS = (
    (_("Slice"), _("Counted from 1 along the volume")),
    (_("Image"), _("DICOM instance number")),
    (_("Outcome"), _("How the loop ended on the slice: reached the threshold, or stayed below it")),
    (
        _("Estimated\nquality"),
        _("Estimated Dice of the mask and the unknown truth (pDSC of the best iteration)"),
    ),
    (_("90 %\nrange"), _("The true Dice is expected in this range (interval of the pDSC)")),
    (_("Tries"), _("Masks that the model made for the slice (iterations)")),
    (_("Decision"), _("Yours: accepted, edited or rejected")),
)
_SLICE, _IMAGE, _OUTCOME, _QUALITY, _RANGE, _TRIES, _DECISION = range(len(_COLUMNS))
#: Cells in one row of the strip: narrower cells could not be hit with the mouse.
_MOST_IN_ROW = 40
_CELL_HEIGHT, _ROW_HEIGHT = 17, 22
_SMALLEST_CELL = 4


def legend() -> str:
    """The strip's colours in words, as rich text."""
    return " ".join(chip(COLOURS[status], TITLES[status]) for status in Status)


def outcome(entry: SliceRecord, threshold: float) -> str:
    """How a slice ended, in words: ``reached 0.90``."""
    title = TITLES[entry.status]
    if entry.status in (Status.ACCEPTED, Status.STOPPED):
        return f"{title} {threshold:.2f}"
    return title


def reasons(entry: SliceRecord) -> str:
    """Why a reader should look at a slice; while the run is in progress only what is known."""
    marks = {*entry.marks, *([Mark.BORDERLINE] if entry.borderline else [])}
    return "; ".join(words for mark, words in MARK_WORDS.items() if mark in marks)


def prepare(strip: Any, table: Any) -> None:
    """Set up both widgets once."""
    for widget in (strip, table):
        widget.setEditTriggers(qt.QAbstractItemView.NoEditTriggers)
        widget.verticalHeader().setVisible(False)
    strip.horizontalHeader().setVisible(False)
    strip.horizontalHeader().setMinimumSectionSize(_SMALLEST_CELL)
    strip.verticalHeader().setMinimumSectionSize(_SMALLEST_CELL)
    strip.horizontalHeader().setSectionResizeMode(qt.QHeaderView.Stretch)
    strip.verticalHeader().setSectionResizeMode(qt.QHeaderView.Stretch)
    strip.setHorizontalScrollBarPolicy(qt.Qt.ScrollBarAlwaysOff)
    strip.setVerticalScrollBarPolicy(qt.Qt.ScrollBarAlwaysOff)
    strip.setSelectionMode(qt.QAbstractItemView.NoSelection)
    show_selection(table)
    table.setColumnCount(len(_COLUMNS))
    for column, (heading, tip) in enumerate(_COLUMNS):
        item = qt.QTableWidgetItem(heading)
        item.setToolTip(tip)
        table.setHorizontalHeaderItem(column, item)
    table.setSelectionBehavior(qt.QAbstractItemView.SelectRows)
    table.setSelectionMode(qt.QAbstractItemView.SingleSelection)
    table.setWordWrap(False)
    table.horizontalHeader().setHighlightSections(False)
    table.horizontalHeader().setSectionResizeMode(qt.QHeaderView.ResizeToContents)
    table.horizontalHeader().setSectionResizeMode(_DECISION, qt.QHeaderView.Stretch)
    table.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)


def strip_columns(count: int) -> int:
    """How many slices one row of the strip holds; the rows are about equally long.

    >>> strip_columns(26), strip_columns(60), strip_columns(300)
    (26, 30, 38)
    """
    rows = max(-(-count // _MOST_IN_ROW), 1)
    return -(-count // rows)


def fill_strip(strip: Any, record: RunRecord, current: int) -> list[int]:
    """One cell per slice in the order of the volume, row by row; returns the slices' indices."""
    slices = [record.slices[index] for index in sorted(record.slices)]
    columns = strip_columns(len(slices))
    rows = -(-len(slices) // columns) if columns else 0
    strip.setColumnCount(columns)
    strip.setRowCount(rows)
    strip.setFixedHeight(max(rows, 1) * _CELL_HEIGHT + 4)
    for place in range(rows * columns):
        row, column = divmod(place, columns)
        if place >= len(slices):
            item = _item(strip, row, column, "")
            item.setBackground(qt.QBrush())
            item.setToolTip("")
            continue
        entry = slices[place]
        sign = _LOOK if entry.is_marked and entry.needs_review else _SIGNS[entry.decision]
        item = _item(strip, row, column, _CURRENT if entry.index == current else sign)
        item.setBackground(qt.QBrush(qt.QColor(COLOURS[entry.status])))
        item.setForeground(qt.QBrush(qt.QColor(text_on(COLOURS[entry.status]))))
        words = [outcome(entry, record.threshold), reasons(entry)]
        item.setToolTip(
            _("Slice {number}: {words}").format(
                number=number_of(entry.index), words="; ".join(word for word in words if word)
            )
        )
    return [entry.index for entry in slices]


def fill_table(
    table: Any,
    record: RunRecord,
    order: Sequence[int],
    current: int,
    instances: Mapping[int, int],
) -> None:
    """One row per slice.

    Args:
        table: the widget.
        record: of the run.
        order: the slices' indices, row by row.
        current: the slice whose row is selected.
        instances: DICOM instance numbers by slice; the column is hidden where there are none.
    """
    table.setRowCount(len(order))
    table.setColumnHidden(_IMAGE, not instances)
    level = _interval_level(record)
    for row, index in enumerate(order):
        entry = record.slices[index]
        unreliable = record.is_out_of_distribution(index)
        quality, interval = _quality(entry)
        texts = (
            str(number_of(index)),
            str(instances.get(index, "")),
            f"{outcome(entry, record.threshold)}{_suffix(entry)}",
            f"{quality}{_UNRELIABLE if unreliable and quality else ''}",
            interval,
            str(len(entry.iterations)),
            entry.decision.value,
        )
        items = [_item(table, row, column, text) for column, text in enumerate(texts)]
        items[_QUALITY].setToolTip(MARK_WORDS[Mark.UNFAMILIAR] if unreliable else "")
        items[_OUTCOME].setToolTip(reasons(entry))
        items[_RANGE].setToolTip(level)
        if index == current:
            table.selectRow(row)
            table.scrollToItem(items[_SLICE])
    if current not in order:
        table.clearSelection()


def _quality(entry: SliceRecord) -> tuple[str, str]:
    """The best estimated quality and its range; empty for a slice without mask."""
    if not entry.iterations or entry.status is Status.ABSENT:
        return "", ""
    best = entry.iterations[entry.best]
    return f"{best.pdsc:.2f}", f"{best.low:.2f}-{best.high:.2f}"


def _interval_level(record: RunRecord) -> str:
    """The level of the interval, as the report of the run states it; empty where unknown."""
    interval = (record.report or {}).get("provenance", {}).get("interval")
    if not interval:
        return ""
    return _("{nominal} nominal; {patients} patients can guarantee at most {guaranteed}").format(
        nominal=f"{interval['nominal']:.0%}",
        guaranteed=f"{interval['guaranteed']:.0%}",
        patients=interval["patients"],
    )


def _suffix(entry: SliceRecord) -> str:
    marked = _MARKED if _ANATOMY.intersection(entry.marks) else ""
    return f"{_BORDERLINE if entry.borderline else ''}{marked}"


def _item(table: Any, row: int, column: int, text: str) -> Any:
    item = table.item(row, column)
    if item is None:
        item = qt.QTableWidgetItem()
        item.setTextAlignment(qt.Qt.AlignCenter)
        table.setItem(row, column, item)
    # Setting the same text again would cost a layout of the table.
    if item.text() != text:
        item.setText(text)
    return item
