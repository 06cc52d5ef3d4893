"""A run between engine and scene: events come by a queue, a timer drains it, and all of MRML is touched here, on the main thread."""

import shutil
import tempfile
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from HermesSegmentLib.run_nodes import RunNodes

#: The timer's pace, and how long one turn may hold the user interface, milliseconds.
PACE, BUDGET = 20, 10


@dataclass
class Progress:
    """What the user reads while a run goes on."""

    total: int = 0
    finished: int = 0
    started: float = 0.0
    latest: Any = None

    @property
    def line(self) -> str:
        """One line: slice, iteration, pDSC, time left."""
        if self.latest is None:
            return _("Loading image and networks...")
        words = _("Slice {slice} of {total}, iteration {iteration}, pDSC {pdsc:.2f}").format(
            slice=min(self.finished + 1, self.total),
            total=self.total,
            iteration=self.latest.index,
            pdsc=self.latest.pdsc,
        )
        if not self.finished:
            return words
        left = (time.monotonic() - self.started) / self.finished * (self.total - self.finished)
        return words + _(", about {seconds:.0f} s left").format(seconds=left)


class RunControl:
    """Starts runs, writes what comes into the scene, and ends them.

    Args:
        engine: a :class:`HermesLib.engine.client.Engine`, or anything with its methods.
        on_change: called on the main thread after every turn that changed something.
    """

    def __init__(self, engine: Any, on_change: Callable[[], None]) -> None:
        self.engine = engine
        self.on_change = on_change
        self.run: RunNodes | None = None
        self.progress = Progress()
        self.message = ""
        self.failed = False
        self.ready: Any = None
        self._pending: deque[Any] = deque()
        self._unseen = self._untold = self._going = False
        self._bases: dict[int, int] = {}
        self._folder: Path | None = None
        self._timer = qt.QTimer()
        self._timer.setInterval(PACE)
        self._timer.connect("timeout()", self.tick)

    @property
    def running(self) -> bool:
        """Whether a run goes on, is being ended, or has not been shown to its end."""
        return self._going or self.engine.state != "idle"

    def warm_up(self) -> None:
        """Let the engine load its libraries; :attr:`ready` then says what it runs on."""
        try:
            self.engine.warm_up()
        except Exception as error:
            self._say(str(error), failed=True)
        self._timer.start()

    def folder(self) -> Path:
        """A fresh folder for the files of the next run."""
        self._clean()
        self._folder = Path(tempfile.mkdtemp(prefix="hermes-", dir=slicer.app.temporaryPath))
        return self._folder

    def start(self, request: Any, run: RunNodes, again: Sequence[int] = ()) -> None:
        """Begin; what comes of it is written into ``run``. Slices in ``again`` go on after the iterations they have.

        Raises:
            Exception: a run is going on, or the engine cannot be started.
        """
        self.engine.start(request)
        self.run, self.progress = run, Progress(started=time.monotonic())
        self._bases = {index: len(run.record.slices[index].iterations) for index in again}
        self._going = True
        self._say("")
        self._timer.start()

    def cancel(self) -> None:
        """End the run; what is finished stays."""
        self.engine.cancel()

    def forget_run(self, reason: str) -> None:
        """The run's nodes are gone: end it and write nothing more."""
        if self.run is not None:
            self.run = None
            self._going = False
            self._pending.clear()
            if self.engine.state == "running":
                self.engine.cancel()
                self._say(reason)

    def close(self) -> None:
        """End everything."""
        self._timer.stop()
        self.run = None
        self._pending.clear()
        self.engine.close()
        self._clean()

    @property
    def settled(self) -> bool:
        """Whether all that came is in the scene and on the panel."""
        return not (self._pending or self._unseen or self._untold)

    def tick(self) -> None:
        """One turn: take what came as long as the budget lasts, else bring the views, else the panel up to date.

        Never all at once, so that the user interface answers in between.
        """
        self._pending.extend(self.engine.poll())
        if self.run is not None and not self.run.alive:
            self.forget_run(_("The run was ended: its volume or its results were deleted."))
            self._untold = True
        if self._pending and not self._unseen:
            end = time.monotonic() + BUDGET / 1000
            while self._pending and time.monotonic() < end:
                self._unseen |= self._take(self._pending.popleft())
            self._untold = True
        elif self._unseen:
            self._unseen = False
            if self.run is not None:
                self.run.show_latest()
        elif self._untold:
            self._untold = False
            self._going = self._going and self.engine.state != "idle"
            self.on_change()
        if not self.running and self.settled and (self.ready is not None or self.failed):
            self._timer.stop()

    def _take(self, message: Any) -> bool:
        """Handle one message; whether the views should follow."""
        kind = type(message).__name__
        if kind == "Ready":
            self.ready = message
        elif self.run is None:
            if kind in ("Finished", "Cancelled", "Failed"):
                self._clean()
        elif kind == "Opened":
            self.progress.total, self.progress.started = (
                len(message.slice_indices),
                time.monotonic(),
            )
            if not self._bases:
                self.run.record.unfamiliar = list(message.out_of_distribution or ())
                self.run.open(
                    message.shape, message.axes.order, message.axes.backwards, message.slice_indices
                )
        elif kind == "Iteration":
            event = replace(message, index=message.index + self._bases.get(message.slice_index, 0))
            self.run.add(event)
            self.progress.latest = event
            self.progress.finished += event.final
            return True
        else:
            self._end(kind, message)
        return False

    def _end(self, kind: str, message: Any) -> None:
        assert self.run is not None
        record = self.run.record
        if message.report is not None and not self._bases:
            record.report = dict(message.report)
        record.close()
        self.run.save()
        self._clean()
        counts = record.counts()
        done = _(
            "{accepted} accepted, {stopped} below the threshold, {absent} without the organ, {failed} failed"
        ).format(**counts)
        borderline = sum(one.borderline for one in record.slices.values())
        if borderline:
            done += _("; {count} borderline: the organ may be there or not").format(
                count=borderline
            )
        if record.unfamiliar:
            done += _(
                "; {count} unlike the training patients: their pDSC is not to be trusted"
            ).format(count=len(record.unfamiliar))
        if kind == "Finished":
            self._say(_("Done: ") + done)
        elif kind == "Cancelled":
            self._say(_("Cancelled. ") + done)
        else:
            self._say(message.message, failed=True)

    def _say(self, text: str, failed: bool = False) -> None:
        self.message, self.failed = text, failed

    def _clean(self) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
