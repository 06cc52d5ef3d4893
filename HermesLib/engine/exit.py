"""How a worker's process ended, read from its exit code and its standard error.

In Slicer the worker is the child of a launcher (commontk/AppLauncher), which turns every crash into
exit code 1 and one line of its own. What killed the worker is then known from its last words alone:
Python's ``faulthandler`` announces a crash, and nothing announces a kill.
"""

import signal
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from HermesLib.errors import COMPUTER, DEFECT, OUT_OF_MEMORY

#: Exit code of a worker that nobody has asked for anything for a while. Any code that neither
#: Python nor a shell uses.
IDLE_EXIT = 82
#: Exit code where the operating system killed a process, for memory as a rule: by signal, and by
#: the convention of shells.
_KILLED = (-9, 137)
#: Shells add this to a signal's number.
_SHELL_SIGNALS = 128
#: What a user can do about it.
_LESS = "choose fewer slices or close other programs"
#: Where Linux counts the processes that it has killed for want of memory.
_KILL_COUNTS = (
    Path("/proc/vmstat"),
    Path("/sys/fs/cgroup/memory.events"),
    Path("/sys/fs/cgroup/memory/memory.oom_control"),
)
#: How many of the last lines are kept.
_LINES = 30
#: Of ``faulthandler``, on POSIX and on Windows.
_FAULTS = ("Fatal Python error: ", "Windows fatal exception: ")
#: Of a library, the loader or Python that gets no memory and gives up.
_NO_MEMORY = (
    "std::bad_alloc",
    "Cannot allocate memory",
    "cannot allocate memory",
    "can't allocate memory",
    "MemoryError",
    "memory allocation of",
    "Resource temporarily unavailable",
    "failed to map segment from shared object",
)
#: Of the launcher, ``ctkAppLauncherPrivate::applicationFinished``.
_LAUNCHER_CRASH = "exit abnormally - Report the problem"


class ExitKind(StrEnum):
    """Why a worker's process ended."""

    KILLED = "killed"
    CRASHED = "crashed"
    IDLE = "idle"
    OTHER = "other"


class LastWords:
    """What a worker wrote on its standard error: the last lines, and what tells a crash."""

    def __init__(self, lines: Iterable[str] = ()) -> None:
        self._lines: deque[str] = deque(maxlen=_LINES)
        self.fault = ""
        self.no_memory = False
        self.launcher_saw_a_crash = False
        for line in lines:
            self.add(line)

    def add(self, line: str) -> None:
        """Take a line."""
        line = line.strip()
        for mark in _FAULTS:
            if line.startswith(mark) and not self.fault:
                self.fault = line.removeprefix(mark)
        self.no_memory = self.no_memory or any(words in line for words in _NO_MEMORY)
        if _LAUNCHER_CRASH in line:
            self.launcher_saw_a_crash = True
        elif line:
            self._lines.append(line)

    @property
    def last(self) -> str:
        """The last line that has text; not the launcher's."""
        return self._lines[-1] if self._lines else ""


@dataclass(frozen=True)
class WorkerExit:
    """The end of a worker's process.

    Attributes:
        code: its exit code, or its launcher's.
        words: what it wrote on its standard error.
        memory_was_short: whether the system has killed a process for want of memory while this one
            ran; None where the system does not tell.
    """

    code: int
    words: LastWords
    memory_was_short: bool | None = None

    @property
    def kind(self) -> ExitKind:
        """Why the process ended."""
        if self.code == IDLE_EXIT:
            return ExitKind.IDLE
        if self.words.no_memory:
            return ExitKind.KILLED
        if self.words.fault:
            return ExitKind.CRASHED
        if self.code in _KILLED or self.words.launcher_saw_a_crash:
            return ExitKind.KILLED
        return ExitKind.CRASHED if self.code < 0 else ExitKind.OTHER

    @property
    def for_memory(self) -> bool:
        """Whether a process that was killed has ended for want of memory, as far as one knows."""
        return self.words.no_memory or self.memory_was_short is not False

    @property
    def exit_code(self) -> int:
        """The exit code of a command that ends with this, see :mod:`HermesLib.errors`."""
        if self.kind is not ExitKind.KILLED:
            return DEFECT
        return OUT_OF_MEMORY if self.for_memory else COMPUTER

    def message(self) -> str:
        """One line for the user."""
        if self.words.no_memory:
            return f"memory ran out in the engine; {_LESS}"
        if self.kind is ExitKind.KILLED:
            killed = "the engine was killed"
            if self.memory_was_short is None:
                return f"{killed}, most likely because memory ran out; {_LESS}"
            if self.memory_was_short:
                return f"{killed} because memory ran out; {_LESS}"
            by = f" ({self._signal_words})" if self._signal_words else ""
            return (
                f"{killed}{by}, though the system reports no want of memory; run again, or choose"
                " fewer slices"
            )
        if self.kind is ExitKind.CRASHED:
            return f"the engine crashed ({self.words.fault or self._signal_words})"
        line = f"the engine stopped unexpectedly (exit code {self.code})"
        return f"{line}: {self.words.last}" if self.words.last else line

    @property
    def _signal_words(self) -> str:
        """The signal's name; empty behind a launcher, which hides it."""
        if 0 <= self.code <= _SHELL_SIGNALS:
            return ""
        number = -self.code if self.code < 0 else self.code - _SHELL_SIGNALS
        try:
            return signal.Signals(number).name
        except ValueError:
            return f"signal {number}"


def memory_kills() -> int | None:
    """How many processes the system has killed for want of memory; None where it does not say."""
    counts = []
    for path in _KILL_COUNTS:
        try:
            lines = path.read_text(encoding="ascii").splitlines()
        except (OSError, ValueError):
            continue
        counts += [int(line.split()[1]) for line in lines if line.startswith("oom_kill ")]
    return sum(counts) if counts else None
