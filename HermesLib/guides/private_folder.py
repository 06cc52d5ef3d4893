"""Temporary folders for a patient's image, which nobody else can read and which do not stay."""

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from HermesLib.errors import ComputerError
from HermesLib.io.owned_folder import owned_folder, sweep

_PARENT = "hermes-guides"
_ONLY_OWNER = 0o700


@contextmanager
def private_folder() -> Iterator[Path]:
    """A folder for this process, removed at the end.

    What an earlier process left, because it was killed, is removed first.

    Raises:
        ComputerError: it cannot be made.
    """
    try:
        parent = _parent()
        sweep(parent, lambda complete: None)
        with owned_folder(parent) as folder:
            yield folder
    except OSError as error:
        raise ComputerError(
            f"the temporary folder of the guide cannot be used: {error.strerror or error}"
        ) from error


def _parent() -> Path:
    """The folder of all guides of this user; nobody else reads it."""
    if os.name != "posix":
        parent = Path(tempfile.gettempdir()) / _PARENT
        parent.mkdir(exist_ok=True)
        return parent
    parent = Path(tempfile.gettempdir()) / f"{_PARENT}-{os.getuid()}"
    parent.mkdir(_ONLY_OWNER, exist_ok=True)
    found = parent.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise PermissionError(None, "another user has made one of its name")
    parent.chmod(_ONLY_OWNER)
    return parent
