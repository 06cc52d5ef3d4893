"""Progress over many cases on stderr, with the time that is left."""

import sys
import time


class CaseClock:
    """Shows how many cases are done, at most once a second."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._shown = self._started

    def show(self, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` cases are done."""
        now = time.monotonic()
        if now - self._shown < 1 and done < total:
            return
        self._shown = now
        left = (now - self._started) / done * (total - done) / 60
        line = f"case {done} of {total}" + (f", about {left:.0f} min left" if left >= 1 else "")
        print(line, file=sys.stderr, flush=True)
