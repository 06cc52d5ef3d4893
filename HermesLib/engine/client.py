"""The client's side of the engine: start a run, poll its messages, cancel, close.

Only :meth:`Engine.follow` waits for the engine. This module imports neither torch nor SimpleITK, so
that a program with a user interface can hold an :class:`Engine` at no cost.
"""

import os
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

from HermesLib.engine.messages import (
    NO_RUN,
    Cancelled,
    Failed,
    Finished,
    Message,
    Opened,
    Ready,
    read_message,
    request_frame,
)
from HermesLib.engine.wire import Frame, FrameError, read_frame, write_frame
from HermesLib.errors import HermesError
from HermesLib.runs.request import RunRequest

#: A cancelled run that has not ended after this time is killed with its process, seconds.
CANCEL_TIMEOUT = 0.5
#: How long to wait for a killed process to exit, seconds; it takes a few milliseconds.
_KILL_TIMEOUT = 2.0
#: Interval between two polls of :meth:`Engine.follow`, seconds.
_POLL_INTERVAL = 0.005
#: How many of the last lines on the worker's standard error are kept.
_ERROR_LINES = 30


class State(StrEnum):
    """What the engine is doing."""

    IDLE = "idle"
    RUNNING = "running"
    CANCELLING = "cancelling"


def default_command() -> list[str]:
    """The command that starts a worker with this Python."""
    return [sys.executable, "-m", "HermesLib.engine.worker"]


class Engine:
    """Owns at most one child process, which serves run after run, so that networks load once.

    Call all methods from one thread (in Slicer the main thread). The threads inside only fill
    queues.

    Args:
        command: starts the worker; by default :func:`default_command`.
        environment: variables to add to this process's own.
    """

    def __init__(
        self, command: Sequence[str] | None = None, environment: Mapping[str, str] | None = None
    ):
        self._command = list(command or default_command())
        self._environment = dict(environment or {})
        self._worker: _Worker | None = None
        self._run = 0
        self.state = State.IDLE

    @property
    def process_id(self) -> int | None:
        """Of the running worker; None if there is none."""
        return self._worker.process.pid if self._worker and self._worker.alive else None

    def warm_up(self) -> None:
        """Start the worker, so that its libraries are loaded before the first run.

        Raises:
            HermesError: the worker cannot be started.
        """
        if self._worker is None or not self._worker.alive:
            self._worker = _Worker(self._command, self._environment)

    def start(self, request: RunRequest, output: Path | None = None) -> None:
        """Start a run; :meth:`poll` returns its messages.

        Args:
            request: what to do.
            output: existing folder for the five result files. They are there before
                :class:`Finished` arrives; a run that does not finish writes none.

        Raises:
            HermesError: a run is in progress, or the worker cannot be started.
        """
        if self.state is not State.IDLE:
            raise HermesError("a run is in progress; cancel it first")
        self.warm_up()
        assert self._worker is not None
        self._run += 1
        self.state = State.RUNNING
        self._worker.send(request_frame(self._run, request, output))

    def poll(self) -> list[Message]:
        """All messages since the last call, in order.

        The last message of every run is Finished, Cancelled or Failed, whatever happened to it.
        """
        messages: list[Message] = []
        while self._worker is not None:
            try:
                run, message = self._worker.messages.get_nowait()
            except queue.Empty:
                break
            if isinstance(message, _WorkerExit):
                self._worker = None
                messages += self._last_messages(message)
            elif run in (self._run, NO_RUN):
                if isinstance(message, Failed) and self.state is State.CANCELLING:
                    message = Cancelled(message.report)
                messages.append(message)
            if messages and isinstance(messages[-1], Finished | Cancelled | Failed):
                self.state = State.IDLE
        return messages

    def follow(self) -> Iterator[Message]:
        """Wait for and yield every message to the end of the run."""
        while self.state is not State.IDLE:
            messages = self.poll()
            yield from messages
            if not messages:
                time.sleep(_POLL_INTERVAL)

    def cancel(self) -> None:
        """Cancel the run; its last message arrives within a second, wherever the run is."""
        if self.state is State.RUNNING and self._worker is not None:
            self.state = State.CANCELLING
            self._worker.cancel(self._run, CANCEL_TIMEOUT)

    def close(self) -> None:
        """Kill the worker; messages not polled yet are lost. The engine can be used again."""
        if self._worker is not None:
            self._worker.kill()
            with suppress(subprocess.TimeoutExpired):
                self._worker.process.wait(_KILL_TIMEOUT)
        self._worker = None
        self._run += 1
        self.state = State.IDLE

    def _last_messages(self, exit_: "_WorkerExit") -> list[Message]:
        if self.state is State.IDLE:
            return []
        if self.state is State.CANCELLING:
            return [Cancelled(None)]
        return [Failed(exit_.message(), None)]


