"""The engine as its user sees it: start a run, take what has happened since, cancel, close. Only :meth:`Engine.follow`
waits for the engine.

This module imports neither torch nor SimpleITK, so that a program with a user interface can hold an :class:`Engine` at no cost.
"""

import os
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import IO

from HermesLib.engine.messages import (
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

#: How long a cancelled run may take to end by itself, seconds; then its process is killed, whatever it is at.
PATIENCE = 0.5
#: How long a killed process is waited for, seconds; it takes a few thousandths.
_LAST_BREATH = 2.0
#: How often :meth:`Engine.follow` looks, seconds.
_PACE = 0.005
_LAST_LINES = 30


class State(StrEnum):
    """What the engine is doing."""

    IDLE = "idle"
    RUNNING = "running"
    CANCELLING = "cancelling"


def default_command() -> list[str]:
    """This Python, as a worker."""
    return [sys.executable, "-m", "HermesLib.engine.worker"]


class Engine:
    """One child process at most; it stays for the next run, so that networks are loaded once.

    All methods belong to one thread (in Slicer the main thread); the threads inside only fill queues.

    Args:
        command: how to start the worker; this Python by default.
        environment: variables on top of this process's own.
    """

    def __init__(
        self, command: Sequence[str] | None = None, environment: Mapping[str, str] | None = None
    ):
        self._command = list(command or default_command())
        self._environment = dict(environment or {})
        self._worker: _Worker | None = None
        self._run = 0
        self._opened = False
        self.state = State.IDLE

    @property
    def process_id(self) -> int | None:
        """Of the living worker."""
        return self._worker.process.pid if self._worker and self._worker.alive else None

    def warm_up(self) -> None:
        """Start the worker, so that its libraries are loaded when the first run comes.

        Raises:
            HermesError: it cannot be started.
        """
        if self._worker is None or not self._worker.alive:
            self._worker = _Worker(self._command, self._environment)

    def start(self, request: RunRequest, into: Path | None = None) -> None:
        """Begin a run; its messages come with :meth:`poll`.

        ``into`` is an existing folder that gets the five result files if the run comes to its end, before it says so.

        Raises:
            HermesError: a run is going on, or the worker cannot be started.
        """
        if self.state is not State.IDLE:
            raise HermesError("a run is going on; cancel it first")
        self.warm_up()
        assert self._worker is not None
        self._run += 1
        self.state = State.RUNNING
        self._worker.send(request_frame(self._run, request, into))

    def poll(self) -> list[Message]:
        """All messages since the last call, in order. A run's last one is Finished, Cancelled or Failed, whatever happened to it."""
        messages: list[Message] = []
        while self._worker is not None:
            try:
                run, said = self._worker.messages.get_nowait()
            except queue.Empty:
                break
            if isinstance(said, _Gone):
                self._worker = None
                messages += self._ending(said)
            elif run in (self._run, _ENGINE):
                if isinstance(said, Failed) and self.state is State.CANCELLING:
                    said = Cancelled(said.report)
                messages.append(said)
            if messages and isinstance(messages[-1], Finished | Cancelled | Failed):
                self.state = State.IDLE
        return messages

    def follow(self) -> Iterator[Message]:
        """The messages as they come, to the run's end: for programs that have nothing else to do meanwhile. This one waits."""
        while self.state is not State.IDLE:
            messages = self.poll()
            yield from messages
            if not messages:
                time.sleep(_PACE)

    def cancel(self) -> None:
        """End the run; :meth:`poll` says when it has ended, within a second wherever it is."""
        if self.state is State.RUNNING and self._worker is not None:
            self.state = State.CANCELLING
            self._worker.cancel(self._run, PATIENCE)

    def close(self) -> None:
        """Kill the worker. What it has not said yet is lost and it writes nothing more; the engine can be used again."""
        if self._worker is not None:
            self._worker.kill()
            with suppress(subprocess.TimeoutExpired):
                self._worker.process.wait(_LAST_BREATH)
        self._worker = None
        self._run += 1
        self.state = State.IDLE

    def _ending(self, gone: "_Gone") -> list[Message]:
        if self.state is State.IDLE:
            return []
        return [Cancelled(None) if self.state is State.CANCELLING else Failed(gone.message(), None)]


_ENGINE = 0


class _Gone:
    """The worker's process is over."""

    def __init__(self, code: int, lines: Sequence[str]):
        self.code = code
        self.lines = lines

    def message(self) -> str:
        """One line for the user."""
        if self.code in (-9, 137):
            return "the engine was killed, most likely because memory ran out; choose fewer slices or close other programs"
        last = next((line for line in reversed(self.lines) if line.strip()), "")
        return f"the engine stopped unexpectedly (exit code {self.code})" + (
            f": {last.strip()}" if last else ""
        )


class _Worker:
    """The process and the threads that listen to it."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]):
        self.messages: queue.SimpleQueue[tuple[int, Message | _Gone]] = queue.SimpleQueue()
        self._lines: deque[str] = deque(maxlen=_LAST_LINES)
        self._sending: queue.SimpleQueue[Frame | None] = queue.SimpleQueue()
        self._over: set[int] = set()
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
        self._errors = threading.Thread(
            target=self._listen_to_errors, args=(self.process.stderr,), daemon=True
        )
        self._errors.start()
        threading.Thread(target=self._listen, args=(self.process.stdout,), daemon=True).start()
        threading.Thread(target=self._talk, args=(self.process.stdin,), daemon=True).start()

    def send(self, frame: Frame) -> None:
        """Hand a frame to the thread that writes: a worker that is busy does not read, and its pipe may be full."""
        self._sending.put(frame)

    def cancel(self, run: int, patience: float) -> None:
        """Ask for the end of a run, and kill the process if it has not come after ``patience`` seconds."""
        self.send(Frame({"kind": "cancel", "run": run}))
        timer = threading.Timer(patience, lambda: None if run in self._over else self.kill())
        timer.daemon = True
        timer.start()

    def kill(self) -> None:
        """End the process at once."""
        self.process.kill()

    def _talk(self, stream: IO[bytes]) -> None:
        try:
            while frame := self._sending.get():
                write_frame(stream, frame)  # type: ignore[arg-type]
        except (OSError, ValueError):
            pass  # The process is over, and _listen says so.

    def _listen(self, stream: IO[bytes]) -> None:
        try:
            while frame := read_frame(stream):  # type: ignore[arg-type]
                message = read_message(frame)
                if isinstance(message, Finished | Cancelled | Failed):
                    self._over.add(frame.fields["run"])
                self.messages.put((frame.fields["run"], message))
        except (FrameError, OSError, ValueError) as error:
            self._lines.append(str(error))
            self.kill()
        code = self.process.wait()
        self._errors.join(timeout=1)
        self.alive = False
        self._sending.put(None)
        self.messages.put((_ENGINE, _Gone(code, list(self._lines))))

    def _listen_to_errors(self, stream: IO[bytes]) -> None:
        for line in stream:
            self._lines.append(line.decode(errors="replace"))


def _with_this_library(environment: dict[str, str]) -> dict[str, str]:
    """The worker imports the same HermesLib as its user, installed or not."""
    home = str(Path(__file__).resolve().parents[2])
    inherited = environment.get("PYTHONPATH")
    environment["PYTHONPATH"] = home if not inherited else os.pathsep.join([home, inherited])
    return environment


__all__ = ["Cancelled", "Engine", "Failed", "Finished", "Message", "Opened", "Ready", "State"]
