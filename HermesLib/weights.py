"""Weight files: those bundled with HERMES, and those a user imported.

``Resources/Weights/manifest.json`` lists every bundled file with its SHA-256; imported files lie in the user's cache folder.
Listing needs no PyTorch; only what reads a file imports it.
"""

import json
import os
import shutil
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from HermesLib.errors import HermesError
from HermesLib.models.catalogue import MODELS
from HermesLib.resources import resource_path

if TYPE_CHECKING:
    from HermesLib.checkpoints import Checkpoint

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class BundledWeights:
    """One entry of the manifest: what the file is called without its ending, which class reads it, size and checksum."""

    name: str
    kind: str
    title: str
    bytes: int
    sha256: str

    @property
    def for_comparison(self) -> bool:
        """Whether it belongs to a rival that HERMES is measured against, not to what HERMES runs by itself."""
        return self.kind not in ("quality", *MODELS)

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return resource_path("Weights", f"{self.name}.safetensors")

    @property
    def card(self) -> Path:
        """Its model card: data and terms, split, command, seed, metrics, limits."""
        return resource_path("Weights", f"{self.name}.md")


def bundled_weights() -> list[BundledWeights]:
    """All bundled files, in the manifest's order."""
    path = resource_path("Weights", MANIFEST)
    if not path.is_file():
        raise HermesError(f"the list of bundled weights is missing ({path.name}); reinstall HERMES")
    return [BundledWeights(**entry) for entry in json.loads(path.read_text(encoding="utf-8"))]


def bundled_checkpoint(name: str) -> "Checkpoint":
    """Read a bundled file and check it against the manifest.

    Raises:
        HermesError: no such entry, or a missing, truncated or altered file.
    """
    from HermesLib.checkpoints import load_checkpoint

    entries = {entry.name: entry for entry in bundled_weights()}
    if name not in entries:
        raise HermesError(f"no bundled weights '{name}'; there are {', '.join(entries) or 'none'}")
    return load_checkpoint(entries[name].path, entries[name].sha256)


def verify_bundled() -> list[tuple[BundledWeights, str | None]]:
    """Every bundled file with what is wrong with it, None where nothing is."""
    from HermesLib.checkpoints import load_checkpoint

    found: list[tuple[BundledWeights, str | None]] = []
    for entry in bundled_weights():
        try:
            load_checkpoint(entry.path, entry.sha256)
        except HermesError as error:
            found.append((entry, str(error)))
        else:
            found.append((entry, None if entry.card.is_file() else f"its model card {entry.card.name} is missing"))
    return found


def cache_folder() -> Path:
    """Where imported weights lie: ``HERMES_CACHE``, or the platform's place for a program's data."""
    if override := os.environ.get("HERMES_CACHE"):
        return Path(override)
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local")) / "hermes" / "weights"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "hermes" / "weights"
    return Path(os.environ.get("XDG_DATA_HOME", home / ".local" / "share")) / "hermes" / "weights"


def imported_weights() -> list[Path]:
    """Files in the cache folder, sorted."""
    folder = cache_folder()
    return sorted(path for path in folder.iterdir() if path.is_file() and path.suffix != ".part") if folder.is_dir() else []


def find_weights(name: str) -> Path:
    """The file a user means: a path, or the name of an imported file."""
    for candidate in (Path(name), cache_folder() / name):
        if candidate.is_file():
            return candidate
    raise HermesError(f"no weight file '{name}', neither here nor among the imported ones; see 'hermes weights list'")


def import_weights(
    source: str, name: str | None = None, sha256: str | None = None, on_progress: Callable[[int, int | None], None] | None = None
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
    from HermesLib.checkpoints import load_checkpoint

    parts = urllib.parse.urlparse(source)
    is_url = parts.scheme in ("http", "https", "file")
    target = cache_folder() / (name or Path(parts.path if is_url else source).name)
    if target.name in ("", ".", "..") or (name is not None and Path(name).name != name):
        raise HermesError(f"'{name or source}' gives the weights no usable file name; choose one with --name")
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
        raise HermesError(f"could not fetch {url}: {reason}; check the address and the connection") from error
    if total is not None and done != total:
        raise HermesError(f"{url} broke off after {done} of {total} bytes; fetch it again")


def manifest_entry(path: Path, kind: str, title: str) -> dict[str, str | int]:
    """What the manifest says of a file."""
    from HermesLib.checkpoints import file_sha256

    return {"name": path.stem, "kind": kind, "title": title, "bytes": path.stat().st_size, "sha256": file_sha256(path)}
