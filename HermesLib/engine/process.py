"""The worker's process as its client sees it, and the threads that write to it and read from it."""

import os
import queue
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from HermesLib.engine.exit import LastWords, WorkerExit, memory_kills
from HermesLib.engine.messages import (
    NO_RUN,
    Cancelled,
    Failed,
    Finished,
    Message,
    cancel_frame,
    quit_frame,
    read_message,
)
from HermesLib.engine.wire import Frame, FrameError, read_frames, write_frame
from HermesLib.errors import HermesError
from HermesLib.threads import thread_settings

#: How much longer than a cancelled run may take, seconds, the client waits for a worker that ends
#: itself.
ABANDON_AFTER = 0.3
#: How long a process may take to end itself, and once more after a kill, seconds; it takes a few
#: milliseconds, and more on a busy machine.
_EXIT_TIMEOUT = 2.0


class WorkerProcess:
    """The process, and the threads that write to it and read from it.

    A kill may reach a launcher only, so the worker ends itself: on a frame that says so, and when
    its standard input closes.

    Args:
        command: starts it.
        environment: variables to add to this process's own.

    Raises:
        HermesError: it cannot be started.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.messages: queue.SimpleQueue[tuple[int, Message | WorkerExit]] = queue.SimpleQueue()
        self._words = LastWords()
        self._sending: queue.SimpleQueue[Frame | None] = queue.SimpleQueue()
        self._ended_runs: set[int] = set()
        self._over = threading.Lock()
        self.alive = True
        self._memory_kills = memory_kills()
        try:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=_with_this_library(_with_threads({**os.environ, **environment})),
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

    def cancel(self, run: int, patience: float) -> None:
        """Cancel a run; the worker ends itself if the run has not ended after ``patience`` seconds.

        A worker that does not even do that is given up.
        """
        self.send(cancel_frame(run, patience))
        timer = threading.Timer(patience + ABANDON_AFTER, self._abandon_unless_ended, (run,))
        timer.daemon = True
        timer.start()

    def end(self) -> None:
        """Let the process end itself, and kill it if it does not.

        A worker that is killed cannot end the guide's program that works for it.
        """
        self.send(quit_frame())
        self._sending.put(None)  # Closes the worker's standard input.
        for _ in range(2):
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(_EXIT_TIMEOUT)
                return
            self.process.kill()

    def _abandon_unless_ended(self, run: int) -> None:
        if run not in self._ended_runs:
            self._report_exit(-9)
            self.end()

    def _report_exit(self, code: int) -> None:
        with self._over:
            if self.alive:
                self.alive = False
                self.messages.put((NO_RUN, WorkerExit(code, self._words, self._was_short())))

    def _was_short(self) -> bool | None:
        """Whether the system has killed a process for want of memory since this one started."""
        now = memory_kills()
        return None if now is None or self._memory_kills is None else now > self._memory_kills

    def _write_frames(self, stream: IO[bytes]) -> None:
        with suppress(OSError, ValueError):
            while frame := self._sending.get():
                write_frame(stream, frame)  # type: ignore[arg-type]
        # Where a frame cannot be written, the process has exited; _read_messages reports it.
        with suppress(OSError, ValueError):
            stream.close()

    def _read_messages(self, stream: IO[bytes]) -> None:
        try:
            for frame in read_frames(stream.read1):  # type: ignore[attr-defined]
                message = read_message(frame)
                if isinstance(message, Finished | Cancelled | Failed):
                    self._ended_runs.add(frame.fields["run"])
                self.messages.put((frame.fields["run"], message))
        except (FrameError, OSError, ValueError) as error:
            self._words.add(str(error))
            self.end()
        code = self.process.wait()
        self._error_reader.join(timeout=1)
        self._sending.put(None)
        self._report_exit(code)

    def _read_errors(self, stream: IO[bytes]) -> None:
        for line in stream:
            self._words.add(line.decode(errors="replace"))


def _start_thread(target: Callable[[Any], None], stream: IO[bytes]) -> threading.Thread:
    thread = threading.Thread(target=target, args=(stream,), daemon=True)
    thread.start()
    return thread


def _with_threads(environment: dict[str, str]) -> dict[str, str]:
    """The environment, with how threads wait and how many there are."""
    return {**environment, **thread_settings(environment)}


def _with_this_library(environment: dict[str, str]) -> dict[str, str]:
    """The environment in which a worker imports the same HermesLib as this process."""
    home = str(Path(__file__).resolve().parents[2])
    inherited = environment.get("PYTHONPATH")
    environment["PYTHONPATH"] = home if not inherited else os.pathsep.join([home, inherited])
    return environment
