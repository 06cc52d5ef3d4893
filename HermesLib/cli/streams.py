"""Standard streams that may be closed, full, or of another encoding."""

import os
import sys
from typing import Any, TextIO


def make_usable() -> None:
    """Open what is closed, so that no file takes its number, and let no message fail a run.

    What cannot be written on standard error is lost. Standard output raises: it may be a result.
    """
    # Takes the lowest free numbers: 0, 1 and 2 where these are closed.
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(number, True)
    os.close(number)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name) or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
        setattr(sys, name, stream)
    sys.stderr = _Forgiving(sys.stderr)


class _Forgiving:
    """A text stream that says nothing of what it could not write."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text, or lose it."""
        try:
            return self._stream.write(text)
        except (OSError, ValueError):
            return len(text)

    def flush(self) -> None:
        """Flush, or not."""
        try:
            self._stream.flush()
        except (OSError, ValueError):
            # Otherwise Python tries again when it ends, and ends with an error of its own.
            self._stream = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def give_up_stdout() -> None:
    """Send what is left in standard output nowhere, after it has failed."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, 1)
    os.close(devnull)
