"""What the worker sends: messages from its main thread, and a sign of life from another one."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from HermesLib.engine.messages import NO_RUN, Alive, message_frame
from HermesLib.engine.wire import Frame, write_frame
from HermesLib.outside_work import outside_work

#: Seconds between two signs of life.
_PULSE = 2.0


class Answers:
    """Writes whole frames, whichever thread they come from.

    Args:
        stream: the pipe to the client.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._working = threading.Event()
        threading.Thread(target=self._show_life, daemon=True).start()

    def write(self, frame: Frame) -> None:
        """Write a frame."""
        with self._lock:
            write_frame(self._stream, frame)

    @contextmanager
    def alive(self) -> Iterator[None]:
        """Send :class:`Alive` every now and then for as long as the block lasts."""
        self._working.set()
        try:
            yield
        finally:
            self._working.clear()

    def _show_life(self) -> None:
        while self._working.wait():
            try:
                self.write(message_frame(NO_RUN, Alive(_work())))
            except OSError:
                return  # The client has gone; so will this process.
            time.sleep(_PULSE)


def _work() -> float:
    """Seconds that this process has computed, or waited for a program with its own time limit."""
    return time.process_time() + outside_work.seconds
