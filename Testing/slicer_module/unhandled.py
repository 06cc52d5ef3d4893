"""What reaches the console unhandled, from slots of Qt and observers of VTK, which swallow it otherwise."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def nothing_unhandled() -> Iterator[None]:
    """Fails at the end if an exception reached the console in between."""
    seen: list[str] = []
    before = sys.excepthook
    sys.excepthook = lambda kind, error, trace: seen.append(
        f"{kind.__name__}: {error} ({trace.tb_frame.f_code.co_name})"
    )
    try:
        yield
    finally:
        sys.excepthook = before
    assert not seen, seen
