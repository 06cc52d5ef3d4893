"""Bytes of a run that need not stay in memory."""

import tempfile
from contextlib import suppress
from threading import Lock
from typing import IO

#: What stays in memory, bytes: an MR of 24 slices of 384 x 384 takes 7 MB.
MOST_IN_MEMORY = 32 * 2**20


class Scratch:
    """A store that grows at its end and is read anywhere: in memory, then in a temporary file.

    The file has no name where the system allows it, and goes with this object. Without room for it,
    everything stays in memory.

    Args:
        most_in_memory: bytes from which on the file is used; by default :data:`MOST_IN_MEMORY`.
    """

    def __init__(self, most_in_memory: float | None = None) -> None:
        self._limit = MOST_IN_MEMORY if most_in_memory is None else most_in_memory
        self._memory = bytearray()
        self._file: IO[bytes] | None = None
        self._size = 0
        self._lock = Lock()

    def __len__(self) -> int:
        return self._size

    @property
    def memory_bytes(self) -> int:
        """What is in memory."""
        return len(self._memory)

    def append(self, content: bytes) -> int:
        """Store bytes at the end; gives the place where they begin."""
        with self._lock:
            start = self._size
            if self._file is None and start + len(content) > self._limit:
                self._open()
            if self._file is None:
                self._memory += content
            else:
                self._write(self._file, content)
            self._size += len(content)
            return start

    def read(self, start: int, count: int) -> bytes:
        """``count`` bytes from ``start`` on."""
        with self._lock:
            if self._file is None:
                return bytes(self._memory[start : start + count])
            self._file.seek(start)
            return self._file.read(count)

    def _open(self) -> None:
        try:
            self._file = tempfile.TemporaryFile(prefix=".hermes-")  # noqa: SIM115
        except OSError:
            self._limit = float("inf")
            return
        content, self._memory = self._memory, bytearray()
        self._write(self._file, bytes(content))

    def _write(self, file: IO[bytes], content: bytes) -> None:
        """Write to the end of the file; where the disk is full, all goes back into memory."""
        end = file.seek(0, 2)
        try:
            file.write(content)
            file.flush()
        except OSError:
            file.seek(0)
            self._memory = bytearray(file.read(end) + content)
            self._limit, self._file = float("inf"), None
            with suppress(OSError):
                file.close()
