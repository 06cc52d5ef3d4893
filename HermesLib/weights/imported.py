"""Weight files that a user imported: copied or downloaded into the user's cache folder, and found there by name."""

import os
import shutil
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from HermesLib.errors import HermesError

if TYPE_CHECKING:
    pass


def cache_folder() -> Path:
    """Where imported weights lie: ``HERMES_CACHE``, or the platform's place for a program's data."""
    if override := os.environ.get("HERMES_CACHE"):
        return Path(override)
    home = Path.home()
    if sys.platform == "win32":
        return (
            Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local")) / "hermes" / "weights"
        )
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "hermes" / "weights"
    return Path(os.environ.get("XDG_DATA_HOME", home / ".local" / "share")) / "hermes" / "weights"


def imported_weights() -> list[Path]:
    """Files in the cache folder, sorted."""
    folder = cache_folder()
    return (
        sorted(path for path in folder.iterdir() if path.is_file() and path.suffix != ".part")
        if folder.is_dir()
        else []
    )


def find_weights(name: str) -> Path:
    """The file a user means: a path, or the name of an imported file."""
    for candidate in (Path(name), cache_folder() / name):
        if candidate.is_file():
            return candidate
    raise HermesError(
        f"no weight file '{name}', neither here nor among the imported ones; see 'hermes weights list'"
    )


def import_weights(
    source: str,
    name: str | None = None,
    sha256: str | None = None,
    on_progress: Callable[[int, int | None], None] | None = None,
) -> Path:
    """Copy a local file or download an https or file URL into the cache folder, checked before it can be used.

    Args:
        source: a path or URL.
        name: what the file is called from now on; by default as it is called there.
        sha256: its expected checksum; None checks only that the file can be read as weights.
        on_progress: called with the bytes read so far and the number in all, where known.

    Raises:
        HermesError: unreachable source, wrong checksum, or no readable weights; nothing is then kept.
    """
    from HermesLib.weights.checkpoint import load_checkpoint

    parts = urllib.parse.urlparse(source)
    is_url = parts.scheme in ("http", "https", "file")
    target = cache_folder() / (name or Path(parts.path if is_url else source).name)
    if target.name in ("", ".", "..") or (name is not None and Path(name).name != name):
        raise HermesError(
            f"'{name or source}' gives the weights no usable file name; choose one with --name"
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


def _download(url: str, path: Path, on_progress: Callable[[int, int | None], None] | None) -> None:
    try:
        with urllib.request.urlopen(url, timeout=60) as response, open(path, "wb") as stream:
            length = response.headers.get("Content-Length")
            total, done = int(length) if length else None, 0
            while block := response.read(1 << 20):
                stream.write(block)
                done += len(block)
                if on_progress:
                    on_progress(done, total)
    except (urllib.error.URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise HermesError(
            f"could not fetch {url}: {reason}; check the address and the connection"
        ) from error
    if total is not None and done != total:
        raise HermesError(f"{url} broke off after {done} of {total} bytes; fetch it again")
