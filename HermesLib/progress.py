"""How far a long call of a model is, and where a run that is cancelled ends it.

A model that segments a whole volume answers once in minutes. It calls :func:`progress` for each
part that is done. Whoever started the work follows it with :func:`followed_by`: a run passes the
lines through the engine to the command line and the panel.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Listener = Callable[[str], None]

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
