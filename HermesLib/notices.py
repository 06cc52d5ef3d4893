"""Notices: what a user must know of a run that goes on, wherever in the library it is found out.

:func:`notice` is called where something is found out, such as a series chosen among several, or a
mask that was resampled. Whoever started the work collects the notices with :func:`heard_by`: a run
passes them through the engine to the command line, the panel and the report.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Notice:
    """One line for the user.

    Attributes:
        kind: what it is about, for programs: words joined by hyphens, such as ``mask-resampled``.
        message: for people, in one line. It goes into the report, so it names roles ("the image",
            "the mask") and counts, never a file, a folder or anything else that may name a
            patient.
    """

    kind: str
    message: str


Listener = Callable[[Notice], None]

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


def notice(kind: str, message: str) -> None:
    """Give a notice to whoever collects them; where nobody does, it is logged as a warning."""
    listener = _listener.get()
    if listener is None:
        log_notice(Notice(kind, message))
    else:
        listener(Notice(kind, message))


@contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """Pass every notice of this thread to a listener, instead of an outer one.

    >>> heard = []
    >>> with heard_by(heard.append):
    ...     notice("mask-empty", "the mask is empty")
    >>> heard
    [Notice(kind='mask-empty', message='the mask is empty')]
    """
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


@contextmanager
def overheard_by(listener: Listener) -> Iterator[None]:
    """Pass every notice of this thread to a listener and, as before, to whoever collects them."""
    outer = _listener.get() or log_notice

    def both(given: Notice) -> None:
        listener(given)
        outer(given)

    with heard_by(both):
        yield


def log_notice(notice: Notice) -> None:
    """Log a notice as a warning."""
    logger.warning("%s", notice.message)
