"""Weights that a user imported: copied or downloaded into a folder and found there by name."""

import os
import shutil
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from HermesLib.errors import HermesError
from HermesLib.io.digest import file_sha256
from HermesLib.io.owned_folder import owned_folder, sweep
from HermesLib.io.whole_file import to_disk, write_error
from HermesLib.weights.download import (
    PART,
    DownloadProgress,
    downloaded,
    remove_stale,
    split_address,
)
from HermesLib.weights.official import require_official

#: The most that is downloaded; the largest published promptable model has 2.6 GB.
LARGEST_BYTES = 4 << 30
#: Shorter than any file system's limit, with room for a suffix.
_LONGEST_NAME = 200
#: Names that Windows keeps for devices.
_DEVICES = {
    "CON",
    "PRN",
    "AUX",
    "NUL",
    *(f"{kind}{n}" for kind in ("COM", "LPT") for n in range(10)),
}


def data_folder() -> Path:
    """The user's folder for HERMES: ``HERMES_CACHE``, or ``hermes`` in the platform's data folder.

    Written by hand rather than taken from platformdirs: these lines need no package inside Slicer.
    """
    if override := os.environ.get("HERMES_CACHE"):
        return Path(override)
    home = Path.home()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME", home / ".local" / "share"))
    return base / "hermes"


def cache_folder() -> Path:
    """Where imported weights are kept."""
    return data_folder() if os.environ.get("HERMES_CACHE") else data_folder() / "weights"


def imported_weights() -> list[Path]:
    """Files in the cache folder, sorted; not those on their way."""
    folder = cache_folder()
    if not folder.is_dir():
        return []
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and not path.name.startswith(".") and PART not in path.suffix
    )


def find_weights(name: str) -> Path:
    """The weight file at a path, or the imported file of that name."""
    for candidate in (Path(name), cache_folder() / name):
        if candidate.is_file():
            return candidate
    raise HermesError(
        f"no weight file '{name}', neither at that path nor among the imported ones; "
        "see 'hermes weights list'"
    )


def import_weights(
    source: str,
    name: str | None = None,
    sha256: str | None = None,
    on_progress: DownloadProgress | None = None,
    largest: int = LARGEST_BYTES,
) -> Path:
    """Copy a file or download an address (https or file) into the cache folder.

    The file is checked before it becomes available. A download that broke off is gone on with.

    Args:
        source: a path or an address.
        name: the file's name from now on; by default its present one.
        sha256: the expected checksum; None checks that the file can be read as weights, and that a
            file with the name of an official one is that one.
        on_progress: called during a download.
        largest: the most bytes that are downloaded.

    Raises:
        HermesError: unreachable source, wrong checksum, or a file that cannot be read as weights.
            Nothing is imported then.
        ComputerError: the connection was lost, or the disk is full.
    """
    parts = split_address(source) if "://" in source else None
    path = None if parts is None else urllib.request.url2pathname(parts.path)
    target = cache_folder() / _file_name(name, Path(source if path is None else path).name)
    if parts is None or parts.scheme == "file":
        local = Path(source if path is None else path)
        if not local.is_file():
            raise HermesError(f"no weight file at {local}")
    target.parent.mkdir(parents=True, exist_ok=True)
    sweep(target.parent, lambda folder: None)
    remove_stale(target.parent)
    with owned_folder(target.parent) as staging:
        staged = staging / target.name
        if parts is None or parts.scheme == "file":
            with _write_errors(target.name):
                shutil.copyfile(local, staged)
            _take(staged, target, sha256 or file_sha256(local))
        else:
            with downloaded(source, target.parent, largest, on_progress) as part:
                part.rename(staged)
                _take(staged, target, sha256)
    return target


def _take(staged: Path, target: Path, sha256: str | None) -> None:
    """Check a file and give it its place."""
    from HermesLib.weights.checkpoint import load_checkpoint

    require_official(target.name, staged)
    load_checkpoint(staged, sha256)
    with _write_errors(target.name):
        to_disk(staged)
        staged.replace(target)


@contextmanager
def _write_errors(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise write_error(name, error) from error


def _file_name(asked: str | None, present: str) -> str:
    """A file's name from now on.

    Raises:
        HermesError: it cannot be the name of a file on every system.
    """
    name = present if asked is None else asked
    usable = (
        name.isprintable()
        and 0 < len(name) <= _LONGEST_NAME
        and not set(name) & set('/\\:*?"<>|')
        and not name.startswith(".")
        and not name.endswith((".", " ", PART))
        and name.partition(".")[0].upper() not in _DEVICES
    )
    if not usable:
        given = "the address" if asked is None else "--name"
        raise HermesError(
            f"{given} does not give a usable file name; choose one with --name, such as"
            " model.safetensors"
        )
    return name
