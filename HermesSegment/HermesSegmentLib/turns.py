"""Work on many things, one a turn of Qt's event loop, so that the user interface responds."""

from collections import deque
from collections.abc import Callable, Iterable

import qt


class Turns:
    """Does something with one name after the other.

    Args:
        work: with one name.
        on_end: called after the last.
    """

    def __init__(self, work: Callable[[str], None], on_end: Callable[[], None]) -> None:
        self._work, self._on_end = work, on_end
        self._names: deque[str] = deque()
        self._timer = qt.QTimer()
        self._timer.setInterval(0)
        self._timer.connect("timeout()", self.turn)

    @property
    def busy(self) -> bool:
        """Whether names are left."""
        return bool(self._names)

    def start(self, names: Iterable[str]) -> None:
        """Begin, instead of what was left."""
        self._names = deque(names)
        self._timer.start()

    def turn(self) -> None:
        """One name."""
        if self._names:
            self._work(self._names.popleft())
        if not self._names:
            self.stop()
            self._on_end()

    def stop(self) -> None:
        """Leave out what is left."""
        self._names.clear()
        self._timer.stop()
