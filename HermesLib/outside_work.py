"""Time in which this process waits for a program of others that works for it.

Such a program has a time limit of its own. To whoever watches this process, it counts as work:
otherwise a run that waits for a segmenter looks like one that hangs.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class OutsideWork:
    """Counts the seconds for which programs of others have worked."""

    def __init__(self) -> None:
        self._done = 0.0
        self._since: float | None = None

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Count for as long as the block lasts."""
        self._since = time.monotonic()
        try:
            yield
        finally:
            self._done, self._since = self.seconds, None

    @property
    def seconds(self) -> float:
        """So far, also of a program that is at work."""
        since = self._since
        return self._done if since is None else self._done + time.monotonic() - since


#: Of this process.
outside_work = OutsideWork()
