"""Progress of a run on stderr: a bar on a terminal, else one line for each finished slice."""

import time

from HermesLib.cli.printed_notices import print_notice
from HermesLib.cli.progress_bar import ProgressBar
from HermesLib.notices import Notice
from HermesLib.progress import time_words
from HermesLib.refinement.events import Iteration
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.report.numbering import number_of
from HermesLib.report.time_left import TimeLeft
from HermesLib.report.words import score_words

#: Least time between two lines about what is at work where there is no bar, seconds.
_PAUSE = 10.0


class ProgressPrinter(ProgressBar):
    """Prints the events of a run.

    Args:
        bar: show a bar even if stderr is not a terminal.
    """

    def __init__(self, bar: bool = False) -> None:
        super().__init__(bar, unit="slice", dynamic_ncols=True)
        self._time = TimeLeft(started=time.perf_counter())
        self._finished = 0
        self._notices: list[Notice] = []
        self._work_shown = -_PAUSE
        #: What the numbers are called.
        self.words = score_words(None)
        self.threshold = RefinementSettings.threshold

    def __call__(self, event: Iteration, total: int) -> None:
        """Print one event of a run of ``total`` slices."""
        self._finished += event.final
        self._time.take(event)
        if self.bar is not None:
            self.bar.total = total
            text = f"slice {number_of(event.slice_index)}, {self._try(event)}"
            self.bar.set_description_str(text, refresh=False)
            self.bar.update(int(event.final))
            self.bar.refresh()
        elif event.final:
            self.print(self._line(event, total))

    def opened(self) -> None:
        """Image and networks are loaded; the first slice starts."""
        self._time = TimeLeft(started=time.perf_counter())

    def show_work(self, words: str) -> None:
        """Say what a program or a long call does: in the bar, or in a line every now and then."""
        if self.bar is not None:
            self.bar.set_description_str(words)
        elif time.monotonic() >= self._work_shown + _PAUSE:
            self._work_shown = time.monotonic()
            self.say(words)

    def start_again(self, words: str, finished: int = 0) -> None:
        """Say why a run starts again, and count from the slices that keep their results."""
        self._finished = finished
        if self.bar is not None:
            self.bar.reset()
            self.bar.update(finished)
        self.say(words)

    def say(self, words: str) -> None:
        """Print a line without disturbing the bar."""
        self.print(f"hermes: {words}")

    def show_notice(self, notice: Notice) -> None:
        """Print a notice above the bar, once: a run that starts again gives it again."""
        if notice not in self._notices:
            self._notices.append(notice)
            with self.above():
                print_notice(notice)

    def _line(self, event: Iteration, total: int) -> str:
        left = self._time.seconds(total - self._finished, time.perf_counter())
        words = "" if left is None else f", about {time_words(left)} left"
        return (
            f"slice {number_of(event.slice_index)}: {self._ended(event)}, {self._try(event)}"
            f" ({self._finished} of {total} slices done{words})"
        )

    def _ended(self, event: Iteration) -> str:
        assert event.status is not None
        return self.words.ended(event.status, event.pdsc, self.threshold)

    def _try(self, event: Iteration) -> str:
        """The try and its score; 1 is the first mask."""
        return f"try {number_of(event.index)}, {self.words.name} {event.pdsc:.2f}"
