"""Organ presets: everything that depends on organ and modality.

Bundled presets are read from ``Resources/Presets/*.json``; users have their own files.
"""

import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from HermesLib.errors import HermesError
from HermesLib.io.coded_concept import Code
from HermesLib.io.percentiles import percentiles
from HermesLib.io.slice_stacks import SliceStack, each_slice
from HermesLib.io.whole_file import write_whole

MODALITIES = ("MR", "CT")
PLANES = ("axial", "coronal", "sagittal", "any")


@dataclass(frozen=True)
class Intensity:
    """How raw intensities are mapped to 0..1.

    ``kind`` is ``percentile`` (of the volume, for MR) or ``window`` (fixed, for CT, in Hounsfield
    units).
    """

    kind: str
    low: float
    high: float

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            HermesError: an unknown kind, no numbers, or a range that is empty or no percentage.
        """
        ends = (self.low, self.high)
        if self.kind not in ("percentile", "window"):
            raise HermesError(f"intensity kind {self.kind!r} is neither percentile nor window")
        if not all(type(end) in (int, float) and math.isfinite(end) for end in ends):
            raise HermesError(f"intensity {self.low!r} to {self.high!r} are no finite numbers")
        percentages = self.low >= 0 and self.high <= 100
        if not self.low < self.high or (self.kind == "percentile" and not percentages):
            raise HermesError(
                f"intensity {self.low:g} to {self.high:g} is no range of a {self.kind}"
            )

    def normalise(self, volume: np.ndarray) -> np.ndarray:
        """Map a volume of any shape to float32 in 0..1.

        Raises:
            HermesError: a constant image.
        """
        if self.kind == "window":
            return _scaled(volume, self.low, self.high)
        return _scaled(volume, *np.percentile(volume, [self.low, self.high]))

    def scale_of(self, stack: SliceStack) -> Callable[[np.ndarray], np.ndarray]:
        """What maps slices of a volume as :meth:`normalise` maps the whole volume.

        Raises:
            HermesError: a constant image.
        """
        low, high = self.low, self.high
        if self.kind == "percentile":
            low, high = percentiles(lambda: each_slice(stack), [self.low, self.high])
        _require_range(low, high)
        return lambda values: _scaled(values, low, high)


def _require_range(low: float, high: float) -> None:
    if high <= low:
        raise HermesError("the image is constant; nothing can be segmented in it")


def _scaled(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Intensities as float32 in 0..1; 0 at ``low`` and below."""
    _require_range(low, high)
    scaled = (values.astype(np.float32) - low) / (high - low)
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
            beside a user's preset; empty if there are none, as of most organs
            (:mod:`HermesLib.presets.organs`).
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

    def __post_init__(self) -> None:
        """Check the words.

        Raises:
            HermesError: no text, another modality or plane, or weights that are no plain name.
        """
        if not isinstance(self.quality, str):
            raise HermesError("quality is not text")
        for key in ("title", "organ_label", "model"):
            if not isinstance(getattr(self, key), str) or not getattr(self, key).strip():
                raise HermesError(f"{key} is not text")
        if self.modality not in MODALITIES:
            raise HermesError(f"modality {self.modality!r} is none of {', '.join(MODALITIES)}")
        if self.plane not in PLANES:
            raise HermesError(f"plane {self.plane!r} is none of {', '.join(PLANES)}")
        if not all(isinstance(part, str) and part for part in self.body_parts):
            raise HermesError("body_parts are no words")


def write_preset(path: Path, preset: Preset) -> None:
    """Write a preset so that :func:`load_preset` reads it; the file's name is the preset's."""
    plain = {key: value for key, value in asdict(preset).items() if key != "name"}
    write_whole(path, json.dumps(plain, indent=2) + "\n")
