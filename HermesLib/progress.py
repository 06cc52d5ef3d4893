"""How far a long call of a model is, and where a run that is cancelled ends it.

A model that segments a whole volume answers once in minutes. It calls :func:`progress` for each
part that is done. Whoever started the work follows it with :func:`followed_by`: a run passes the
lines through the engine to the command line and the panel.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Listener = Callable[[str], None]

#: From so many seconds on, minutes are said; from so many minutes on, hours.
_MINUTES_FROM, _HOURS_FROM = 100.0, 100.0

_listener: ContextVar[Listener | None] = ContextVar("progress", default=None)


def progress(line: str) -> None:
    """Say how far a call is, in a line for the user; what the listener raises ends the call."""
    listener = _listener.get()
    if listener is not None:
        listener(line)


@contextmanager
def followed_by(listener: Listener) -> Iterator[None]:
    """Pass the lines of this thread to a listener, instead of an outer one.

    >>> heard = []
    >>> with followed_by(heard.append):
    ...     progress("3 of 9 slices propagated")
    >>> heard
    ['3 of 9 slices propagated']
    """
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def time_words(seconds: float) -> str:
    """A time in words, in the unit that a reader expects.

    >>> time_words(42.4), time_words(130), time_words(9000)
    ('42 s', '2 min', '2.5 h')
    """
    if seconds < _MINUTES_FROM:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < _HOURS_FROM else f"{minutes / 60:.1f} h"
