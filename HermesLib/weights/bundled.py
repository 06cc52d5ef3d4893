"""Weight files: those bundled with HERMES, and those a user imported.

``Resources/Weights/manifest.json`` lists every bundled file with its SHA-256; imported files lie in the user's cache folder.
Listing needs no PyTorch; only what reads a file imports it.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from HermesLib.errors import HermesError
from HermesLib.resources import resource_path

if TYPE_CHECKING:
    from HermesLib.weights.checkpoint import Checkpoint


MANIFEST = "manifest.json"


@dataclass(frozen=True)
class BundledWeights:
    """One entry of the manifest: what the file is called without its ending, which class reads it, size and checksum."""

    name: str
    kind: str
    role: str
    title: str
    bytes: int
    sha256: str

    @property
    def for_comparison(self) -> bool:
        """Whether it belongs to a rival that HERMES is measured against, not to what HERMES runs by itself."""
        return self.role != "product"

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
    from HermesLib.weights.checkpoint import load_checkpoint

    entries = {entry.name: entry for entry in bundled_weights()}
    if name not in entries:
        raise HermesError(f"no bundled weights '{name}'; there are {', '.join(entries) or 'none'}")
    return load_checkpoint(entries[name].path, entries[name].sha256)


def verify_bundled() -> list[tuple[BundledWeights, str | None]]:
    """Every bundled file with what is wrong with it, None where nothing is."""
    from HermesLib.weights.checkpoint import load_checkpoint

    found: list[tuple[BundledWeights, str | None]] = []
    for entry in bundled_weights():
        try:
            load_checkpoint(entry.path, entry.sha256)
        except HermesError as error:
            found.append((entry, str(error)))
        else:
            found.append(
                (
                    entry,
                    None
                    if entry.card.is_file()
                    else f"its model card {entry.card.name} is missing",
                )
            )
    return found


def manifest_entry(
    path: Path, kind: str, title: str, role: str = "product"
) -> dict[str, str | int]:
    """What the manifest says of a file."""
    from HermesLib.weights.checkpoint import file_sha256

    return {
        "name": path.stem,
        "kind": kind,
        "role": role,
        "title": title,
        "bytes": path.stat().st_size,
        "sha256": file_sha256(path),
    }
