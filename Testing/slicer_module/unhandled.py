"""Exceptions in slots of Qt and observers of VTK, which both swallow."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def nothing_unhandled() -> Iterator[None]:
    """Fail at the end if an exception reached the console."""
    messages: list[str] = []
    before = sys.excepthook
    sys.excepthook = lambda kind, error, trace: messages.append(
        f"{kind.__name__}: {error} ({trace.tb_frame.f_code.co_name})"
    )
    try:
        yield
    finally:
        sys.excepthook = before
    assert not messages, messages
