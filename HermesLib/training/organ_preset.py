"""The preset that a training folder asks for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from HermesLib.datasets.folders import read_table
from HermesLib.datasets.training_dataset import TrainingDataset
from HermesLib.errors import HermesError
from HermesLib.presets.preset import Code, Intensity, Preset
from HermesLib.presets.registry import load_preset

#: What a structure is called that has no code of its own: Slicer's own default for new segments.
TISSUE = Code("SCT", "85756007", "Tissue")


@dataclass(frozen=True, kw_only=True)
class PresetOptions:
    """What a folder does not tell.

    Attributes:
        organ: the organ's name in the folder's table of labels.
        title: what people read; made from organ and modality if left out.
        code: ``SCHEME:VALUE:MEANING`` of a terminology.
        window: lowest and highest Hounsfield unit of a CT; that of the bundled CT preset if left out.
        mirror: whether the organ may be seen left for right.
    """

    organ: str
    title: str | None = None
    code: str | None = None
    window: tuple[float, float] | None = None
    mirror: bool = False


def propose_preset(sources: Sequence[TrainingDataset], wishes: PresetOptions) -> Preset:
    """A preset for the organ, with the field of view and the intensities that the bundled preset of the modality has.

    Raises:
        HermesError: a folder has no such organ; a code or window that is none; a window for another modality than CT.
    """
    tables = [_table_with(source, wishes.organ) for source in sources]
    told = tables[0]["modality"]
    modality = "CT" if "CT" in (told.values() if isinstance(told, dict) else told) else "MR"
    like = load_preset("spleen-ct" if modality == "CT" else "prostate-t2")
    name = f"{re.sub(r'[^a-z0-9]+', '-', wishes.organ.lower()).strip('-')}-{modality.lower()}"
    return Preset(
        name=name,
        title=wishes.title or f"{wishes.organ.capitalize()}, {modality}",
        modality=modality,
        organ=_code(wishes.code),
        organ_label=wishes.organ,
        intensity=_intensity(like, wishes.window),
        field=like.field,
        grid=like.grid,
        neighbours=like.neighbours,
        mirror=wishes.mirror,
        model=like.model,
        quality=name,
    )


def _table_with(source: TrainingDataset, organ: str) -> dict[str, Any]:
    """The folder's table, which labels the organ."""
    if source.layout == "scribbled":
        raise HermesError(
            "an organ is trained from whole masks; write decathlon:FOLDER or slices:FOLDER"
        )
    table = read_table(source.folder)
    labels = table["labels"]
    names = list(labels.values()) if isinstance(labels, dict) else list(labels)
    if organ not in names[1:]:
        raise HermesError(f"{source.folder} labels {', '.join(names[1:])}, not '{organ}'")
    return table


def _code(text: str | None) -> Code:
    if text is None:
        return TISSUE
    parts = text.split(":", 2)
    if len(parts) != 3 or not all(parts):
        raise HermesError(
            f"'{text}' is no code; write SCHEME:VALUE:MEANING, e.g. SCT:10200004:Liver"
        )
    return Code(*parts)


def _intensity(like: Preset, window: tuple[float, float] | None) -> Intensity:
    if window is None:
        return like.intensity
    if like.modality != "CT":
        raise HermesError("a window is for CT alone; other modalities have no calibrated scale")
    if window[0] >= window[1]:
        raise HermesError(
            f"a window of {window[0]:g} to {window[1]:g} is empty; write the lower value first"
        )
    return Intensity("window", *window)
