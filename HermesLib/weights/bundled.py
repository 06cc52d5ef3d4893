"""Weight files: those bundled with HERMES, and those a user imported.

``Resources/Weights/manifest.json`` lists every bundled file with its SHA-256. Imported files are in
the user's cache folder. Listing needs no PyTorch; only what reads a file imports it.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from HermesLib.errors import HermesError
from HermesLib.io.digest import file_sha256
from HermesLib.resources import resource_path

if TYPE_CHECKING:
    from HermesLib.weights.checkpoint import Checkpoint


MANIFEST = "manifest.json"


@dataclass(frozen=True)
class BundledWeights:
    """An entry of the manifest: file name without ending, class that reads it, size, checksum."""

    name: str
    kind: str
    title: str
    bytes: int
    sha256: str
    folder: Path

    @property
    def path(self) -> Path:
        """The weight file."""
        return self.folder / f"{self.name}.safetensors"

    @property
    def card(self) -> Path:
        """Its model card: data and terms, split, command, seed, metrics, limits."""
        return self.folder / f"{self.name}.md"


def read_manifest(folder: Path) -> list[BundledWeights]:
    """All weights that ``manifest.json`` in a folder lists, in its order."""
    path = folder / MANIFEST
    if not path.is_file():
        raise HermesError(f"the list of bundled weights is missing ({path}); reinstall HERMES")
    entries = json.loads(path.read_text(encoding="utf-8"))
    return [BundledWeights(**entry, folder=folder) for entry in entries]


def bundled_weights() -> list[BundledWeights]:
    """All weights of the product, in the manifest's order."""
    return read_manifest(resource_path("Weights"))


def bundled_checkpoint(name: str, folder: Path | None = None) -> "Checkpoint":
    """Read a bundled file (of ``Resources/Weights`` by default) and check it by the manifest.

    Raises:
        HermesError: no such entry, or a missing, truncated or altered file.
    """
    from HermesLib.weights.checkpoint import load_checkpoint

    listed = read_manifest(folder or resource_path("Weights"))
    entries = {entry.name: entry for entry in listed}
    if name not in entries:
        raise HermesError(f"no bundled weights '{name}'; there are {', '.join(entries) or 'none'}")
    return load_checkpoint(entries[name].path, entries[name].sha256)


def verify_bundled(folder: Path | None = None) -> list[tuple[BundledWeights, str | None]]:
    """Every bundled file (of ``Resources/Weights`` by default) with its fault, None if intact."""
    from HermesLib.weights.checkpoint import load_checkpoint

    checked: list[tuple[BundledWeights, str | None]] = []
    for entry in read_manifest(folder or resource_path("Weights")):
        fault = None
        try:
            load_checkpoint(entry.path, entry.sha256)
            if not entry.card.is_file():
                fault = f"its model card {entry.card.name} is missing"
        except HermesError as error:
            fault = str(error)
        checked.append((entry, fault))
    return checked


def manifest_entry(path: Path, kind: str, title: str) -> dict[str, str | int]:
    """The manifest's entry for a weight file."""
    return {
        "name": path.stem,
        "kind": kind,
        "title": title,
        "bytes": path.stat().st_size,
        "sha256": file_sha256(path),
    }
