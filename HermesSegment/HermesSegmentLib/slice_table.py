"""The strip and the table of slices."""

from typing import Any

import qt
from slicer.i18n import tr as _

from HermesSegmentLib.run_record import (
    ABSENT,
    ACCEPTED,
    FAILED,
    RUNNING,
    STOPPED,
    RunRecord,
    SliceRecord,
)

#: Blue, orange, grey and dark red: told apart without seeing red and green apart.
COLOURS = {
    ACCEPTED: "#4477aa",
    STOPPED: "#ee9944",
    ABSENT: "#bbbbbb",
    FAILED: "#882233",
    RUNNING: "#eeeeee",
}
TITLES = {
    ACCEPTED: _("accepted"),
    STOPPED: _("below threshold"),
    ABSENT: _("organ absent"),
    FAILED: _("failed"),
    RUNNING: _("running"),
}
_DECIDED = {"accepted": "✓", "edited": "✎", "rejected": "✗", "": ""}
#: Behind a pDSC that is not to be trusted, and behind the end of a slice that may or may not show the organ; and their columns.
_DOUBT, _MAYBE = " ?", " ±"
_LOOP, _PDSC = 1, 2
_HEADINGS = (_("Slice"), _("Loop"), _("pDSC"), _("Range"), _("Iterations"), _("Review"))


def legend() -> str:
    """The strip's colours in words, as rich text."""
    parts = [
        f'<span style="color:{COLOURS[name]}">■</span> {TITLES[name]}'
        for name in (ACCEPTED, STOPPED, ABSENT, FAILED)
    ]
    return "&nbsp; ".join(parts)


def prepare(strip: Any, table: Any) -> None:
    """Set up both widgets once."""
    for widget in (strip, table):
        widget.setEditTriggers(qt.QAbstractItemView.NoEditTriggers)
        widget.verticalHeader().setVisible(False)
    strip.horizontalHeader().setVisible(False)
    strip.setRowCount(1)
    strip.horizontalHeader().setMinimumSectionSize(6)
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
    table.horizontalHeader().setSectionResizeMode(1, qt.QHeaderView.Stretch)


def fill_strip(strip: Any, record: RunRecord, current: int) -> list[int]:
    """One cell a slice in the order of the volume; returns the slices' indices."""
    slices = [record.slices[index] for index in sorted(record.slices)]
    strip.setColumnCount(len(slices))
    for column, one in enumerate(slices):
        item = _item(strip, 0, column, "▾" if one.index == current else _DECIDED[one.decision])
        item.setBackground(qt.QBrush(qt.QColor(COLOURS[one.status])))
        dark = one.status in (ACCEPTED, FAILED)
        item.setForeground(qt.QBrush(qt.QColor("#ffffff" if dark else "#000000")))
        item.setToolTip(
            f"{one.index + 1}: {'; '.join(filter(None, (TITLES[one.status], _borderline(one))))}"
        )
    return [one.index for one in slices]


def fill_table(table: Any, record: RunRecord, current: int) -> list[int]:
    """One row a slice, those that need a look first; returns the slices' indices."""
    slices = record.worst_first()
    table.setRowCount(len(slices))
    for row, one in enumerate(slices):
        best = one.iterations[one.best] if one.iterations else None
        shown = best is not None and one.status != ABSENT
        texts = (
            str(one.index + 1),
            f"{TITLES[one.status]}{_MAYBE if one.borderline else ''}",
            f"{best.pdsc:.2f}{_DOUBT if one.index in record.unfamiliar else ''}" if shown else "",
            f"{best.low:.2f}-{best.high:.2f}" if shown else "",
            str(len(one.iterations)),
            one.decision,
        )
        for column, text in enumerate(texts):
            _item(table, row, column, text)
        unfamiliar = one.index in record.unfamiliar
        _item(table, row, _PDSC, texts[_PDSC]).setToolTip(
            _("Unlike the training patients: not to be trusted") if unfamiliar else ""
        )
        _item(table, row, _LOOP, texts[_LOOP]).setToolTip(_borderline(one))
        if one.index == current:
            table.selectRow(row)
    return [one.index for one in slices]


def _borderline(one: SliceRecord) -> str:
    return _("borderline: the organ may be there or not") if one.borderline else ""


def _item(table: Any, row: int, column: int, text: str) -> Any:
    item = table.item(row, column)
    if item is None:
        item = qt.QTableWidgetItem()
        item.setTextAlignment(qt.Qt.AlignCenter)
        table.setItem(row, column, item)
    # Writing the same text again would cost a layout of the table.
    if item.text() != text:
        item.setText(text)
    return item
