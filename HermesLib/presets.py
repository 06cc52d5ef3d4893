"""Organ presets: everything that depends on organ and modality, read from ``Resources/Presets/*.json`` or a user's own file."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from HermesLib.errors import HermesError
from HermesLib.resources import resource_path
from HermesLib.weights import cache_folder


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


def bundled_preset_names() -> list[str]:
    """Names of the presets that come with HERMES, sorted."""
    return sorted(path.stem for path in resource_path("Presets").glob("*.json"))


def user_preset_folder() -> Path:
    """Where imported presets lie, with their weights."""
    return cache_folder() / "presets"


def preset_names() -> list[str]:
    """Names of all presets, bundled and imported, sorted."""
    return sorted({*bundled_preset_names(), *(path.stem for path in user_preset_folder().glob("*.json"))})


def load_preset(name: str) -> Preset:
    """Read one preset: a bundled or imported one by its name, or any from its ``.json`` file.

    A user's preset names the weights that lie beside it, and brings them along wherever the folder goes.

    Raises:
        HermesError: no such preset (the message lists those there are), or a file that is none.
    """
    path = Path(name)
    if path.suffix != ".json":
        if name not in preset_names():
            raise HermesError(f"unknown preset '{name}'; choose one of {', '.join(preset_names())}, or a preset's .json file")
        bundled = name in bundled_preset_names()
        path = (resource_path("Presets") if bundled else user_preset_folder()) / f"{name}.json"
    elif not path.is_file():
        raise HermesError(f"no preset at {name}")
    try:
        raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        preset = Preset(name=path.stem, **{**raw, "organ": Code(**raw["organ"]), "intensity": Intensity(**raw["intensity"])})
    except (ValueError, TypeError, KeyError) as error:
        raise HermesError(f"{path.name} is no preset of HERMES ({error}); write one as 'hermes train organ' does") from error
    beside = path.with_name(f"{preset.quality}.safetensors")
    return replace(preset, quality=str(beside)) if beside.is_file() else preset


def write_preset(path: Path, preset: Preset) -> None:
    """Write a preset so that :func:`load_preset` reads it; its name is the file's."""
    plain = {key: value for key, value in asdict(preset).items() if key != "name"}
    path.write_text(json.dumps(plain, indent=2) + "\n", encoding="utf-8")
