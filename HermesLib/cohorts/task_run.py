"""One task of a cohort through an engine: its results appear in its folder, all or none."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

from HermesLib.cohorts.fingerprint import fingerprint
from HermesLib.cohorts.result_folder import MARKER, finished_report, make_way, write_marker
from HermesLib.cohorts.row import Row, State
from HermesLib.cohorts.task import Task
from HermesLib.engine.client import Engine
from HermesLib.engine.messages import (
    AtWork,
    Cancelled,
    Failed,
    FellBack,
    Finished,
    Message,
    Opened,
    Stalled,
)
from HermesLib.errors import HermesError
from HermesLib.io.staged_folder import staged_folder
from HermesLib.refinement.events import Iteration
from HermesLib.runs.iterations_file import FILE_NAME
from HermesLib.runs.request import RunRequest
from HermesLib.runs.stored import RESULT_FILES

#: How long :func:`run_task` waits for messages before it asks whether it is cancelled, seconds.
_WAIT = 0.1


class TaskRun:
    """One task, from the first message of its run to the last.

    Args:
        task: the volume.
        folder: for its results.
        make_request: what to ask the engine for; may write the files that the request names.
    """

    def __init__(
        self, task: Task, folder: Path, make_request: Callable[[Task], RunRequest]
    ) -> None:
        self.task, self.folder = task, folder
        self.row = Row(task.name)
        self._make_request = make_request
        self._inputs: Mapping[str, Any] = {}
        self._staging: AbstractContextManager[Path] | None = None
        self._staged = folder
        self._total = self._done = 0

    def start(self, engine: Engine) -> Row:
        """Start the run, unless the folder has the results of the same inputs already.

        Returns:
            The row: running, finished or failed.
        """
        try:
            if self.task.problem:
                raise HermesError(self.task.problem)
            request = self._make_request(self.task)
            self._inputs = fingerprint(request)
            report = finished_report(self.folder, self._inputs)
            if report is not None:
                self.row = replace(self._row_of(report), earlier=True)
                return self.row
            self._staging = staged_folder(self.folder, [*RESULT_FILES, MARKER, FILE_NAME])
            self._staged = self._staging.__enter__()
            wanted = replace(request, send_masks=False, write_iterations=True)
            engine.start(wanted, self._staged)
        except (HermesError, OSError, RuntimeError) as error:
            return self._fail(_line_of(error))
        self.row = self.row.in_state(State.RUNNING)
        return self.row

    def take(self, message: Message) -> Row:
        """Take the next message of the engine; returns the row, which has ended with the last."""
        match message:
            case Opened():
                self._total = len(message.slice_indices)
            case Iteration():
                self._done += message.final
            case FellBack():
                self._done = len(message.finished)
            case AtWork() | Stalled():
                self.row = self.row.in_state(State.RUNNING, message.message)
                return self.row
            case Finished():
                return self._finish(message.report)
            case Failed():
                return self._fail(message.message)
            case Cancelled():
                self._drop(HermesError("cancelled"))
                self.row = self.row.in_state(State.CANCELLED)
                return self.row
        words = f"{self._done} of {self._total} slices" if self._total else ""
        self.row = self.row.in_state(State.RUNNING, words)
        return self.row

    def _finish(self, report: Mapping[str, Any]) -> Row:
        assert self._staging is not None
        try:
            write_marker(self._staged, self._inputs)
            make_way(self.folder)
            staging, self._staging = self._staging, None
            staging.__exit__(None, None, None)
        except (HermesError, OSError) as error:
            return self._fail(_line_of(error))
        self.row = self._row_of(report)
        return self.row

    def _row_of(self, report: Mapping[str, Any]) -> Row:
        row = Row.of_report(self.task.name, report)
        return row.noting(self.task.note) if self.task.note else row

    def _fail(self, reason: str) -> Row:
        self._drop(HermesError(reason))
        self.row = self.row.in_state(State.FAILED, reason)
        return self.row

    def _drop(self, error: HermesError) -> None:
        """Remove what the run has written."""
        if self._staging is not None:
            staging, self._staging = self._staging, None
            staging.__exit__(type(error), error, None)


def run_task(
    task: Task,
    folder: Path,
    make_request: Callable[[Task], RunRequest],
    engine: Engine,
    on_message: Callable[[Message, Row], None] = lambda message, row: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Row:
    """Do one task and wait for it: all that a worker elsewhere needs.

    Args:
        task, folder, make_request: see :class:`TaskRun`.
        engine: idle.
        on_message: called with every message of the run, and the row after it.
        is_cancelled: asked several times a second; once it is true, the run ends as cancelled.
    """
    run = TaskRun(task, folder, make_request)
    row = run.start(engine)
    try:
        while not row.ended:
            for message in engine.poll(_WAIT):
                row = run.take(message)
                on_message(message, row)
            if is_cancelled():
                engine.cancel()
    finally:
        if not run.row.ended:
            engine.close()
            run.take(Cancelled(None))
    return run.row


def _line_of(error: Exception) -> str:
    if isinstance(error, OSError):
        # Folders may name a patient; the file's name is in the table anyway.
        name = f": {Path(error.filename).name}" if error.filename else ""
        return f"{error.strerror or error}{name}"
    return str(error)
