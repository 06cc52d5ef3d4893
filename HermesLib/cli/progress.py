"""What a user sees while slices are refined: a bar on a terminal, one line a finished slice elsewhere. All on stderr."""

import sys
import time
from types import TracebackType

from tqdm import tqdm

from HermesLib.refinement.events import Iteration


class ProgressPrinter:
    """Takes the events of a run; use it as a context, so that the bar is closed before anything else is said.

    Args:
        bar: a bar even where stderr is no terminal.
    """

    def __init__(self, bar: bool = False) -> None:
        self._bar = (
            tqdm(unit="slice", file=sys.stderr, dynamic_ncols=True, leave=False)
            if bar or sys.stderr.isatty()
            else None
        )
        self._started = time.perf_counter()
        self._finished = 0

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
        """Show one event of a run of ``total`` slices."""
        self._finished += event.final
        if self._bar is not None:
            self._bar.total = total
            text = f"slice {event.slice_index}, iteration {event.index}, pDSC {event.pdsc:.2f}"
            self._bar.set_description_str(text, refresh=False)
            self._bar.update(int(event.final))
            self._bar.refresh()
        elif event.final:
            left = (time.perf_counter() - self._started) / self._finished * (total - self._finished)
            print(
                f"slice {event.slice_index}: {event.status}, iteration {event.index}, pDSC {event.pdsc:.2f}"
                f" ({self._finished} of {total}, about {left:.0f} s left)",
                file=sys.stderr,
                flush=True,
            )
