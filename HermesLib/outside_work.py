"""Time in which this process waits for a program of others that works for it.

Such a program has a time limit of its own. To whoever watches this process, it counts as work:
otherwise a run that waits for a segmenter looks like one that hangs. Whoever ends this process at
once ends the program first.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class OutsideWork:
    """Counts the seconds for which programs of others have worked."""

    def __init__(self) -> None:
        self._done = 0.0
        self._since: float | None = None
        self._end: Callable[[], None] | None = None

    @contextmanager
    def going_on(self, end: Callable[[], None]) -> Iterator[None]:
        """Count for as long as the block lasts.

        Args:
            end: ends the program, from any thread.
        """
        self._since, self._end = time.monotonic(), end
        try:
            yield
        finally:
            self._done, self._since, self._end = self.seconds, None, None

    @property
    def seconds(self) -> float:
        """So far, also of a program that is at work."""
        since = self._since
        return self._done if since is None else self._done + time.monotonic() - since

    def end(self) -> None:
        """End the program that is at work, if there is one: this process is about to exit."""
        end = self._end
        if end is not None:
            end()


#: Of this process.
outside_work = OutsideWork()
