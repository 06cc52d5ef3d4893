"""Files that are either whole or not there: written beside their place, checked, then renamed."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from HermesLib.errors import ComputerError, HermesError

#: Start of the names of everything temporary in a user's folders.
TEMPORARY = ".hermes-"

#: The writers of these files go by both parts of the suffix.
_DOUBLE_SUFFIXES = (".nii.gz", ".seg.nrrd")


def temporary_name(suffix: str = "") -> str:
    """A name that nobody uses. Made by hand, as ``tempfile`` gives others no right to read."""
    return f"{TEMPORARY}{secrets.token_hex(6)}{suffix}"


@contextmanager
def whole_file(path: Path, check: Callable[[Path], object] | None = None) -> Iterator[Path]:
    """A temporary path of the same suffix; it takes the place of ``path`` if the block succeeds.

    Before that, what was written is forced to the disk, so that a full disk or a lost one is an
    error here, and ``check`` may read it back. A file at ``path`` stays as it was until then.

    Args:
        path: where the file is to be.
        check: raises HermesError if the file that was written is not the one that was meant.

    Raises:
        ComputerError: the disk is full or fails; ``path`` is a folder.
        HermesError: the folder cannot be written to.
    """
    double = path.name.lower().endswith(_DOUBLE_SUFFIXES)
    suffix = "".join(path.suffixes[-2:]) if double else path.suffix
    if path.is_dir():
        raise HermesError(f"{path.name} is a folder; choose another name")
    temporary = path.with_name(temporary_name(suffix))
    try:
        temporary.touch(exist_ok=False)
    except FileNotFoundError as error:
        raise HermesError(f"there is no folder {path.parent}") from error
    except OSError as error:
        raise write_error(path.name, error) from error
    try:
        try:
            yield temporary
            to_disk(temporary)
            if check is not None:
                check(temporary)
            temporary.replace(path)
        except OSError as error:
            raise write_error(path.name, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a text (as UTF-8) or bytes as a whole file.

    Raises:
        HermesError: see :func:`whole_file`.
    """
    content = content.encode() if isinstance(content, str) else content
    with whole_file(path, lambda written: _require_bytes(written, content)) as temporary:
        temporary.write_bytes(content)


def to_disk(path: Path) -> None:
    """Wait until a file's content is on the disk.

    Raises:
        OSError: it could not be stored.
    """
    with open(path, "rb+") as stream:
        os.fsync(stream.fileno())


def write_error(name: str, error: OSError) -> HermesError:
    """The error for a file that could not be written: bad permissions, or the computer's fault."""
    reason = error.strerror or str(error)
    if isinstance(error, PermissionError | NotADirectoryError):
        return HermesError(f"{name} cannot be written ({reason}); choose another folder")
    return ComputerError(f"{name} could not be written whole ({reason}); free space and try again")


def _require_bytes(path: Path, content: bytes) -> None:
    if path.read_bytes() != content:
        raise ComputerError("what was written differs from what was meant; check the disk")
