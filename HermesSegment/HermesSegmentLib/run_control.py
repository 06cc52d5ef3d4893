"""A run between engine and scene.

The engine's messages wait in a queue, a timer drains it, and all MRML is touched here, on the main
thread.
"""

import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path

import qt
from slicer.i18n import tr as _

from HermesLib.engine import messages
from HermesLib.engine.client import State
from HermesLib.engine.messages import Cancelled, Failed, Finished, Message, Opened, Ready
from HermesLib.refinement.events import Iteration
from HermesLib.refinement.marks import report_marks
from HermesLib.runs.request import ImportRequest, RunRequest
from HermesSegmentLib.run_engine import Engine
from HermesSegmentLib.run_folder import RunFolder
from HermesSegmentLib.run_nodes import RunNodes
from HermesSegmentLib.run_progress import Progress, import_end, summary

#: Time between two turns of the timer, milliseconds; how long one turn goes on to a further part
#: of its work, and how long it takes messages, seconds.
PACE, BUDGET, TAKING = 20, 0.015, 0.006
#: The panel is brought up to date again after so many times what it took the last time; the most
#: that it lags behind, seconds.
PAUSES, LAG = 4, 0.2
#: How long a turn leaves Python's interpreter lock to the threads that read from the engine,
#: seconds. Between turns, Slicer's main thread keeps the lock in Qt's event loop.
GIVE_WAY = 0.004
#: The engine ends after so many seconds without a run, and gives its memory back.
IDLE_SECONDS = 600.0

_Ending = Finished | Cancelled | Failed


