"""A guide's program as a process: its lines, its time limit, its end."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO

from HermesLib.errors import HermesError
from HermesLib.guides.request import GuideCancelled
from HermesLib.outside_work import outside_work
from HermesLib.threads import thread_settings

#: How often cancel and time limit are looked at, seconds.
_TURN = 0.1
#: A program that says nothing is reported alive as often, seconds.
_SIGN_OF_LIFE = 2.0
#: How many of the last lines are kept, for a message.
_LINES = 30
#: How long the last lines of a program that has ended may take, seconds; what it left behind may
#: keep its output open for ever.
_LAST_WORDS = 1.0
#: How long to wait for a process to exit, seconds; it takes a few milliseconds.
_EXIT_TIMEOUT = 5.0
#: What names another interpreter's files.
_PYTHON_PATHS = ("PYTHONPATH", "PYTHONHOME", "PYTHONNOUSERSITE", "PYTHONEXECUTABLE")
#: Where Slicer's launcher puts Slicer's own libraries, which another interpreter must not load.
_LIBRARY_PATHS = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FRAMEWORK_PATH")


def run_process(
    command: Sequence[str],
    folder: Path,
    time_limit: float,
    is_cancelled: Callable[[], bool],
    progress: Callable[[str], None],
) -> tuple[int, str]:
    """Run a program to its end; whatever ends this function ends the program and its children.

    Args:
        command: its first word is the interpreter.
        folder: the working directory.
        time_limit: seconds.
        is_cancelled, progress: as in :class:`HermesLib.guides.request.GuideRequest`.

    Returns:
        Its exit code and its last line.

    Raises:
        HermesError: it cannot be started, or takes longer than the time limit.
        GuideCancelled: ``is_cancelled`` said so.
    """
    process = _start(command, folder)
    lines: deque[str] = deque(maxlen=_LINES)
    unsaid: SimpleQueue[str] = SimpleQueue()
    assert process.stdout
    arguments = (process.stdout, lines, unsaid)
    reader = threading.Thread(target=_read_lines, args=arguments, daemon=True)
    reader.start()
    end = time.monotonic() + time_limit
    spoken = time.monotonic()
    try:
        with outside_work.going_on(lambda: _kill(process)):
            while process.poll() is None:
                if is_cancelled():
                    raise GuideCancelled
                now = time.monotonic()
                if now > end:
                    raise HermesError(f"it took longer than {time_limit / 60:.4g} minutes")
                if _say(unsaid, progress):
                    spoken = now
                elif now > spoken + _SIGN_OF_LIFE:
                    spoken = now
                    progress(lines[-1] if lines else "")
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_TURN)
        reader.join(_LAST_WORDS)
        _say(unsaid, progress)
        return process.returncode, lines[-1] if lines else ""
    finally:
        _end(process, reader)


def _start(command: Sequence[str], folder: Path) -> subprocess.Popen[str]:
    try:
        return subprocess.Popen(
            command,
            cwd=folder,
            env=_environment(command[0]),
            stdin=subprocess.PIPE,  # Closes when this process ends, however it ends.
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            start_new_session=os.name == "posix",
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        raise HermesError(
            f"its interpreter cannot be started: {error.strerror or error}; see --guide-python"
        ) from error


def _environment(interpreter: str) -> dict[str, str]:
    """This process's variables, without what would make another interpreter load this one's."""
    environment = {**os.environ, **thread_settings(os.environ), "PYTHONUNBUFFERED": "1"}
    if interpreter != sys.executable:
        foreign = _PYTHON_PATHS + (_LIBRARY_PATHS if "SLICER_HOME" in environment else ())
        for name in foreign:
            environment.pop(name, None)
    return environment


def _say(unsaid: SimpleQueue[str], progress: Callable[[str], None]) -> bool:
    """Pass on every line that was not; whether there was one."""
    said = False
    with suppress(Empty):
        while True:
            progress(unsaid.get_nowait())
            said = True
    return said


def _read_lines(stream: IO[str], lines: deque[str], unsaid: SimpleQueue[str]) -> None:
    # Progress bars end their lines by a carriage return, which counts as a line's end here.
    with suppress(OSError, ValueError):
        for line in stream:
            if line.strip():
                lines.append(line.strip())
                unsaid.put(line.strip())


def _kill(process: subprocess.Popen[str]) -> None:
    """Kill the program with the processes that it started."""
    with suppress(OSError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        elif process.poll() is None:
            subprocess.run(
                ["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False
            )


def _end(process: subprocess.Popen[str], reader: threading.Thread) -> None:
    """End the program with the processes that it started, and close its pipes."""
    _kill(process)
    with suppress(subprocess.TimeoutExpired):
        process.wait(_EXIT_TIMEOUT)
    reader.join(_TURN)
    # A process that has left the group may hold the pipe; its reader would keep this one waiting.
    streams = [process.stdin] if reader.is_alive() else [process.stdin, process.stdout]
    for stream in streams:
        with suppress(OSError):
            if stream is not None:
                stream.close()
