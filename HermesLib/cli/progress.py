"""Progress of a run on stderr: a bar on a terminal, else one line for each finished slice."""

import sys
import time
from types import TracebackType

from tqdm import tqdm

from HermesLib.cli.printed_notices import print_notice
from HermesLib.notices import Notice
from HermesLib.refinement.events import Iteration
from HermesLib.report.numbering import number_of


class ProgressPrinter:
    """Prints the events of a run. A context manager, so that the bar is closed before other output.

    Args:
        bar: show a bar even if stderr is not a terminal.
    """

    def __init__(self, bar: bool = False) -> None:
        self._bar = (
            tqdm(unit="slice", file=sys.stderr, dynamic_ncols=True, leave=False)
            if bar or sys.stderr.isatty()
            else None
        )
        self._started = time.perf_counter()
        self._finished = 0
        self._notices: list[Notice] = []

    def __enter__(self) -> "ProgressPrinter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def __call__(self, event: Iteration, total: int) -> None:
        """Print one event of a run of ``total`` slices."""
        self._finished += event.final
        if self._bar is not None:
            self._bar.total = total
            text = f"slice {number_of(event.slice_index)}, {_try(event)}"
            self._bar.set_description_str(text, refresh=False)
            self._bar.update(int(event.final))
            self._bar.refresh()
        elif event.final:
            print(self._line(event, total), file=sys.stderr, flush=True)

    def start_again(self, words: str, finished: int = 0) -> None:
        """Say why a run starts again, and count from the slices that keep their results."""
        if not finished:
            self._started = time.perf_counter()
        self._finished = finished
        if self._bar is not None:
            self._bar.reset()
            self._bar.update(finished)
        self.say(words)

    def say(self, words: str) -> None:
        """Print a line without disturbing the bar."""
        with tqdm.external_write_mode(file=sys.stderr):
            print(f"hermes: {words}", file=sys.stderr, flush=True)

    def show_notice(self, notice: Notice) -> None:
        """Print a notice above the bar, once: a run that starts again gives it again."""
        if notice not in self._notices:
            self._notices.append(notice)
            with tqdm.external_write_mode(file=sys.stderr):
                print_notice(notice)

    def _line(self, event: Iteration, total: int) -> str:
        seconds_per_slice = (time.perf_counter() - self._started) / self._finished
        left = seconds_per_slice * (total - self._finished)
        return (
            f"slice {number_of(event.slice_index)}: {event.status}, {_try(event)}"
            f" ({self._finished} of {total} slices done, about {left:.0f} s left)"
        )


def _try(event: Iteration) -> str:
    """The try and its quality; 1 is the first mask."""
    return f"try {number_of(event.index)}, estimated quality {event.pdsc:.2f}"