class RunControl:
    """Starts runs, writes their messages into the scene, and ends them.

    Args:
        engine: runs the loop in another process.
        on_change: called on the main thread after every turn that changed something.
    """

    def __init__(self, engine: Engine, on_change: Callable[[], None]) -> None:
        self.engine = engine
        self.on_change = on_change
        self.run: RunNodes | None = None
        self.progress = Progress()
        self.message = ""
        self.failed = False
        #: What the engine said of its device; kept when it ends, as the device stays the same.
        self.ready: Ready | None = None
        #: Whether a reader looks at a result, so that new iterations must not change the views.
        self.hold_views: Callable[[], bool] = lambda: False
        self.loading = False
        #: Called when the weights that the engine imports are there.
        self._on_imported: Callable[[], None] | None = None
        self._pending: deque[Message] = deque()
        self._views_outdated = False
        self._panel_outdated = False
        #: When the panel is next brought up to date, on the clock of ``time.monotonic``.
        self._panel_due = 0.0
        self._later: deque[Callable[[], None]] = deque()
        #: Whether the last turn did nothing but a work of :meth:`later`.
        self._was_later = False
        self._going = False
        #: Iterations that a slice had before it was run again.
        self._first_iterations: dict[int, int] = {}
        self._folder = RunFolder()
        self._timer = qt.QTimer()
        self._timer.setInterval(PACE)
        self._timer.connect("timeout()", self.tick)

    @property
    def running(self) -> bool:
        """Whether a run is in progress, is ending, or has messages left to show."""
        return self._going or self.engine.state is not State.IDLE

    @property
    def settled(self) -> bool:
        """Whether all messages are in the scene and on the panel."""
        run, outdated = self.run, self._views_outdated or self._panel_outdated
        written = run is None or (run.writer.prepared and (self._going or run.writer.done))
        return written and not (self._pending or outdated or self._later)

    @property
    def again(self) -> Collection[int]:
        """The slices that the latest run repeats, or has repeated."""
        return self._first_iterations.keys()

    def folder(self) -> Path:
        """A new folder for the files of the next run."""
        return self._folder.make()

    def start(self, request: RunRequest, run: RunNodes, again: Sequence[int] = ()) -> None:
        """Start a run whose messages are written into ``run``.

        Args:
            request: for the engine.
            run: the nodes.
            again: slices that continue after the iterations they have.

        Raises:
            Exception: a run is in progress, or the engine cannot be started.
        """
        self.engine.start(request)
        if self.run is not None:
            # What the turns to come would have written.
            self.run.save()
        self.run, self.progress = run, Progress()
        self._first_iterations = {
            index: len(run.record.slices[index].iterations) for index in again
        }
        self._going = True
        self.loading = self.ready is None
        self.report("")
        self._timer.start()

    def import_weights(self, path: Path, on_imported: Callable[[], None]) -> None:
        """Let the engine read a checkpoint and copy it to the imported weights.

        Args:
            path: of the file.
            on_imported: called when it is there.

        Raises:
            Exception: a run is in progress, or the engine cannot be started.
        """
        self.engine.start(ImportRequest(path))
        self.run, self._on_imported = None, on_imported
        self.progress = Progress(task=_("Importing {name}...").format(name=path.name))
        self._going, self.loading = True, self.ready is None
        self.report("")
        self._timer.start()
        self.on_change()

    def cancel(self) -> None:
        """End the run; finished iterations are kept."""
        self.engine.cancel()

    def forget_run(self, reason: str) -> None:
        """The run's nodes were removed: end it and write nothing more."""
        if self.run is None:
            return
        self.run, self._going = None, False
        self._pending.clear()
        if self.engine.state is State.RUNNING:
            self.engine.cancel()
            self.report(reason)

    def close(self) -> None:
        """End the run and the engine."""
        self._timer.stop()
        self.run = None
        self._pending.clear()
        self._later.clear()
        self.engine.close()
        self._folder.remove()

    def tick(self) -> None:
        """One turn: the views, messages, the panel, the scene, one after the other.

        The user interface responds between two turns: what goes beyond the budget waits.
        """
        self._pending.extend(self.engine.poll(0.0 if self.engine.state is State.IDLE else GIVE_WAY))
        if self.run is not None and not self.run.alive:
            self.forget_run(_("The run was ended: its volume or its results were deleted."))
            self._panel_outdated = True
        prepared = self.run is None or self.run.writer.prepared
        self._was_later = bool(self._later) and prepared and not self._was_later
        if self._was_later:
            self._later.popleft()()
        else:
            self._do_parts()
        if not self.running and self.settled:
            self._timer.stop()

    def _do_parts(self) -> None:
        now = time.monotonic()
        late = self._panel_outdated and now > self._panel_due + LAG
        parts = [self._update_views, self._take_messages, self._update_panel, self._write_scene]
        for part in [self._update_panel, *parts] if late else parts:
            if time.monotonic() < now + BUDGET:
                part()

    def later(self, work: Callable[[], None]) -> None:
        """Do something in a turn to come, which does nothing else; every second turn is one."""
        self._later.append(work)
        self._timer.start()

    def _update_views(self) -> None:
        if self._views_outdated:
            self._views_outdated = False
            if self.run is not None and not self.hold_views():
                self.run.show_latest()

    def _take_messages(self) -> None:
        end = time.monotonic() + TAKING
        while self._pending and time.monotonic() < end:
            self._take(self._pending.popleft())
            self._panel_outdated = True

    def _update_panel(self) -> None:
        over, begin = self.engine.state is State.IDLE and not self._pending, time.monotonic()
        # The last look at a run comes after the views show its last iteration.
        if not self._panel_outdated or (self._views_outdated if over else begin < self._panel_due):
            return
        self._panel_outdated = False
        self._going = self._going and not over
        self.on_change()
        self._panel_due = time.monotonic() + PAUSES * (time.monotonic() - begin)

    def _write_scene(self) -> None:
        if self.run is not None and not self.run.writer.prepared:
            self.run.writer.prepare_part()
        elif self.run is not None and (self.run.writer.asked or not self._going):
            self.run.writer.write_part()

    def _take(self, message: Message) -> None:
        if isinstance(message, Ready):
            self.ready, self.loading = message, False
        elif isinstance(message, messages.Stalled | messages.AtWork):
            self.progress.take_words(message)
        elif self._on_imported is not None and isinstance(message, _Ending):
            self._end_import(message, self._on_imported)
        elif self.run is None:
            if isinstance(message, _Ending):
                self._folder.remove()
        elif isinstance(message, Opened):
            self._open(self.run, message)
        elif isinstance(message, Iteration):
            self._add(self.run, message)
        elif isinstance(message, messages.Notice):
            self.progress.take_notice(message.message)
            self.run.record.take_notice(message)
        elif isinstance(message, messages.FellBack):
            self._start_again(self.run, message)
        elif isinstance(message, _Ending):
            self._end(self.run, message)

    def _end_import(self, end: _Ending, on_imported: Callable[[], None]) -> None:
        self._on_imported, self.loading = None, False
        self.message, self.failed = import_end(end), isinstance(end, Failed)
        if isinstance(end, Finished):
            on_imported()

    def _open(self, run: RunNodes, message: Opened) -> None:
        run.record.take_score(message.score)
        self.progress.opened(len(message.slice_indices), message.score)
        if self._first_iterations:
            return
        unreliable = message.out_of_distribution
        run.record.out_of_distribution = None if unreliable is None else list(unreliable)
        run.open(message.shape, message.axes, message.slice_indices)

    def _start_again(self, run: RunNodes, message: messages.FellBack) -> None:
        """Memory ran out: slices that are not finished start again."""
        self.progress.start_again(message.message, len(message.finished))
        firsts = self._first_iterations or dict.fromkeys(run.record.slices, 0)
        run.drop({k: first for k, first in firsts.items() if k not in message.finished})
        run.show_again()

    def _add(self, run: RunNodes, message: Iteration) -> None:
        first = self._first_iterations.get(message.slice_index, 0)
        iteration = replace(message, index=message.index + first)
        run.add(iteration)
        self.progress.take_iteration(iteration)
        self._views_outdated = True

    def _end(self, run: RunNodes, message: _Ending) -> None:
        record = run.record
        if message.report is not None and not self._first_iterations:
            record.report = dict(message.report)
        record.close()
        if message.report is not None and not self._first_iterations:
            record.take_marks(report_marks(message.report))
        else:  # The report covers some of the slices, or there is none.
            run.mark_slices()
        if not run.finish():
            self.run = None
        self.later(self._folder.remove_later())
        self.loading = False
        if isinstance(message, Finished):
            self.report(self.progress.with_notices(_("Done: ") + summary(record)))
        elif isinstance(message, Cancelled):
            self.report(self.progress.with_notices(_("Cancelled. ") + summary(record)))
        else:
            self.message, self.failed = message.message, True

    def report(self, text: str) -> None:
        """Say something in the line below *Run*."""
        self.message, self.failed = text, False
