"""What the widgets of the Review section show."""

from typing import TYPE_CHECKING, Any

from slicer.i18n import tr as _

from HermesLib.refinement.events import Status
from HermesLib.report import colours
from HermesLib.report.numbering import number_of
from HermesLib.report.words import score_words
from HermesSegmentLib import slice_table
from HermesSegmentLib.coloured_text import chip
from HermesSegmentLib.greying import Greying
from HermesSegmentLib.library_words import library_word
from HermesSegmentLib.review import Review
from HermesSegmentLib.run_record import RunRecord, SliceRecord
from HermesSegmentLib.run_summary import summary
from HermesSegmentLib.slice_strip import SliceStrip

if TYPE_CHECKING:
    from HermesSegmentLib.review_section import ReviewSection


def legend() -> str:
    """The colours of outlines, fills and prompts in words, as rich text."""
    return " ".join(chip(colour, library_word(words)) for colour, words in colours.WORDS.items())


class ReviewDisplay:
    """Fills the widgets.

    Args:
        ui: the widgets by name.
        section: whose state they show.
    """

    def __init__(self, ui: Any, section: "ReviewSection") -> None:
        self.ui, self.section = ui, section
        self._greying = Greying()
        self._strip = SliceStrip(ui.sliceStrip)
        self._table = slice_table.SliceTable(ui.sliceTable)
        #: Whether rows of the table are still to be written.
        self._filling = False
        ui.legendLabel.text = slice_table.legend()
        ui.colourLabel.text = legend()

    def refresh(self, record: RunRecord | None) -> None:
        """Show a run's record; None: no run."""
        ui, section = self.ui, self.section
        obstacle = section.obstacle
        self._buttons(obstacle)
        if record is None or section.names is None:
            self._strip.clear()
            self._table.clear()
            ui.iterationLabel.text = ui.whereLabel.text = ui.summaryLabel.text = ""
            return
        review = section.opened
        self._strip.fill(record, review.slice_index)
        if not self._fill_table() and not self._filling:
            self._filling = True
            section.control.later(self._fill_on)
        ui.summaryLabel.text = summary(review.run)
        ui.whereLabel.text = self._where(review, record, obstacle)
        self._tries(review)

    def _fill_table(self) -> bool:
        section = self.section
        assert section.names is not None
        run, index = section.opened.run, section.opened.slice_index
        return self._table.fill(run.record, section.order, index, section.names.instances)

    def _fill_on(self) -> None:
        """Write further rows of the table, a part a turn."""
        self._filling = False
        review = self.section.review
        if review is not None and review.run.alive and not self._fill_table():
            self._filling = True
            self.section.control.later(self._fill_on)

    def refresh_try(self) -> None:
        """Show which iteration is in view."""
        self._tries(self.section.opened)

    @property
    def repeating(self) -> bool:
        """Whether a run in progress repeats a slice, which may be one that undo would change."""
        return self.section.control.running and bool(self.section.control.again)

    def _buttons(self, obstacle: str) -> None:
        ui, section, grey = self.ui, self.section, self._greying
        review, running = section.review, section.control.running
        number = "" if review is None else f" {number_of(review.slice_index)}"
        for button, verb in (
            (ui.acceptButton, _("Accept")),
            (ui.editButton, _("Edit")),
            (ui.rejectButton, _("Reject")),
        ):
            grey.set(button, obstacle)
            button.text = f"{verb}{number}"
        grey.set(ui.iterationSlider, obstacle)
        rerun = _("a run is in progress") if running else obstacle
        grey.set(ui.fromMaskButton, rerun)
        hidden = "" if section.prompts_shown else _("the prompts are hidden")
        grey.set(ui.fromPromptButton, rerun or hidden)
        waits = review is not None and review.neighbour(1) is not None
        on = review is not None and not review.waiting() and section.leads_on()
        for button, usable in ((ui.nextButton, waits or on), (ui.previousButton, waits)):
            grey.set(button, "" if usable else _("no other slice needs a look"))
        ui.nextButton.text = _("Next volume") if on else _("Next to look at")
        knows = review is not None and review.run.knows_doubt
        grey.set(ui.doubtCheck, "" if knows else _("this run does not know it"))
        grey.set(ui.zoomButton, "" if review is not None else _("there is no result yet"))
        journal = None if review is None else review.journal
        for button, step, verb, nothing in (
            (ui.undoButton, journal and journal.last, _("Undo"), _("nothing to undo")),
            (ui.redoButton, journal and journal.next, _("Redo"), _("nothing to redo")),
        ):
            grey.set(button, _("a slice is being run again") if self.repeating else "")
            if not step:
                grey.set(button, nothing)
            elif not self.repeating:
                button.toolTip = f"{verb}: {step.title}"
        self._accept_all(review, running)

    def _accept_all(self, review: Review | None, running: bool) -> None:
        count = 0 if review is None else len(review.reached())
        threshold = 0.0 if review is None else review.run.record.threshold
        self.ui.acceptAllButton.text = (
            _("Accept all that reached the threshold")
            if review is None
            else _("Accept all that reached {threshold:.2f} ({count})").format(
                threshold=threshold, count=count
            )
        )
        obstacle = ""
        if running:
            obstacle = _("which slices need a look is known when the run is over")
        elif not count:
            obstacle = _("no undecided slice reached the threshold without a reason for a look")
        self._greying.set(self.ui.acceptAllButton, obstacle)

    def _where(self, review: Review, record: RunRecord, obstacle: str) -> str:
        """The slice in view, how it ended, what was decided, and why it needs a look."""
        section, entry = self.section, review.current
        assert section.names is not None
        text = f"<b>{section.names.title(review.slice_index)}</b>"
        if obstacle:
            return f"{text}<br>{obstacle}"
        assert entry is not None
        parts = [slice_table.outcome(entry, record.threshold)]
        parts.append(entry.decision.value or _("not decided"))
        parts.append(slice_table.reasons(entry))
        return f"{text}<br>{'; '.join(part for part in parts if part)}"

    def _tries(self, review: Review) -> None:
        entry = review.current
        if entry is None or not entry.iterations:
            self.ui.iterationLabel.text = ""
            return
        last, current = len(entry.iterations) - 1, review.visible_iteration
        self.ui.iterationSlider.setRange(0, last)
        self.ui.iterationSlider.value = current
        self.ui.iterationLabel.text = try_text(entry, current, review.run.record.score)


def try_text(entry: SliceRecord, iteration: int, score: str) -> str:
    """The try in view in words: ``1 of 2, estimated quality 0.40 (best)``."""
    text = _("{current} of {count}").format(
        current=number_of(iteration), count=len(entry.iterations)
    )
    if entry.status is not Status.ABSENT:
        name, value = library_word(score_words(score).name), entry.iterations[iteration].pdsc
        text += _(", {name} {value:.2f}").format(name=name, value=value)
    return text + (_(" (best)") if iteration == entry.best else "")
