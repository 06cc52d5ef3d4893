"""The strip of slices."""

from collections.abc import Hashable
from typing import Any

import qt
from slicer.i18n import tr as _

from HermesLib.report.colours import text_on
from HermesLib.report.numbering import number_of
from HermesSegmentLib.run_record import Decision, RunRecord, SliceRecord
from HermesSegmentLib.slice_table import (
    COLOURS,
    make_read_only,
    outcome,
    put_text,
    reasons,
    state_of,
)

_CURRENT = "▾"
_SIGNS = {Decision.ACCEPTED: "✓", Decision.EDITED: "✎", Decision.REJECTED: "✗", Decision.NONE: ""}
#: On the strip, of a marked slice without a decision.
_LOOK = "!"
#: Cells in one row of the strip: narrower cells could not be hit with the mouse.
_MOST_IN_ROW = 40
_SMALLEST_CELL = 4
_CELL_HEIGHT = 17


def strip_columns(count: int) -> int:
    """How many slices one row of the strip holds; the rows are about equally long.

    >>> strip_columns(26), strip_columns(60), strip_columns(300)
    (26, 30, 38)
    """
    rows = max(-(-count // _MOST_IN_ROW), 1)
    return -(-count // rows)


class SliceStrip:
    """One cell per slice in the order of the volume, row by row. Only what changes is written.

    Args:
        widget: the table that shows it.
    """

    def __init__(self, widget: Any) -> None:
        self.widget = widget
        self._shown: list[Hashable] = []
        make_read_only(widget)
        widget.horizontalHeader().setVisible(False)
        for header in (widget.horizontalHeader(), widget.verticalHeader()):
            header.setMinimumSectionSize(_SMALLEST_CELL)
            header.setSectionResizeMode(qt.QHeaderView.Stretch)
        widget.setHorizontalScrollBarPolicy(qt.Qt.ScrollBarAlwaysOff)
        widget.setVerticalScrollBarPolicy(qt.Qt.ScrollBarAlwaysOff)
        widget.setSelectionMode(qt.QAbstractItemView.NoSelection)

    def clear(self) -> None:
        """Show no slice."""
        self.widget.setRowCount(0)
        self._shown = []

    def fill(self, record: RunRecord, current: int) -> list[int]:
        """Show a run's slices and which is the current one; returns the slices' indices."""
        slices = [record.slices[index] for index in sorted(record.slices)]
        columns = strip_columns(len(slices))
        rows = -(-len(slices) // columns) if columns else 0
        if len(self._shown) != rows * columns or self.widget.columnCount != columns:
            self.widget.setColumnCount(columns)
            self.widget.setRowCount(rows)
            self.widget.setFixedHeight(max(rows, 1) * _CELL_HEIGHT + 4)
            self._shown = [None] * (rows * columns)
        for place in range(rows * columns):
            entry = slices[place] if place < len(slices) else None
            state: Hashable = entry is not None and (
                state_of(entry),
                record.threshold,
                entry.index == current,
            )
            if state != self._shown[place]:
                self._shown[place] = state
                self._fill_cell(*divmod(place, columns), entry, record, current)
        return [entry.index for entry in slices]

    def _fill_cell(
        self, row: int, column: int, entry: SliceRecord | None, record: RunRecord, current: int
    ) -> None:
        if entry is None:
            item = put_text(self.widget, row, column, "")
            item.setBackground(qt.QBrush())
            item.setToolTip("")
            return
        sign = _LOOK if entry.is_marked and entry.needs_review else _SIGNS[entry.decision]
        item = put_text(self.widget, row, column, _CURRENT if entry.index == current else sign)
        item.setBackground(qt.QBrush(qt.QColor(COLOURS[entry.status])))
        item.setForeground(qt.QBrush(qt.QColor(text_on(COLOURS[entry.status]))))
        words = [outcome(entry, record.threshold), reasons(entry)]
        item.setToolTip(
            _("Slice {number}: {words}").format(
                number=number_of(entry.index), words="; ".join(word for word in words if word)
            )
        )
