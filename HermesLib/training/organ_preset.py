"""The preset of a user's own organ, from a training folder."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from HermesLib.datasets.readers.registry import list_data
from HermesLib.datasets.training_dataset import TrainingDataset
from HermesLib.errors import HermesError
from HermesLib.presets.preset import Code, Intensity, Preset
from HermesLib.presets.registry import load_preset

#: Code of a structure without one of its own: Slicer's default for new segments.
TISSUE = Code("SCT", "85756007", "Tissue")


@dataclass(frozen=True, kw_only=True)
class PresetOptions:
    """What a folder does not say of its organ.

    Attributes:
        organ: the organ's name in the folder's table of labels.
        title: the name people read; made from organ and modality if None.
        code: ``SCHEME:VALUE:MEANING`` of a terminology.
        window: lowest and highest Hounsfield unit of a CT; the bundled CT preset's if None.
    """

    organ: str
    title: str | None = None
    code: str | None = None
    window: tuple[float, float] | None = None


def propose_preset(datasets: Sequence[TrainingDataset], options: PresetOptions) -> Preset:
    """A preset for the organ, with the intensities of the bundled preset of its modality.

    Raises:
        HermesError: a folder does not label the organ; an invalid code or window; a window for
            another modality than CT.
    """
    for dataset in datasets:
        _require_organ(dataset, options.organ)
    modality = datasets[0].modality()
    like = load_preset("spleen-ct" if modality == "CT" else "prostate-t2")
    slug = re.sub(r"[^a-z0-9]+", "-", options.organ.lower()).strip("-")
    name = f"{slug}-{modality.lower()}"
    return Preset(
        name=name,
        title=options.title or f"{options.organ.capitalize()}, {modality}",
        modality=modality,
        organ=_code(options.code),
        organ_label=options.organ,
        intensity=_intensity(like, options.window),
        model=like.model,
        quality=name,
    )


def _require_organ(dataset: TrainingDataset, organ: str) -> None:
    """Refuse data that do not label the organ."""
    if dataset.form is None and dataset.layout not in ("decathlon", "slices"):
        raise HermesError(
            "an organ is trained from whole masks; write decathlon:FOLDER or slices:FOLDER"
        )
    if dataset.form is not None:
        list_data(dataset.form, organ)
    elif organ not in (names := dataset.organs()):
        raise HermesError(f"{dataset.folder} labels {', '.join(names)}, not '{organ}'")


def _code(text: str | None) -> Code:
    if text is None:
        return TISSUE
    parts = text.split(":", 2)
    if len(parts) != 3 or not all(parts):
        raise HermesError(
            f"'{text}' is not a code; write SCHEME:VALUE:MEANING, e.g. SCT:10200004:Liver"
        )
    return Code(*parts)


def _intensity(like: Preset, window: tuple[float, float] | None) -> Intensity:
    if window is None:
        return like.intensity
    if like.modality != "CT":
        raise HermesError("a window is for CT only; other modalities have no calibrated scale")
    if window[0] >= window[1]:
        raise HermesError(
            f"a window of {window[0]:g} to {window[1]:g} is empty; write the lower value first"
        )
    return Intensity("window", *window)
