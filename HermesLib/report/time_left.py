"""How long a run will still take, from the slices that are done."""

from dataclasses import dataclass

from HermesLib.refinement.events import Iteration, Status


@dataclass
class TimeLeft:
    """Takes the events of a run.

    A slice without the organ costs nothing, so that it says nothing about the others.

    Attributes:
        started: when the first slice was started, seconds on the caller's clock.
        worked: slices that are finished and have cost time.
    """

    started: float = 0.0
    worked: int = 0

    def take(self, event: Iteration) -> None:
        """Take an event."""
        self.worked += event.final and event.status is not Status.ABSENT

    def seconds(self, slices: int, now: float) -> float | None:
        """An estimate for so many slices that are not finished; None before one is."""
        if not self.worked:
            return None
        return (now - self.started) / self.worked * slices
