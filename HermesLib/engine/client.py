"""The client's side of the engine: start a run, poll its messages, cancel, close.

Only :meth:`Engine.follow` waits for the engine. This module imports neither torch nor SimpleITK, so
that a program with a user interface can hold an :class:`Engine` at no cost.
"""

import math
import queue
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from HermesLib.engine.exit import ExitKind, WorkerExit
from HermesLib.engine.finished_slices import FinishedFolder, FinishedSlices
from HermesLib.engine.messages import (
    NO_RUN,
    AtWork,
    Cancelled,
    Failed,
    FellBack,
    Finished,
    Message,
    Notice,
    Opened,
    Ready,
    Request,
    Stalled,
    request_frame,
)
from HermesLib.engine.patience import Patience
from HermesLib.engine.process import WorkerProcess
from HermesLib.errors import COMPUTER, HermesError
from HermesLib.refinement.events import Iteration
from HermesLib.runs.request import RunRequest
from HermesLib.runs.smaller import after_fallback, smaller_request
from HermesLib.waiting import VARIABLE, give_up_after

#: A cancelled run that has not ended after this time ends with its process, seconds.
CANCEL_TIMEOUT = 0.3
#: How long :meth:`Engine.follow` waits at a time, seconds.
_POLL_INTERVAL = 0.02


class State(StrEnum):
    """What the engine is doing."""

    IDLE = "idle"
    RUNNING = "running"
    CANCELLING = "cancelling"


def worker_command(python: Sequence[str] = (sys.executable,), idle: float | None = None) -> list:
    """The command that starts a worker.

    Args:
        python: starts Python.
        idle: the worker ends after so many seconds without a request; None for never.
    """
    command = [*python, "-m", "HermesLib.engine.worker"]
    return command if idle is None else [*command, str(idle)]


@dataclass(frozen=True)
class _Job:
    """What the worker was asked for last."""

    request: Request
    output: Path | None
    finished: FinishedSlices | None = None


