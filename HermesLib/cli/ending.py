"""How a command ends: one line on stderr, an exit code, and a clean end on signals."""

import os
import re
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from HermesLib.cli.streams import give_up_stdout
from HermesLib.errors import BAD_INPUT, COMPUTER

#: The signals that end a command after it has cleaned up; Python itself turns SIGINT into
#: KeyboardInterrupt. Their exit code is 128 and their number.
_ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
#: What an address may carry that is nobody's business: user and password, query, fragment.
_SECRETS = re.compile(
    r"""(\b[a-z][a-z0-9+.-]*://)  (?:[^\s/@'"]*@)?  ([^\s?\#'";,]*)  (?:[?\#][^\s'";]*)?""",
    re.IGNORECASE | re.VERBOSE,
)
#: Of a file or folder that is not what the user took it for.
_NAMED = (
    FileExistsError,
    FileNotFoundError,
    IsADirectoryError,
    NotADirectoryError,
    PermissionError,
)


class SignalledError(KeyboardInterrupt):
    """The process was asked to end by a signal.

    Attributes:
        number: of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


@contextmanager
def ending_signals() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into :class:`SignalledError`, unless somebody handles them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    taken = [number for number in _ENDING if signal.getsignal(number) is signal.SIG_DFL]
    for number in taken:
        signal.signal(number, _raise)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def _raise(number: int, _frame: FrameType | None) -> NoReturn:
    # A second signal must not break the cleaning up.
    signal.signal(number, signal.SIG_IGN)
    raise SignalledError(number)


def end(message: str, code: int, error: BaseException | None = None) -> int:
    """Print a message and an exception's notes in one line on stderr; gives the exit code."""
    notes = getattr(error, "__notes__", [])
    line = " ".join("; ".join([message, *notes]).split())
    print(f"hermes: {without_secrets(line)}", file=sys.stderr)
    return code


def without_secrets(text: str) -> str:
    """A text whose addresses have neither user and password nor query.

    >>> without_secrets("no answer from https://me:pw@host.org/a.pth?token=1; try again")
    'no answer from https://host.org/a.pth; try again'
    """
    return _SECRETS.sub(r"\1\2", text)


def os_error_code(error: OSError) -> int:
    """Bad input if a file or folder that was named is not what it should be, else the computer."""
    return BAD_INPUT if isinstance(error, _NAMED) else COMPUTER


def signal_words(number: int) -> str:
    """The name of a signal.

    >>> signal_words(9)
    'SIGKILL'
    """
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def print_closing(text: str) -> None:
    """Print the last words of a run, whose results are in files: they are whole without it."""
    try:
        print(text)
        sys.stdout.flush()
    except OSError as error:
        give_up_stdout()
        if not broken_pipe(error):
            reason = error.strerror or error
            print(f"hermes: the summary could not be printed ({reason})", file=sys.stderr)


def broken_pipe(error: OSError) -> bool:
    """Whether the reader of standard output has gone, as ``head`` does."""
    return isinstance(error, BrokenPipeError) or (os.name == "nt" and error.errno == 22)
