"""Weights that a user imported: copied or downloaded into a folder and found there by name."""

import os
import shutil
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path

from HermesLib.errors import HermesError

#: Called with the bytes read so far and the total, None where the server does not state it.
DownloadProgress = Callable[[int, int | None], None]

_BLOCK_BYTES = 1 << 20
_TIMEOUT_SECONDS = 60


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
    """Files in the cache folder, sorted."""
    folder = cache_folder()
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.is_file() and path.suffix != ".part")


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
) -> Path:
    """Copy a file or download a URL (https, http or file) into the cache folder.

    The file is checked before it becomes available.

    Args:
        source: a path or URL.
        name: the file's name from now on; by default its present one.
        sha256: the expected checksum; None checks only that the file can be read as weights.
        on_progress: called during a download.

    Raises:
        HermesError: unreachable source, wrong checksum, or a file that cannot be read as weights.
            Nothing is imported then.
    """
    from HermesLib.weights.checkpoint import load_checkpoint

    parts = urllib.parse.urlparse(source)
    is_url = parts.scheme in ("http", "https", "file")
    target = cache_folder() / (name or Path(parts.path if is_url else source).name)
    if target.name in ("", ".", "..") or (name is not None and Path(name).name != name):
        raise HermesError(
            f"'{name or source}' does not give a usable file name; choose one with --name"
        )
    if not is_url and not Path(source).is_file():
        raise HermesError(f"no weight file at {source}")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, suffix=".part") as staging:
        partial = Path(staging) / target.name
        if is_url:
            _download(source, partial, on_progress)
        else:
            shutil.copyfile(source, partial)
        load_checkpoint(partial, sha256)
        os.replace(partial, target)
    return target


def _download(url: str, path: Path, on_progress: DownloadProgress | None) -> None:
    done = 0
    try:
        with (
            urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as response,
            open(path, "wb") as stream,
        ):
            length = response.headers.get("Content-Length")
            total = int(length) if length else None
            while block := response.read(_BLOCK_BYTES):
                stream.write(block)
                done += len(block)
                if on_progress:
                    on_progress(done, total)
    except (urllib.error.URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise HermesError(
            f"could not download {url}: {reason}; check the address and the connection"
        ) from error
    if total is not None and done != total:
        raise HermesError(f"the download of {url} stopped at {done} of {total} bytes; try again")
