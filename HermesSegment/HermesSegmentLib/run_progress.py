"""How far a run is, and how it ended, in one line each."""

import time
from dataclasses import dataclass, field

from slicer.i18n import tr as _

from HermesLib.engine.messages import AtWork, Cancelled, Failed, Finished, Stalled
from HermesLib.progress import time_words
from HermesLib.refinement.events import Iteration, Status
from HermesLib.report.numbering import number_of
from HermesLib.report.time_left import TimeLeft
from HermesLib.report.words import score_words
from HermesSegmentLib.library_words import library_word
from HermesSegmentLib.run_record import RunRecord
from HermesSegmentLib.slice_table import MARK_WORDS


@dataclass
class Progress:
    """Progress of a run, as the user reads it.

    Attributes:
        total, finished: numbers of slices.
        time: estimates the time left, on the clock of ``time.monotonic``.
        latest: the last iteration.
        score: what its pDSC is.
        task: what the engine does if it is no run.
        work: what a guide's program does before the run is open, or how far a long call of the
            model is.
        notices: what the user must know of the input and of the run, and what the run has given up
            where memory ran out; empty as a rule.
        stalled: says that the engine shows no sign of life; empty as a rule.
    """

    total: int = 0
    finished: int = 0
    time: TimeLeft = field(default_factory=TimeLeft)
    latest: Iteration | None = None
    score: str = "calibrated"
    notices: list[str] = field(default_factory=list)
    stalled: str = ""
    task: str = ""
    work: str = ""

    def take_notice(self, words: str) -> None:
        """Keep a notice; an engine that starts again gives those that it gave before."""
        if words not in self.notices:
            self.notices.append(words)

    def take_words(self, message: Stalled | AtWork) -> None:
        """Show what the engine says before it has a further iteration."""
        if isinstance(message, Stalled):
            self.stalled = message.message
        else:
            self.work, self.stalled = message.message, ""

    def take_iteration(self, iteration: Iteration) -> None:
        """Take a try of a slice."""
        self.latest, self.work, self.stalled = iteration, "", ""
        self.finished += iteration.final
        self.time.take(iteration)

    def opened(self, total: int, score: str) -> None:
        """Image and networks are loaded."""
        self.total, self.score, self.work = total, score, ""
        self.time = TimeLeft(started=time.monotonic())

    def start_again(self, words: str, finished: int) -> None:
        """Some slices keep their results, all others start again."""
        self.latest, self.finished, self.work = None, finished, ""
        self.take_notice(words)

    def with_notices(self, words: str) -> str:
        """How the run ended, with its notices."""
        return ". ".join([words, *self.notices])

    @property
    def line(self) -> str:
        """One line: slices done, the latest try and its quality, time left."""
        notices = "; ".join([*self.notices, self.stalled] if self.stalled else self.notices)
        return f"{self._line} ({notices})" if notices else self._line

    @property
    def _line(self) -> str:
        if self.task:
            return self.task
        if self.work:
            return self.work
        if self.latest is None and self.total:
            return _("{total} slices; the model reads the first one...").format(total=self.total)
        if self.latest is None:
            return _("Loading image and networks...")
        words = _(
            "{finished} of {total} slices done; slice {slice}: try {number}, {name} {value:.2f}"
        ).format(
            finished=self.finished,
            total=self.total,
            slice=number_of(self.latest.slice_index),
            number=number_of(self.latest.index),
            name=library_word(score_words(self.score).name),
            value=self.latest.pdsc,
        )
        left = self.time.seconds(self.total - self.finished, time.monotonic())
        return (
            words
            if left is None
            else words + _(", about {time} left").format(time=time_words(left))
        )


def summary(record: RunRecord) -> str:
    """How many slices ended how, in one line."""
    counts = record.counts()
    ended = counts[Status.ACCEPTED] + counts[Status.STOPPED]
    reached = sum(entry.reaches(record.threshold) for entry in record.slices.values())
    parts = [
        _("{count} of {total} slices reached {threshold:.2f}").format(
            count=reached, total=len(record.slices), threshold=record.threshold
        ),
        _("{count} below").format(count=ended - reached),
        _("{count} without the organ").format(count=counts[Status.ABSENT]),
        _("{count} failed").format(count=counts[Status.FAILED]),
    ]
    text = ", ".join(parts)
    for mark, words in MARK_WORDS.items():
        count = sum(mark in entry.marks for entry in record.slices.values())
        if count:
            text += f"; {count} {words}"
    return text


def import_end(end: Finished | Cancelled | Failed) -> str:
    """How the import of weights ended, in one line."""
    if isinstance(end, Finished):
        return _("Imported: ") + str(end.report["imported"])
    if isinstance(end, Cancelled):
        return _("Cancelled. Nothing was imported.")
    return _("The file was not imported: ") + end.message
