"""The table of slices, and the words for how they ended."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import qt
from slicer.i18n import tr as _

from HermesLib.refinement.events import Status
from HermesLib.refinement.marks import Mark
from HermesLib.report.numbering import number_of
from HermesLib.report.words import score_words
from HermesSegmentLib.coloured_text import chip, show_selection
from HermesSegmentLib.library_words import library_word
from HermesSegmentLib.run_record import RunRecord, SliceRecord

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
#: Why to look at a slice, in words; the most serious first.
MARK_WORDS = {
    Mark.NOT_FOUND: _("where the organ was not found on any slice"),
    Mark.UNFAMILIAR: _("unlike the training patients: the score is unreliable"),
    Mark.BORDERLINE: _("borderline: presence of the organ is uncertain"),
    Mark.ABRUPT_END: _("at an abrupt end: the organ ends with a large cross-section"),
    Mark.JUMP: _("at a jump: the outline differs much from the neighbouring slice's"),
    Mark.GAP: _("in a gap: the organ is on slices before and after"),
}
#: Suffixes: of an unreliable quality, and of the outcome of borderline and otherwise marked slices.
_UNRELIABLE, _BORDERLINE, _MARKED = " ?", " ±", " !"
#: Marks that the suffix of the outcome shows.
_ANATOMY = {Mark.NOT_FOUND, Mark.ABRUPT_END, Mark.JUMP, Mark.GAP}
#: Heading and tooltip of each column.
_COLUMNS = (
    (_("Slice"), _("Counted from 1 along the volume")),
    (_("Image"), _("DICOM instance number")),
    (
        _("Outcome"),
        _(
            "How the loop ended on the slice: reached the threshold, or stayed below it\n"
            "± the organ's presence is uncertain; ! another reason to look (point at the cell)"
        ),
    ),
    # What the scores are is said with the run.
    ("", ""),
    ("", ""),
    (_("Tries"), _("Masks that the model made for the slice (iterations)")),
    (_("Decision"), _("Yours: accepted, edited or rejected")),
)
_SLICE, _IMAGE, _OUTCOME, _QUALITY, _RANGE, _TRIES, _DECISION = range(len(_COLUMNS))
_UNRELIABLE_TIP = _("? the slice is unlike the training patients: do not rely on it")
_ROW_HEIGHT = 22
#: The most rows that are written at once: 20 take 3 to 5 ms.
_MOST_AT_ONCE = 20


def legend() -> str:
    """The strip's colours in words, as rich text."""
    return " ".join(chip(COLOURS[status], TITLES[status]) for status in Status)


def outcome(entry: SliceRecord, threshold: float) -> str:
    """How a slice ended, in words: ``reached 0.90``."""
    title = TITLES[entry.status]
    if entry.status in (Status.ACCEPTED, Status.STOPPED):
        # A score that is not calibrated, or not trusted, may reach it and accept nothing.
        return f"{TITLES[Status.ACCEPTED] if entry.reaches(threshold) else title} {threshold:.2f}"
    return title


def reasons(entry: SliceRecord) -> str:
    """Why a reader should look at a slice; while the run is in progress only what is known."""
    marks = {*entry.marks, *([Mark.BORDERLINE] if entry.borderline else [])}
    return "; ".join(words for mark, words in MARK_WORDS.items() if mark in marks)


