"""Organ presets: everything that depends on organ and modality, read from ``Resources/Presets/*.json``."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from HermesLib.errors import HermesError
from HermesLib.resources import resource_path


@dataclass(frozen=True)
class Code:
    """A coded concept of a terminology, e.g. SNOMED CT."""

    scheme: str
    value: str
    meaning: str


@dataclass(frozen=True)
class Intensity:
    """How raw intensities become 0..1: percentiles of the volume (MR) or a fixed window (CT, in Hounsfield units)."""

    kind: str
    low: float
    high: float

    def normalise(self, volume: np.ndarray) -> np.ndarray:
        """Map a volume of any shape to float32 in 0..1."""
        low, high = self.low, self.high
        if self.kind == "percentile":
            low, high = np.percentile(volume, [self.low, self.high])
        if high <= low:
            raise HermesError("the image is constant; nothing can be segmented in it")
        return np.clip((volume.astype(np.float32) - low) / (high - low), 0.0, 1.0).astype(np.float32)


@dataclass(frozen=True)
class Preset:
    """One organ in one modality.

    ``organ_label`` is what data sets call the organ in their label tables.
    ``field`` is what of a slice the QC core sees (``slice``, ``centre`` or ``body``), ``grid`` the side in pixels of
    the square it is brought to, ``neighbours`` how many slices on either side it sees too,
    ``mirror`` whether the organ may be seen left for right;
    ``model`` and ``quality`` name the FM and the QC weights that a user gets who chooses nothing.
    """

    name: str
    title: str
    modality: str
    organ: Code
    organ_label: str
    intensity: Intensity
    field: str
    grid: int
    neighbours: int
    mirror: bool
    model: str
    quality: str


def preset_names() -> list[str]:
    """Names of all bundled presets, sorted."""
    return sorted(path.stem for path in resource_path("Presets").glob("*.json"))


def load_preset(name: str) -> Preset:
    """Read one preset.

    Raises:
        HermesError: no such preset; the message lists those there are.
    """
    path = resource_path("Presets", f"{name}.json")
    if name not in preset_names():
        raise HermesError(f"unknown preset '{name}'; choose one of {', '.join(preset_names())}")
    raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return Preset(
        name=name,
        title=raw["title"],
        modality=raw["modality"],
        organ=Code(**raw["organ"]),
        organ_label=raw["organ_label"],
        intensity=Intensity(**raw["intensity"]),
        field=raw["field"],
        grid=raw["grid"],
        neighbours=raw["neighbours"],
        mirror=raw["mirror"],
        model=raw["model"],
        quality=raw["quality"],
    )
