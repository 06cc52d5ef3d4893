"""Temporary folders that the next run removes where their owner was killed.

An owner holds a lock on a file inside. The system releases it however the process ends, so a
folder whose lock can be had belongs to nobody.
"""

import platform
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from filelock import FileLock, Timeout

from HermesLib.io.whole_file import TEMPORARY, temporary_name

#: The file that the owner locks; it names the computer, as locks may not reach another one.
OWNER = ".owner"
#: A folder inside that is kept, also after an error: whole results on their way to their place.
COMPLETE = "complete"
#: An empty folder without an owner is left alone for so long, seconds: it may just be made.
_NEW = 3600.0


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder in the system's temporary one, which only this user can read.

    It is removed at the end. What killed processes left there goes, too.

    Raises:
        OSError: it cannot be made.
    """
    parent = Path(tempfile.gettempdir())
    _sweep_once(parent)
    with owned_folder(parent, mode=0o700) as folder:
        yield folder


@cache
def _sweep_once(parent: Path) -> None:
    """Remove what killed processes left, once in a process."""
    sweep(parent, lambda complete: None)


@contextmanager
def owned_folder(parent: Path, mode: int = 0o777) -> Iterator[Path]:
    """A temporary folder in ``parent`` for this process.

    It is removed at the end, unless it still holds a folder :data:`COMPLETE`.

    Args:
        parent: an existing folder.
        mode: the rights that the user's mask may limit.

    Raises:
        OSError: it cannot be made.
    """
    folder, lock = _make(parent, mode)
    try:
        yield folder
    finally:
        if not (folder / COMPLETE).exists():
            shutil.rmtree(folder, ignore_errors=True)
        lock.release()


def sweep(parent: Path, rescue: Callable[[Path], None]) -> None:
    """Remove what killed processes left in a folder; what others use stays, and what is not ours.

    Args:
        parent: where :func:`owned_folder` made folders.
        rescue: is given every folder :data:`COMPLETE` without an owner, before it is removed.
    """
    if not parent.is_dir():
        return
    with suppress(OSError):
        found = [path for path in parent.iterdir() if path.name.startswith(TEMPORARY)]
        folders = [path for path in found if path.is_dir() and not path.is_symlink()]
        for folder in sorted(folders, key=lambda path: path.stat().st_mtime):
            # One that another user alone can read, or that is removed meanwhile, hinders no other.
            with suppress(OSError):
                _sweep_folder(folder, rescue)


def _make(parent: Path, mode: int) -> tuple[Path, FileLock]:
    while True:
        folder = parent / temporary_name()
        folder.mkdir(mode)
        lock = FileLock(folder / OWNER, timeout=0)
        try:
            (folder / OWNER).write_text(platform.node(), encoding="utf-8")
            lock.acquire()
        except (Timeout, FileNotFoundError):
            # Another process has swept the folder before it had its owner.
            continue
        except NotImplementedError:
            # A file system without locks: nobody can say whose the folder is, and it stays.
            (folder / OWNER).unlink(missing_ok=True)
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return folder, lock


def _sweep_folder(folder: Path, rescue: Callable[[Path], None]) -> None:
    owner = folder / OWNER
    if not owner.is_file():
        # Of an earlier version, or about to get its owner. Only an empty folder can be removed so.
        if folder.stat().st_mtime < time.time() - _NEW:
            with suppress(OSError):
                folder.rmdir()
        return
    if owner.read_text(encoding="utf-8") != platform.node():
        return
    lock = FileLock(owner, timeout=0)
    try:
        lock.acquire()
    except (Timeout, OSError, NotImplementedError):
        return
    try:
        if (folder / COMPLETE).is_dir():
            rescue(folder / COMPLETE)
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        lock.release()
