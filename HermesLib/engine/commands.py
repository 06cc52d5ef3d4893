"""What the worker is asked for: requests in their order, and commands that take effect at once."""

import os
import queue
import threading
from typing import BinaryIO

from HermesLib.engine.exit import IDLE_EXIT
from HermesLib.engine.wire import Frame, FrameError, read_frames
from HermesLib.outside_work import outside_work


class Commands:
    """Incoming frames, read on a thread of their own.

    Requests wait in a queue. ``cancel`` takes effect at once: a run that has not ended when the
    client's patience is over ends with the process. ``quit`` and the end of input end the process.
    A guide's program that works for it ends first.
    Nothing else can: in Slicer a kill reaches the launcher that waits for this process.

    Args:
        stream: brings the frames.
        idle: the process ends after so many seconds without a request; None for never.
    """

    def __init__(self, stream: BinaryIO, idle: float | None = None) -> None:
        self._stream = stream
        self._idle = idle
        self._waiting: queue.SimpleQueue[Frame] = queue.SimpleQueue()
        self._cancelled: set[int] = set()
        self._ended: set[int] = set()
        threading.Thread(target=self._read, daemon=True).start()

    def next(self) -> Frame:
        """Wait for the next request."""
        try:
            return self._waiting.get(timeout=self._idle)
        except queue.Empty:
            os._exit(IDLE_EXIT)

    def is_cancelled(self, run: int) -> bool:
        """Whether the user has cancelled this run."""
        return run in self._cancelled

    def ended(self, run: int) -> None:
        """A run has sent its last message."""
        self._ended.add(run)

    def _read(self) -> None:
        try:
            for frame in read_frames(self._stream.read1):  # type: ignore[attr-defined]
                kind = frame.fields["kind"]
                if kind == "quit":
                    break
                if kind == "cancel":
                    self._cancel(frame.fields["run"], frame.fields["patience"])
                else:
                    self._waiting.put(frame)
        except (FrameError, OSError):
            pass  # The client ended in the middle of a frame.
        # Nobody reads the answers any more.
        _exit()

    def _cancel(self, run: int, patience: float) -> None:
        self._cancelled.add(run)
        timer = threading.Timer(patience, self._exit_unless_ended, (run,))
        timer.daemon = True
        timer.start()

    def _exit_unless_ended(self, run: int) -> None:
        if run not in self._ended:
            _exit()


def _exit() -> None:
    """End the process at once, and the guide's program that works for it."""
    outside_work.end()
    os._exit(0)
