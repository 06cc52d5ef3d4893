"""How a worker's process ended, read from its exit code and its standard error.

In Slicer the worker is the child of a launcher (commontk/AppLauncher), which turns every crash into
exit code 1 and one line of its own. What killed the worker is then known from its last words alone:
Python's ``faulthandler`` announces a crash, and nothing announces a kill.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

#: Exit code of a worker that nobody has asked for anything for a while. Any code that neither
#: Python nor a shell uses.
IDLE_EXIT = 82
#: Exit code where the operating system killed a process, for memory as a rule: by signal, and by
#: the convention of shells.
_KILLED = (-9, 137)
#: How many of the last lines are kept.
_LINES = 30
#: Of ``faulthandler``, on POSIX and on Windows.
_FAULTS = ("Fatal Python error: ", "Windows fatal exception: ")
#: Of a library in C++ that gets no memory and gives up.
_NO_MEMORY = "std::bad_alloc"
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
        self.no_memory = self.no_memory or _NO_MEMORY in line
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
    """

    code: int
    words: LastWords

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

    def message(self) -> str:
        """One line for the user."""
        if self.kind is ExitKind.KILLED:
            return (
                "the engine was killed, most likely because memory ran out;"
                " choose fewer slices or close other programs"
            )
        if self.kind is ExitKind.CRASHED:
            return f"the engine crashed ({self.words.fault or f'signal {-self.code}'})"
        line = f"the engine stopped unexpectedly (exit code {self.code})"
        return f"{line}: {self.words.last}" if self.words.last else line
