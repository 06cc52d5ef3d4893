"""The table of a queue: worst first, and steady while a reader works with it."""

from collections.abc import Mapping, Sequence
from typing import Any

import qt
from slicer.i18n import tr as _

from HermesLib.cohorts.row import UNCALIBRATED, Row, State
from HermesLib.cohorts.table import steady_order, worst_first
from HermesLib.refinement.marks import Mark
from HermesLib.report.words import words_of
from HermesSegmentLib.coloured_text import show_selection
from HermesSegmentLib.deciding import Progress
from HermesSegmentLib.library_words import library_word
from HermesSegmentLib.run_summary import BRIEF

_ROW_HEIGHT = 22
_TITLES = {
    State.WAITING: _("waiting"),
    State.RUNNING: _("running"),
    State.FINISHED: _("finished"),
    State.FAILED: _("failed"),
    State.CANCELLED: _("cancelled"),
}
_REVIEWED = _("reviewed")
#: Heading and tooltip of each column.
_COLUMNS = (
    (_("Volume"), _("Click a row to bring the volume and its result into the views")),
    (_("State"), _("How the volume stands; why one failed is in its row")),
    (_("To look\nat"), _("Slices that still need a look, as you have not decided on them")),
    (_("Reached"), _("Slices that reached the threshold and bear no mark, or agree with a guide")),
    (_("Ac-\ncepted"), _("Slices that you accepted or edited")),
    (_("Absent"), _("Slices without the organ, of which there is no doubt")),
    # What the scores are is said with the rows.
    ("", ""),
    (_("ml"), _("Volume of the result")),
)
_NAME, _STATE, _SCORE = 0, 1, 6
#: Pixels around the rows; the table is as high as its rows between these heights.
_FRAME, _LOWEST, _HIGHEST = 6, 90, 220


def prepare(table: Any) -> None:
    """Set up the widget once."""
    table.setColumnCount(len(_COLUMNS))
    table.setHorizontalHeaderLabels([title for title, _tip in _COLUMNS])
    for column, (_title, tip) in enumerate(_COLUMNS):
        table.horizontalHeaderItem(column).setToolTip(tip)
    table.setEditTriggers(qt.QAbstractItemView.NoEditTriggers)
    table.setSelectionBehavior(qt.QAbstractItemView.SelectRows)
    table.setSelectionMode(qt.QAbstractItemView.SingleSelection)
    table.verticalHeader().setVisible(False)
    table.setTextElideMode(qt.Qt.ElideMiddle)
    table.horizontalHeader().setHighlightSections(False)
    table.horizontalHeader().setSectionResizeMode(qt.QHeaderView.ResizeToContents)
    table.horizontalHeader().setSectionResizeMode(_NAME, qt.QHeaderView.Stretch)
    table.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
    show_selection(table)


def table_order(order: Sequence[str], rows: Mapping[str, Row], working: bool) -> list[str]:
    """Names in the order of the table: worst first, or as they are while a reader works.

    Args:
        order: so far.
        rows: of all volumes.
        working: whether the reader has a volume open.
    """
    if working:
        return steady_order(order, list(rows.values()))
    return [row.name for row in worst_first(rows.values())]


def fill(
    table: Any,
    order: Sequence[str],
    rows: Mapping[str, Row],
    progress: Mapping[str, Progress],
    current: str | None,
) -> None:
    """One row a volume.

    Args:
        table: the widget.
        order: names, row by row.
        rows: of all volumes.
        progress: how far the reader is, of volumes that are reviewed.
        current: name of the volume whose row is selected.
    """
    table.setRowCount(len(order))
    table.clearSpans()
    _name_score(table, rows)
    for place, name in enumerate(order):
        row = rows[name]
        texts, tip = _texts(row, progress.get(name)), why(row)
        for column, text in enumerate(texts):
            item = table.item(place, column)
            if item is None:
                item = qt.QTableWidgetItem()
                table.setItem(place, column, item)
            if item.text() != text:
                item.setText(text)
            item.setToolTip(name if column == _NAME else tip)
        if row.state is not State.FINISHED:
            table.setSpan(place, _STATE, 1, len(_COLUMNS) - _STATE)
        if name == current:
            table.selectRow(place)
    if current not in order:
        table.clearSelection()
    # No empty room below few rows: the decisions on the slices follow.
    height = table.horizontalHeader().height + len(order) * _ROW_HEIGHT + _FRAME
    table.setFixedHeight(min(max(height, _LOWEST), _HIGHEST))


def _name_score(table: Any, rows: Mapping[str, Row]) -> None:
    """Say in the heading what the scores of the volumes are."""
    words = words_of([row.score for row in rows.values() if row.state is State.FINISHED])
    heading = table.horizontalHeaderItem(_SCORE)
    heading.setText(library_word(words.short).capitalize())
    weighted = _("{mean}, of the whole volume (pDSC of its slices, weighted by size)")
    tip = weighted.format(mean=library_word(words.mean))
    heading.setToolTip(f"{tip}\n{library_word(words.caution)}" if words.caution else tip)


def why(row: Row) -> str:
    """Why a volume needs a look, or why it failed, in one line."""
    reasons = ", ".join(f"{count} {_words(reason)}" for reason, count in row.why.items())
    return "; ".join(part for part in (reasons, row.reason) if part)


def summary(rows: Mapping[str, Row], waiting: Mapping[str, int]) -> str:
    """How far a queue is, in one line.

    Args:
        rows: of all volumes.
        waiting: how many slices need a look, by volume.
    """
    states = [row.state for row in rows.values()]
    failed = states.count(State.FAILED)
    words = _("{finished} of {count} volumes finished, {look} need a look").format(
        finished=states.count(State.FINISHED),
        count=len(rows),
        look=sum(count > 0 for count in waiting.values()),
    )
    return words + (_(", {failed} failed").format(failed=failed) if failed else "")


def _words(reason: str) -> str:
    ends = {
        "stopped": _("below the threshold"),
        "failed": _("failed"),
        UNCALIBRATED: _("with a score that accepts nothing"),
    }
    return ends[reason] if reason in ends else BRIEF[Mark(reason)]


def _texts(row: Row, progress: Progress | None) -> list[str]:
    title = _TITLES[row.state]
    if row.state is not State.FINISHED:
        words = f"{title}: {row.reason}" if row.reason else title
        return [row.name, words, *[""] * (len(_COLUMNS) - 2)]
    accepted, waiting = progress or Progress(0, row.look)
    reviewed = progress is not None and not waiting
    return [
        row.name,
        _REVIEWED if reviewed else title,
        str(waiting),
        str(row.reached),
        str(accepted),
        str(row.absent),
        "-" if row.quality is None else f"{row.quality:.2f}",
        "" if row.volume_ml is None else f"{row.volume_ml:.1f}",
    ]
