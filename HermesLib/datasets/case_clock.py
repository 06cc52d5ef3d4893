"""Progress over many cases, with the time that is left."""

import time
from collections.abc import Callable


class CaseClock:
    """Tells how many cases are done, at most once a second.

    Args:
        say: takes a line for people.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._started = time.monotonic()
        self._shown = self._started

    def show(self, done: int, total: int) -> None:
        """Say that ``done`` of ``total`` cases are done."""
        now = time.monotonic()
        if now - self._shown < 1 and done < total:
            return
        self._shown = now
        left = (now - self._started) / done * (total - done) / 60
        self._say(f"case {done} of {total}" + (f", about {left:.0f} min left" if left >= 1 else ""))
