"""Organ presets: everything that depends on organ and modality.

Bundled presets are read from ``Resources/Presets/*.json``; users have their own files.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from HermesLib.errors import HermesError
from HermesLib.io.coded_concept import Code
from HermesLib.io.whole_file import write_whole


@dataclass(frozen=True)
class Intensity:
    """How raw intensities are mapped to 0..1.

    ``kind`` is ``percentile`` (of the volume, for MR) or ``window`` (fixed, for CT, in Hounsfield
    units).
    """

    kind: str
    low: float
    high: float

    def normalise(self, volume: np.ndarray) -> np.ndarray:
        """Map a volume of any shape to float32 in 0..1.

        Raises:
            HermesError: a constant image.
        """
        low = self.low
        high = self.high
        if self.kind == "percentile":
            low, high = np.percentile(volume, [self.low, self.high])
        if high <= low:
            raise HermesError("the image is constant; nothing can be segmented in it")
        scaled = (volume.astype(np.float32) - low) / (high - low)
        return np.clip(scaled, 0.0, 1.0).astype(np.float32)


@dataclass(frozen=True)
class Preset:
    """One organ in one modality.

    What part of a slice the quality control reads, and at which resolution, is not set here: the
    weights were trained for one field of view and carry it in their configuration.

    Attributes:
        name: of the file, without its ending.
        title: the name people read.
        modality: ``MR`` or ``CT``.
        organ: code of the organ in a terminology.
        organ_label: the organ's name in the label tables of data sets.
        intensity: how raw intensities are mapped to 0..1.
        model: the promptable model used by default.
        quality: the QC weights used by default: the name of a bundled file, or the path of weights
            beside a user's preset.
        plane: of the slices that the weights were trained on: ``axial``, ``coronal``, ``sagittal``,
            or ``any``.
        body_parts: words of which one is in DICOM's BodyPartExamined, in capitals; any if empty.
    """

    name: str
    title: str
    modality: str
    organ: Code
    organ_label: str
    intensity: Intensity
    model: str
    quality: str
    plane: str = "axial"
    body_parts: tuple[str, ...] = ()


def write_preset(path: Path, preset: Preset) -> None:
    """Write a preset so that :func:`load_preset` reads it; the file's name is the preset's."""
    plain = {key: value for key, value in asdict(preset).items() if key != "name"}
    write_whole(path, json.dumps(plain, indent=2) + "\n")
