"""Signals that arrive in the middle of something that must not stop half-way."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

#: What users and systems end a program with.
_SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


@contextmanager
def late_signals() -> Iterator[None]:
    """Deliver SIGINT, SIGTERM and SIGHUP after the block, not within it.

    Python delivers signals to the main thread; in another one this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    arrived: list[int] = []
    before: dict[int, Any] = {}
    for number in _SIGNALS:
        if signal.getsignal(number) not in (None, signal.SIG_IGN):
            before[number] = signal.signal(number, lambda got, _frame: arrived.append(got))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for number in arrived:
        signal.raise_signal(number)