class _WorkerExit:
    """The worker's process has exited."""

    def __init__(self, code: int, error_lines: Sequence[str]):
        self.code = code
        self.error_lines = error_lines

    def message(self) -> str:
        """One line for the user."""
        if self.code in (-9, 137):
            return (
                "the engine was killed, most likely because memory ran out;"
                " choose fewer slices or close other programs"
            )
        line = f"the engine stopped unexpectedly (exit code {self.code})"
        last = next((text.strip() for text in reversed(self.error_lines) if text.strip()), "")
        return f"{line}: {last}" if last else line


class _Worker:
    """The process, and the threads that write to it and read from it."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]):
        self.messages: queue.SimpleQueue[tuple[int, Message | _WorkerExit]] = queue.SimpleQueue()
        self._error_lines: deque[str] = deque(maxlen=_ERROR_LINES)
        self._sending: queue.SimpleQueue[Frame | None] = queue.SimpleQueue()
        self._ended_runs: set[int] = set()
        self.alive = True
        try:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=_with_this_library({**os.environ, **environment}),
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            raise HermesError(
                f"the engine cannot be started: {error.strerror or error} ({command[0]})"
            ) from error
        assert self.process.stdin and self.process.stdout and self.process.stderr
        self._error_reader = _start_thread(self._read_errors, self.process.stderr)
        _start_thread(self._read_messages, self.process.stdout)
        _start_thread(self._write_frames, self.process.stdin)

    def send(self, frame: Frame) -> None:
        """Queue a frame for the writing thread: the pipe of a busy worker may be full."""
        self._sending.put(frame)

    def cancel(self, run: int, timeout: float) -> None:
        """Cancel a run, and kill the process if the run has not ended after ``timeout`` seconds."""
        self.send(Frame({"kind": "cancel", "run": run}))
        timer = threading.Timer(timeout, self._kill_unless_ended, (run,))
        timer.daemon = True
        timer.start()

    def kill(self) -> None:
        """End the process at once."""
        self.process.kill()

    def _kill_unless_ended(self, run: int) -> None:
        if run not in self._ended_runs:
            self.kill()

    def _write_frames(self, stream: IO[bytes]) -> None:
        try:
            while frame := self._sending.get():
                write_frame(stream, frame)  # type: ignore[arg-type]
        except (OSError, ValueError):
            pass  # The process has exited; _read_messages reports it.

    def _read_messages(self, stream: IO[bytes]) -> None:
        try:
            while frame := read_frame(stream):  # type: ignore[arg-type]
                message = read_message(frame)
                if isinstance(message, Finished | Cancelled | Failed):
                    self._ended_runs.add(frame.fields["run"])
                self.messages.put((frame.fields["run"], message))
        except (FrameError, OSError, ValueError) as error:
            self._error_lines.append(str(error))
            self.kill()
        code = self.process.wait()
        self._error_reader.join(timeout=1)
        self.alive = False
        self._sending.put(None)
        self.messages.put((NO_RUN, _WorkerExit(code, list(self._error_lines))))

    def _read_errors(self, stream: IO[bytes]) -> None:
        for line in stream:
            self._error_lines.append(line.decode(errors="replace"))


def _start_thread(target: Callable[[Any], None], stream: IO[bytes]) -> threading.Thread:
    thread = threading.Thread(target=target, args=(stream,), daemon=True)
    thread.start()
    return thread


def _with_this_library(environment: dict[str, str]) -> dict[str, str]:
    """The environment in which a worker imports the same HermesLib as this process."""
    home = str(Path(__file__).resolve().parents[2])
    inherited = environment.get("PYTHONPATH")
    environment["PYTHONPATH"] = home if not inherited else os.pathsep.join([home, inherited])
    return environment


__all__ = ["Cancelled", "Engine", "Failed", "Finished", "Message", "Opened", "Ready", "State"]
