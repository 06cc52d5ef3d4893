"""Progress of a cohort on stderr, and its rows as text."""

import sys
from collections.abc import Sequence
from types import TracebackType

from tqdm import tqdm

from HermesLib.cohorts.cohort import Cohort
from HermesLib.cohorts.row import Row, State
from HermesLib.engine.messages import Failed, FellBack, Message


class CohortProgress:
    """Prints each volume that has ended, and how far the one in progress is.

    Args:
        cohort: in progress.
        bar: show a bar even if stderr is not a terminal.
    """

    def __init__(self, cohort: Cohort, bar: bool) -> None:
        self._cohort = cohort
        self._printed: set[str] = set()
        self._bar = (
            tqdm(total=len(cohort.rows), unit="volume", file=sys.stderr, leave=False)
            if bar or sys.stderr.isatty()
            else None
        )

    def __enter__(self) -> "CohortProgress":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def take(self, name: str | None, messages: Sequence[Message]) -> None:
        """Take what the last turn brought.

        Args:
            name: of the volume that the messages are about.
            messages: of the engine.
        """
        for message in messages:
            if isinstance(message, FellBack):
                self._print(f"hermes: {name}: {message.message}")
            elif isinstance(message, Failed) and message.details:
                self._print(message.details.rstrip())
        for row in self._cohort.rows.values():
            if row.ended and row.name not in self._printed:
                self._printed.add(row.name)
                place = f"[{len(self._printed)} of {len(self._cohort.rows)}]"
                self._print(f"{place} {row_text(row)}")
        if self._bar is not None:
            running = self._cohort.running
            words = "" if running is None else self._cohort.rows[running].reason
            self._bar.set_description_str(f"{running or ''} {words}")
            self._bar.update(len(self._printed) - self._bar.n)

    def _print(self, line: str) -> None:
        with tqdm.external_write_mode(file=sys.stderr):
            print(line, file=sys.stderr, flush=True)


def row_text(row: Row) -> str:
    """A row in one line.

    >>> row_text(Row("a", State.FAILED, "no mask named a"))
    'a: failed: no mask named a'
    """
    if row.state is not State.FINISHED:
        return f"{row.name}: {row.state}{': ' if row.reason else ''}{row.reason}"
    quality = "nothing found" if row.quality is None else f"quality {row.quality:.2f}"
    size = "" if row.volume_ml is None else f", {row.volume_ml:.1f} ml"
    why = ", ".join(f"{count} {reason}" for reason, count in row.why.items())
    return (
        f"{row.name}: {quality}{size}; {row.accepted} accepted, {row.look} to look at"
        f"{f' ({why})' if why else ''}, {row.absent} absent"
        f"{'; finished before' if row.earlier else ''}{f'; {row.reason}' if row.reason else ''}"
    )
