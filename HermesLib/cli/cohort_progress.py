"""Progress of a cohort on stderr, and its rows as text."""

from collections.abc import Collection, Iterable, Sequence

from HermesLib.cli.progress_bar import ProgressBar
from HermesLib.cohorts.cohort import Cohort
from HermesLib.cohorts.row import Row, State
from HermesLib.engine.messages import Failed, FellBack, Message
from HermesLib.report.words import score_words

#: How many volumes in progress a bar names.
_SHOWN = 2


class CohortProgress(ProgressBar):
    """Prints each volume that has ended, and how far the one in progress is.

    Args:
        cohort: in progress.
        bar: show a bar even if stderr is not a terminal.
    """

    def __init__(self, cohort: Cohort, bar: bool) -> None:
        self._cohort = cohort
        self._printed: set[str] = set()
        self._said: set[str] = set()
        super().__init__(bar, total=len(cohort.rows), unit="volume")

    def take(self, name: str | None, messages: Sequence[Message]) -> None:
        """Take what the last turn brought.

        Args:
            name: of the volume that the messages are about.
            messages: of the engine.
        """
        for message in messages:
            if isinstance(message, FellBack):
                self.print(f"hermes: {name}: {message.message}")
            elif isinstance(message, Failed) and message.details:
                self.print(message.details.rstrip())
        for row in self._cohort.rows.values():
            if row.ended and row.name not in self._printed:
                self._printed.add(row.name)
                place = f"[{len(self._printed)} of {len(self._cohort.rows)}]"
                self.print(f"{place} {row_text(row, self._said)}")
                self._said.update(row.notices)
        if self.bar is not None:
            self.bar.set_description_str(_running_words(self._cohort.rows.values()))
            self.bar.update(len(self._printed) - self.bar.n)


def _running_words(rows: Iterable[Row]) -> str:
    """What is in progress, and how far it is.

    >>> _running_words([Row(name, State.RUNNING, "1 of 9 slices") for name in "abc"])
    'a 1 of 9 slices, b 1 of 9 slices and 1 more'
    """
    running = [f"{row.name} {row.reason}".rstrip() for row in rows if row.state is State.RUNNING]
    shown = ", ".join(running[:_SHOWN])
    more = len(running) - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def row_text(row: Row, said: Collection[str] = ()) -> str:
    """A row in one line.

    >>> row_text(Row("a", State.FAILED, "no mask named a"))
    'a: failed: no mask named a'

    Args:
        row: of a volume.
        said: notices that need no further mention.
    """
    if row.state is not State.FINISHED:
        return f"{row.name}: {row.state}{': ' if row.reason else ''}{row.reason}"
    words = score_words(row.score)
    quality = "nothing found" if row.quality is None else f"{words.short} {row.quality:.2f}"
    size = "" if row.volume_ml is None else f", {row.volume_ml:.1f} ml"
    reason = row.reason_besides(said)
    why = ", ".join(f"{count} {reason}" for reason, count in row.why.items())
    return (
        f"{row.name}: {quality}{size}; {row.reached} {words.several}, {row.look} to look at"
        f"{f' ({why})' if why else ''}, {row.absent} absent"
        f"{'; finished before' if row.earlier else ''}{f'; {reason}' if reason else ''}"
    )
