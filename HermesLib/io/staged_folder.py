"""Result folders that are either whole or as they were before."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from HermesLib.errors import HermesError


@contextmanager
def staged_folder(target: Path) -> Iterator[Path]:
    """A temporary folder whose files are moved into ``target`` when the block ends well, and thrown away when it does not.

    ``target`` is created only then; other files in it stay. The temporary folder lies on the target's own file system, so that
    moving is renaming, and an unwritable target is known before any work is done.

    Raises:
        HermesError: ``target`` is a file, or nothing may be written there.
    """
    target = Path(target).absolute()
    home = next(folder for folder in (target, *target.parents) if folder.exists())
    if not home.is_dir():
        raise HermesError(f"{home.name} is a file; choose a folder for the results with -o")
    try:
        staging = Path(tempfile.mkdtemp(dir=home, prefix=".hermes-"))
    except OSError as error:
        raise HermesError(
            f"nothing can be written to {home} ({error.strerror}); choose another folder with -o"
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
        raise HermesError(f"the results cannot be moved to {target} ({error.strerror})") from error