class SliceTable:
    """One row per slice. Only what changes is written.

    Args:
        widget: the table that shows it.
    """

    def __init__(self, widget: Any) -> None:
        self.widget = widget
        self._shown: list[Hashable] = []
        self._selected: tuple[int, int] | None = None
        self._score: str | None = None
        #: The length of the longest text of each column so far; -1: the heading counts, too.
        self._longest = [-1] * len(_COLUMNS)
        make_read_only(widget)
        show_selection(widget)
        widget.setColumnCount(len(_COLUMNS))
        for column, (heading, tip) in enumerate(_COLUMNS):
            item = qt.QTableWidgetItem(heading)
            item.setToolTip(tip)
            widget.setHorizontalHeaderItem(column, item)
        widget.setSelectionBehavior(qt.QAbstractItemView.SelectRows)
        widget.setSelectionMode(qt.QAbstractItemView.SingleSelection)
        widget.setWordWrap(False)
        widget.horizontalHeader().setHighlightSections(False)
        # A header that resizes itself measures all rows whenever a text is set: 6 ms for 150 rows.
        widget.horizontalHeader().setSectionResizeMode(qt.QHeaderView.Interactive)
        widget.horizontalHeader().setSectionResizeMode(_DECISION, qt.QHeaderView.Stretch)
        widget.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)

    def clear(self) -> None:
        """Show no slice."""
        self.widget.setRowCount(0)
        self._shown, self._selected = [], None

    def fill(
        self,
        record: RunRecord,
        order: Sequence[int],
        current: int,
        instances: Mapping[int, int],
    ) -> bool:
        """Show a run's slices; returns whether all rows are up to date.

        Many rows are written over several calls.

        Args:
            record: of the run.
            order: the slices' indices, row by row.
            current: the slice whose row is selected.
            instances: DICOM instance numbers by slice; the column is hidden where there are none.
        """
        if len(self._shown) != len(order):
            self.widget.setRowCount(len(order))
            self._shown = [*self._shown, *[None] * len(order)][: len(order)]
        self.widget.setColumnHidden(_IMAGE, not instances)
        self._name_score(record.score)
        level = _interval_level(record)
        longest = self._longest.copy()
        written, complete = 0, True
        for row, index in enumerate(order):
            entry = record.slices[index]
            unreliable = record.is_out_of_distribution(index)
            instance = str(instances.get(index, ""))
            state = (index, state_of(entry), record.threshold, unreliable, instance, level)
            if state != self._shown[row]:
                if written == _MOST_AT_ONCE:
                    complete = False
                    break
                written += 1
                self._shown[row] = state
                self._fill_row(row, entry, record, instance, level)
        for column, length in enumerate(longest):
            if self._longest[column] > length and column != _DECISION:
                self.widget.resizeColumnToContents(column)
        self._select(order, current)
        return complete

    def _name_score(self, score: str) -> None:
        """Say in the headings what the scores are."""
        if score == self._score:
            return
        self._score = score
        words = score_words(score)
        heading = self.widget.horizontalHeaderItem(_QUALITY)
        heading.setText(_two_lines(library_word(words.name)))
        tip = (
            library_word(words.mean)
            if words.caution
            else _("{mean} (pDSC of the best iteration)").format(mean=library_word(words.mean))
        )
        heading.setToolTip(f"{tip}\n{library_word(words.caution) or _UNRELIABLE_TIP}")
        rated = self.widget.horizontalHeaderItem(_RANGE)
        rated.setText(_("Range") if words.caution else _("90 %\nrange"))
        rated.setToolTip(library_word(words.range))

    def _fill_row(
        self, row: int, entry: SliceRecord, record: RunRecord, instance: str, level: str
    ) -> None:
        unreliable = record.is_out_of_distribution(entry.index)
        quality, interval = _quality(entry)
        texts = (
            str(number_of(entry.index)),
            instance,
            f"{outcome(entry, record.threshold)}{_suffix(entry)}",
            f"{quality}{_UNRELIABLE if unreliable and quality else ''}",
            interval,
            str(len(entry.iterations)),
            entry.decision.value,
        )
        items = [put_text(self.widget, row, column, text) for column, text in enumerate(texts)]
        self._longest = [max(*pair) for pair in zip(self._longest, map(len, texts), strict=True)]
        items[_QUALITY].setToolTip(MARK_WORDS[Mark.UNFAMILIAR] if unreliable else "")
        items[_OUTCOME].setToolTip(reasons(entry))
        items[_RANGE].setToolTip(level)

    def _select(self, order: Sequence[int], current: int) -> None:
        """Select the row of the current slice and bring it into view, if it is not yet."""
        if current not in order:
            self.widget.clearSelection()
            self._selected = None
            return
        row = order.index(current)
        selected = current, row
        if selected != self._selected or self.widget.currentRow() != row:
            self._selected = selected
            self.widget.selectRow(row)
            self.widget.scrollTo(self.widget.model().index(row, _SLICE))


def _quality(entry: SliceRecord) -> tuple[str, str]:
    """The score of the best iteration and its range; empty for a slice without mask."""
    if not entry.iterations or entry.status is Status.ABSENT:
        return "", ""
    best = entry.iterations[entry.best]
    return f"{best.pdsc:.2f}", f"{best.low:.2f}-{best.high:.2f}"


def _two_lines(name: str) -> str:
    """A heading, broken at its first space after a word of some length.

    >>> _two_lines("estimated quality"), _two_lines("score")
    ('Estimated\\nquality', 'Score')
    """
    first, _space, rest = name.partition(" ")
    return f"{first.capitalize()}\n{rest}" if rest else first.capitalize()


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


def put_text(table: Any, row: int, column: int, text: str) -> Any:
    item = table.item(row, column)
    if item is None:
        item = qt.QTableWidgetItem()
        item.setTextAlignment(qt.Qt.AlignCenter)
        table.setItem(row, column, item)
    # Setting the same text again would cost a layout of the table.
    if item.text() != text:
        item.setText(text)
    return item


def make_read_only(table: Any) -> None:
    table.setEditTriggers(qt.QAbstractItemView.NoEditTriggers)
    table.verticalHeader().setVisible(False)


def state_of(entry: SliceRecord) -> Hashable:
    """What strip and table show of a slice: as long as it is the same, so are they."""
    last = entry.iterations[-1] if entry.iterations else None
    return (
        len(entry.iterations),
        None if last is None else (last.pdsc, last.low, last.high),
        entry.status,
        entry.decision,
        entry.borderline,
        tuple(entry.marks),
    )
