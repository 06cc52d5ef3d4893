"""Turns of a cohort on a timer: Slicer stays usable while volumes are worked off.

The queue has an engine of its own, so that a slice can be tried again meanwhile. Its engine sends
numbers only and writes results to the disk: nothing of it is in the scene.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import qt
from slicer.i18n import tr as _

from HermesLib.errors import HermesError

if TYPE_CHECKING:
    from HermesLib.cohorts.cohort import Cohort
    from HermesSegmentLib.run_engine import Engine

#: Time between two turns, milliseconds, and how long one leaves Python's interpreter lock to the
#: threads that read from the engine, seconds.
_PACE, _GIVE_WAY = 100, 0.004


class QueueControl:
    """Works off a cohort.

    Args:
        engine: of the queue alone.
        on_change: called on the main thread after every turn that changed a row.
    """

    def __init__(self, engine: "Engine", on_change: Callable[[], None]) -> None:
        self.engine: Any = engine
        self.on_change = on_change
        self.cohort: Cohort | None = None
        self.message = ""
        self.failed = False
        self._timer = qt.QTimer()
        self._timer.setInterval(_PACE)
        self._timer.connect("timeout()", self.tick)

    @property
    def running(self) -> bool:
        """Whether there are volumes left to work off."""
        return self.cohort is not None and self._timer.isActive()

    def take(self, cohort: "Cohort") -> None:
        """Have another cohort, without a run."""
        self.stop()
        self.cohort, self.message, self.failed = cohort, "", False

    def start(self) -> None:
        """Work off what waits."""
        self.message, self.failed = "", False
        self._timer.start()

    def tick(self) -> None:
        """One turn."""
        cohort = self.cohort
        if cohort is None:
            self._timer.stop()
            return
        before = dict(cohort.rows)
        try:
            cohort.turn(self.engine, _GIVE_WAY)
        except (HermesError, OSError) as error:
            self._timer.stop()
            cohort.cancel_all(self.engine)
            self.message = _("The queue was stopped: {reason}").format(reason=error)
            self.failed = True
            self.on_change()
            return
        if cohort.done:
            self._timer.stop()
        if cohort.done or cohort.rows != before:
            self.on_change()

    def cancel_all(self) -> None:
        """End the volume in progress and leave out those that wait."""
        if self.cohort is not None:
            self.cohort.cancel_all(self.engine)
            self.on_change()

    def toggle(self, name: str) -> None:
        """Cancel one volume; or let one that has failed or was cancelled have its turn again."""
        if self.cohort is None:
            return
        if self.cohort.rows[name].ended:
            self.cohort.again(name)
            self.start()
        else:
            self.cohort.cancel(name, self.engine)
        self.on_change()

    def stop(self) -> None:
        """End the volume in progress; volumes that are finished stay."""
        self._timer.stop()
        if self.cohort is not None and self.cohort.running is not None:
            self.engine.close()
            self.cohort.drop()

    def close(self) -> None:
        """End the engine."""
        self.stop()
        self.engine.close()
