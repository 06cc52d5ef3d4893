"""The strip and the table of slices."""

from typing import Any

import qt
from slicer.i18n import tr as _

from HermesLib.refinement.events import Status
from HermesLib.refinement.marks import Mark
from HermesSegmentLib.run_record import Decision, RunRecord, SliceRecord

#: Blue, orange, grey and dark red, which the red-green colour-blind can distinguish; None: running.
COLOURS = {
    Status.ACCEPTED: "#4477aa",
    Status.STOPPED: "#ee9944",
    Status.ABSENT: "#bbbbbb",
    Status.FAILED: "#882233",
    None: "#eeeeee",
}
TITLES = {
    Status.ACCEPTED: _("accepted"),
    Status.STOPPED: _("below threshold"),
    Status.ABSENT: _("organ absent"),
    Status.FAILED: _("failed"),
    None: _("running"),
}
#: Statuses with a background dark enough for white text.
_DARK = (Status.ACCEPTED, Status.FAILED)
_WHITE, _BLACK = "#ffffff", "#000000"
_CURRENT = "▾"
_SIGNS = {Decision.ACCEPTED: "✓", Decision.EDITED: "✎", Decision.REJECTED: "✗", Decision.NONE: ""}
#: Why to look at a slice, in words; the most serious first.
MARK_WORDS = {
    Mark.NOT_FOUND: _("where the organ was not found on any slice"),
    Mark.UNFAMILIAR: _("unlike the training patients: pDSC is unreliable"),
    Mark.BORDERLINE: _("borderline: presence of the organ is uncertain"),
    Mark.ABRUPT_END: _("at an abrupt end: the organ ends with a large cross-section"),
    Mark.JUMP: _("at a jump: the outline differs much from the neighbouring slice's"),
    Mark.GAP: _("in a gap: the organ is on slices before and after"),
}
#: Suffixes: of an unreliable pDSC, and of the status of borderline and otherwise marked slices.
_UNRELIABLE, _BORDERLINE, _MARKED = " ?", " ±", " !"
#: Marks that the suffix of the status shows.
_ANATOMY = {Mark.NOT_FOUND, Mark.ABRUPT_END, Mark.JUMP, Mark.GAP}
#: On the strip, of a marked slice without a decision.
_LOOK = "!"
_HEADINGS = (_("Slice"), _("Status"), _("pDSC"), _("Interval"), _("Iterations"), _("Review"))
_STATUS_COLUMN, _PDSC_COLUMN, _INTERVAL_COLUMN = 1, 2, 3
_SMALLEST_CELL = 6


def legend() -> str:
    """The strip's colours in words, as rich text."""
    return "&nbsp; ".join(
        f'<span style="color:{COLOURS[status]}">■</span> {TITLES[status]}' for status in Status
    )


def prepare(strip: Any, table: Any) -> None:
    """Set up both widgets once."""
    for widget in (strip, table):
        widget.setEditTriggers(qt.QAbstractItemView.NoEditTriggers)
        widget.verticalHeader().setVisible(False)
    strip.horizontalHeader().setVisible(False)
    strip.setRowCount(1)
    strip.horizontalHeader().setMinimumSectionSize(_SMALLEST_CELL)
    strip.horizontalHeader().setSectionResizeMode(qt.QHeaderView.Stretch)
    strip.verticalHeader().setSectionResizeMode(qt.QHeaderView.Stretch)
    strip.setHorizontalScrollBarPolicy(qt.Qt.ScrollBarAlwaysOff)
    strip.setVerticalScrollBarPolicy(qt.Qt.ScrollBarAlwaysOff)
    strip.setSelectionMode(qt.QAbstractItemView.NoSelection)
    table.setColumnCount(len(_HEADINGS))
    table.setHorizontalHeaderLabels(list(_HEADINGS))
    table.setSelectionBehavior(qt.QAbstractItemView.SelectRows)
    table.setSelectionMode(qt.QAbstractItemView.SingleSelection)
    table.horizontalHeader().setSectionResizeMode(qt.QHeaderView.ResizeToContents)
    table.horizontalHeader().setSectionResizeMode(_STATUS_COLUMN, qt.QHeaderView.Stretch)


def fill_strip(strip: Any, record: RunRecord, current: int) -> list[int]:
    """One cell per slice in the order of the volume; returns the slices' indices."""
    slices = [record.slices[index] for index in sorted(record.slices)]
    strip.setColumnCount(len(slices))
    for column, entry in enumerate(slices):
        sign = _LOOK if entry.is_marked and entry.needs_review else _SIGNS[entry.decision]
        text = _CURRENT if entry.index == current else sign
        item = _item(strip, 0, column, text)
        item.setBackground(qt.QBrush(qt.QColor(COLOURS[entry.status])))
        item.setForeground(qt.QBrush(qt.QColor(_WHITE if entry.status in _DARK else _BLACK)))
        words = [TITLES[entry.status], _reasons(entry)]
        item.setToolTip(
            _("Slice {number}: ").format(number=entry.index + 1) + "; ".join(filter(None, words))
        )
    return [entry.index for entry in slices]


def fill_table(table: Any, record: RunRecord, current: int) -> list[int]:
    """One row per slice, those that need review first; returns the slices' indices."""
    slices = record.worst_first()
    table.setRowCount(len(slices))
    level = _interval_level(record)
    for row, entry in enumerate(slices):
        unreliable = record.is_out_of_distribution(entry.index)
        pdsc, interval = _quality(entry)
        texts = (
            str(entry.index + 1),
            f"{TITLES[entry.status]}{_suffix(entry)}",
            f"{pdsc}{_UNRELIABLE if unreliable and pdsc else ''}",
            interval,
            str(len(entry.iterations)),
            entry.decision.value,
        )
        items = [_item(table, row, column, text) for column, text in enumerate(texts)]
        items[_PDSC_COLUMN].setToolTip(
            _("Unlike the training patients: pDSC is unreliable") if unreliable else ""
        )
        items[_STATUS_COLUMN].setToolTip(_reasons(entry))
        items[_INTERVAL_COLUMN].setToolTip(level)
        if entry.index == current:
            table.selectRow(row)
    return [entry.index for entry in slices]


def _quality(entry: SliceRecord) -> tuple[str, str]:
    """The best pDSC and its interval; empty for a slice without mask."""
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


def _reasons(entry: SliceRecord) -> str:
    """Why a reader should look at a slice; while the run is in progress only what is known."""
    marks = {*entry.marks, *([Mark.BORDERLINE] if entry.borderline else [])}
    return "; ".join(words for mark, words in MARK_WORDS.items() if mark in marks)


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
