"""Checksums of files. Imports no network library, so that a user interface can use it."""

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import IO

#: Bytes of a file that takes time to read.
_LARGE = 10_000_000


def file_sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class DigestedStream:
    """A file's bytes, whose checksum is taken while they are read.

    Args:
        stream: of the file, at its beginning.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._digest = hashlib.sha256()

    def read(self, count: int = -1) -> bytes:
        """The next bytes."""
        content = self._stream.read(count)
        self._digest.update(content)
        return content

    def finish(self) -> str:
        """Hexadecimal SHA-256 of the whole file; what has not been read is read now."""
        while self.read(_LARGE):
            pass
        return self._digest.hexdigest()


def files_sha256(paths: Iterable[Path | str]) -> str:
    """Hexadecimal SHA-256 of the bytes of several files, in the order of their names."""
    digest = hashlib.sha256()
    for path in sorted(str(path) for path in paths):
        digest.update(Path(path).read_bytes())
    return digest.hexdigest()


def folder_sha256(folder: Path) -> str:
    """Hexadecimal SHA-256 of all files in a folder and below: their places and their bytes.

    A large file that keeps its size and time is not read again by this process: a folder of
    weights is the same for every volume of a cohort.
    """
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(folder).as_posix()}\0".encode())
        state = path.stat()
        if state.st_size < _LARGE:
            digest.update(file_sha256(path).encode())
        else:
            digest.update(_known_sha256(path, state.st_size, state.st_mtime_ns).encode())
    return digest.hexdigest()


@cache
def _known_sha256(path: Path, _size: int, _changed: int) -> str:
    return file_sha256(path)
