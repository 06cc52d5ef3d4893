"""Result folders that are either complete or unchanged."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from HermesLib.errors import HermesError


@contextmanager
def staged_folder(target: Path) -> Iterator[Path]:
    """A temporary folder; its files move into ``target`` if the block ends without an exception.

    ``target`` is created only then, and other files in it stay. The temporary folder is on the
    target's own file system: moving is renaming, and an unwritable target fails before any work.

    Raises:
        HermesError: ``target`` is a file, or it cannot be written to.
    """
    target = Path(target).absolute()
    parent = next(folder for folder in (target, *target.parents) if folder.exists())
    if not parent.is_dir():
        raise HermesError(f"{parent.name} is a file; choose a folder for the results with -o")
    try:
        staging = Path(tempfile.mkdtemp(dir=parent, prefix=".hermes-"))
    except OSError as error:
        raise HermesError(
            f"cannot write to {parent} ({error.strerror}); choose another folder with -o"
        ) from error
    try:
        yield staging
        _publish(staging, target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _publish(staging: Path, target: Path) -> None:
    try:
        target.mkdir(parents=True, exist_ok=True)
        for path in sorted(staging.iterdir()):
            os.replace(path, target / path.name)
    except OSError as error:
        raise HermesError(f"cannot move the results to {target} ({error.strerror})") from error
