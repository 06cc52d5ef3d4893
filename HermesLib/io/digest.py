"""Checksums of files. Imports no network library, so that a user interface can use it."""

import hashlib
from collections.abc import Iterable
from pathlib import Path


def file_sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def files_sha256(paths: Iterable[Path | str]) -> str:
    """Hexadecimal SHA-256 of the bytes of several files, in the order of their names."""
    digest = hashlib.sha256()
    for path in sorted(str(path) for path in paths):
        digest.update(Path(path).read_bytes())
    return digest.hexdigest()
