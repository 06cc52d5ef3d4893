"""Result folders that are either complete or unchanged.

New results are written and checked beside the old ones. A new folder appears by one rename. In a
folder that exists, one rename declares the new files complete; then each takes its place, the
report last. Where a process is killed in between, the next run in the folder, or the next reader
(:mod:`HermesLib.runs.stored`), moves the rest: old results are whole until the new ones are.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from HermesLib.errors import ComputerError, HermesError
from HermesLib.io.late_signals import late_signals
from HermesLib.io.owned_folder import COMPLETE, owned_folder, sweep
from HermesLib.io.whole_file import TEMPORARY, to_disk, write_error

#: The file that says which others belong to it; it takes its place last.
MANIFEST = "report.json"
_RESULTS = "results"
#: Held while files take their places, so that two runs do not mix theirs.
_LOCK = ".hermes.lock"
_LOCK_SECONDS = 60.0


@contextmanager
def staged_folder(target: Path, names: Sequence[str] = ()) -> Iterator[Path]:
    """A temporary folder; its files move into ``target`` if the block ends without an exception.

    ``target`` is created only then, and other files in it stay. The temporary folder is on the
    target's own file system: moving is renaming, and an unwritable target fails before any work.
    What killed runs left there is removed.

    Args:
        target: the folder.
        names: of files that will be written, to be refused before the work where they cannot be.

    Raises:
        HermesError: ``target`` is a file, cannot be written to, or has a folder of a file's name.
        ComputerError: the disk is full or fails.
    """
    target = Path(target).absolute()
    parent = next(folder for folder in (target, *target.parents) if folder.exists())
    if not parent.is_dir():
        raise HermesError(f"{parent.name} is a file; choose a folder for the results with -o")
    finish_moves(parent)
    _require_room(target, names)
    published = False
    try:
        with ExitStack() as stack:
            try:
                results = stack.enter_context(owned_folder(parent)) / _RESULTS
                results.mkdir()
            except OSError as error:
                raise _cannot_write(parent, error) from error
            yield results
            with late_signals():
                _publish(results, target)
                published = True
    except BaseException as error:
        if published:
            error.add_note(f"the results are complete in {target}")
        elif not isinstance(error, HermesError):
            error.add_note("nothing was written")
        raise


def finish_moves(folder: Path) -> None:
    """Move what a killed run had declared complete to its place, and remove what else it left.

    A folder that cannot be written to stays as it is.
    """
    if not _has_remains(folder):
        return
    # Whoever holds the lock does the same.
    with suppress(Timeout, OSError), _lock(folder, seconds=0):
        sweep(folder, lambda complete: _move(complete, folder))


def _has_remains(folder: Path) -> bool:
    with suppress(OSError):
        return any(path.name.startswith((TEMPORARY, _LOCK)) for path in folder.iterdir())
    return False


def _cannot_write(parent: Path, error: OSError) -> HermesError:
    if isinstance(write_error("", error), ComputerError):
        return ComputerError(f"cannot write to {parent} ({error.strerror})")
    return HermesError(
        f"cannot write to {parent} ({error.strerror}); choose another folder with -o"
    )


def _publish(results: Path, target: Path) -> None:
    """Move checked results to their place."""
    try:
        for path in results.iterdir():
            to_disk(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            # Fails where a folder with files has appeared in the meantime.
            with suppress(OSError):
                results.rename(target)
                return
        with _lock(target), owned_folder(target) as owned:
            sweep(target, lambda complete: _move(complete, target))
            _require_room(target, [path.name for path in results.iterdir()])
            results.rename(owned / COMPLETE)
            _move(owned / COMPLETE, target)
    except Timeout as error:
        raise ComputerError(
            f"another run has been moving its results to {target} for {_LOCK_SECONDS:.0f} s"
        ) from error
    except OSError as error:
        raise ComputerError(
            f"the results could not be moved to {target} ({error.strerror}); run again"
        ) from error


@contextmanager
def _lock(target: Path, seconds: float = _LOCK_SECONDS) -> Iterator[None]:
    lock = FileLock(target / _LOCK, timeout=seconds)
    with suppress(NotImplementedError):
        lock.acquire()
    try:
        yield
    finally:
        (target / _LOCK).unlink(missing_ok=True)
        lock.release()


def _move(complete: Path, target: Path) -> None:
    """Move complete results to their place, the manifest last."""
    for path in sorted(complete.iterdir(), key=lambda path: (path.name == MANIFEST, path.name)):
        os.replace(path, target / path.name)
    complete.rmdir()


def _require_room(target: Path, names: Sequence[str]) -> None:
    for name in names:
        if (target / name).is_dir():
            raise HermesError(
                f"there is a folder {name} in {target}, where a file of that name belongs;"
                " move it, or choose another folder with -o"
            )
