"""Organ presets: everything that depends on organ and modality, read from ``Resources/Presets/*.json`` or a user's own file."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from HermesLib.errors import HermesError
from HermesLib.io.coded_concept import Code


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
        return np.clip((volume.astype(np.float32) - low) / (high - low), 0.0, 1.0).astype(
            np.float32
        )


@dataclass(frozen=True)
class Preset:
    """One organ in one modality.

    ``organ_label`` is what data sets call the organ in their label tables.
    ``field`` is what of a slice the QC core sees (``slice``, ``centre`` or ``body``), ``grid`` the side in pixels of
    the square it is brought to, ``neighbours`` how many slices on either side it sees too,
    ``mirror`` whether the organ may be seen left for right;
    ``model`` and ``quality`` name the FM and the QC weights that a user gets who chooses nothing; ``quality`` is a bundled file's name,
    or the path of weights that lie beside a user's preset.
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


def write_preset(path: Path, preset: Preset) -> None:
    """Write a preset so that :func:`load_preset` reads it; its name is the file's."""
    plain = {key: value for key, value in asdict(preset).items() if key != "name"}
    path.write_text(json.dumps(plain, indent=2) + "\n", encoding="utf-8")