class Engine:
    """Owns at most one child process, which serves run after run, so that networks load once.

    Call all methods from one thread (in Slicer the main thread). The threads inside only fill
    queues.

    Args:
        command: starts the worker; by default :func:`worker_command`.
        environment: variables to add to this process's own.
    """

    def __init__(
        self, command: Sequence[str] | None = None, environment: Mapping[str, str] | None = None
    ):
        self._command = list(command or worker_command())
        self._environment = dict(environment or {})
        self._worker: WorkerProcess | None = None
        self._ready: Ready | None = None
        self._job: _Job | None = None
        self._finished = FinishedFolder()
        self._run = NO_RUN
        self._patience = Patience(math.inf)
        self.state = State.IDLE

    @property
    def process_id(self) -> int | None:
        """Of the running worker, or of its launcher; None if there is none."""
        return self._worker.process.pid if self._worker and self._worker.alive else None

    def warm_up(self) -> None:
        """Start the worker, so that its libraries are loaded before the first run.

        If it ends before they are, :meth:`poll` returns a :class:`Failed` that belongs to no run.

        Raises:
            HermesError: the worker cannot be started.
        """
        if self._worker is None or not self._worker.alive:
            self._ready = None
            self._worker = WorkerProcess(self._command, self._environment)

    def start(self, request: Request, output: Path | None = None) -> None:
        """Start a run; :meth:`poll` returns its messages.

        Where memory runs out, the run is tried again with less, see
        :class:`HermesLib.engine.messages.FellBack`.

        Args:
            request: what to do.
            output: existing folder for the five result files. They are there before
                :class:`Finished` arrives; a run that does not finish writes none.

        Raises:
            HermesError: a run is in progress, or the worker cannot be started.
        """
        if self.state is not State.IDLE:
            raise HermesError("a run is in progress; cancel it first")
        self._job = _Job(request, output, self._finished.make())
        self._send_job()

    def poll(self, wait: float = 0.0) -> list[Message]:
        """All messages since the last call, in order.

        The last message of every run is Finished, Cancelled or Failed, whatever happened to it.

        Args:
            wait: for further messages, so many seconds in all, without Python's interpreter lock.
                A host that keeps the lock between two calls, as Slicer does in Qt's event loop,
                lets the reading threads work only here.
        """
        messages: list[Message] = []
        end = time.monotonic() + wait
        while self._worker is not None:
            try:
                left = max(end - time.monotonic(), 0.0)
                run, message = self._worker.messages.get(left > 0, left)
            except queue.Empty:
                break
            if isinstance(message, WorkerExit):
                self._worker = None
                messages += self._after(message)
            elif self._patience.see(message) and run in (self._run, NO_RUN):
                if isinstance(message, Ready):
                    self._ready = message
                if isinstance(message, Failed) and self.state is State.CANCELLING:
                    message = Cancelled(message.report)
                if isinstance(message, Iteration) and message.final:
                    self._finished.seen.add(message.slice_index)
                if isinstance(message, FellBack):
                    self._remember(message)
                messages.append(message)
            if messages and isinstance(messages[-1], Finished | Cancelled | Failed):
                self.state = State.IDLE
                self._finished.remove()
                end = 0.0
        return messages or self._watch()

    def follow(self) -> Iterator[Message]:
        """Wait for and yield every message to the end of the run."""
        while self.state is not State.IDLE:
            yield from self.poll(_POLL_INTERVAL)

    def cancel(self) -> None:
        """Cancel the run; its last message arrives within a second, wherever the run is."""
        if self.state is State.RUNNING and self._worker is not None:
            self.state = State.CANCELLING
            self._worker.cancel(self._run, CANCEL_TIMEOUT)

    def _watch(self) -> list[Message]:
        """What to say of a worker that shows no sign of progress; in the end it is given up."""
        if self.state is not State.RUNNING or self._worker is None:
            return []
        self._patience.look()
        seconds, limit = self._patience.waited, self._patience.limit
        if self._patience.over:
            self.close()
            return [
                Failed(
                    f"the engine made no progress for {seconds:.0f} s and was ended; run again"
                    f" ({VARIABLE}=0 waits for ever)",
                    None,
                    exit_code=COMPUTER,
                )
            ]
        if self._patience.to_say:
            self._patience.said = True
            return [
                Stalled(
                    f"the engine has made no progress for {seconds:.0f} s; you can cancel the run,"
                    f" which ends after {limit:.0f} s without progress"
                )
            ]
        return []

    def close(self) -> None:
        """End the worker; messages not polled yet are lost. The engine can be used again."""
        if self._worker is not None:
            self._worker.end()
        self._worker = None
        self._finished.remove()
        self._run += 1
        self.state = State.IDLE

    def _send_job(self) -> None:
        """Ask a worker for the job, as a run of its own number."""
        self.warm_up()
        assert self._worker is not None and self._job is not None
        self._run += 1
        self._patience = Patience(give_up_after())
        self.state = State.RUNNING
        job = self._job
        self._worker.send(request_frame(self._run, job.request, job.output, job.finished))

    def _after(self, end: WorkerExit) -> list[Message]:
        """What follows from the end of the worker."""
        if self.state is State.CANCELLING:
            return [Cancelled(None)]
        if end.kind is ExitKind.IDLE:
            # The run was asked for just when the worker had waited long enough.
            return [] if self.state is State.IDLE else self._try_again([])
        if self.state is State.IDLE:
            # A worker that ends after it has loaded is started again when it is needed.
            return [] if self._ready is not None else [_failed(end)]
        smaller = self._smaller(end) if end.kind is ExitKind.KILLED else None
        if smaller is None:
            return [_failed(end)]
        self._job, message = smaller
        return self._try_again([message])

    def _smaller(self, end: WorkerExit) -> tuple[_Job, FellBack] | None:
        """The job with less memory, and what to say of it; None if nothing is left to save."""
        assert self._job is not None
        if not isinstance(self._job.request, RunRequest):
            return None
        cause = "memory ran out" if end.for_memory else "the engine was killed"
        kept = self._finished.keep()
        indices = () if kept is None else kept.indices
        smaller = smaller_request(self._job.request, self._on_gpu, cause, indices)
        if smaller is None:
            return None
        request, words = smaller
        return replace(self._job, request=request, finished=kept), FellBack(words, indices)

    def _remember(self, message: FellBack) -> None:
        """What the worker has given up by itself, for the report of a worker after it."""
        assert self._job is not None and isinstance(self._job.request, RunRequest)
        request = after_fallback(self._job.request, self._on_gpu, message.message)
        self._job = replace(self._job, request=request)

    @property
    def _on_gpu(self) -> bool:
        return self._ready is not None and self._ready.free_memory is not None

    def _try_again(self, messages: list[Message]) -> list[Message]:
        try:
            self._send_job()
        except HermesError as error:
            return [*messages, Failed(str(error), None, exit_code=error.exit_code)]
        return messages


def _failed(end: WorkerExit) -> Failed:
    return Failed(end.message(), None, exit_code=end.exit_code)


__all__ = [
    "AtWork",
    "Cancelled",
    "Engine",
    "Failed",
    "FellBack",
    "Finished",
    "Message",
    "Notice",
    "Opened",
    "Ready",
    "Stalled",
    "State",
    "worker_command",
]
