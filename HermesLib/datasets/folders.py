"""Readers of training folders: the Medical Segmentation Decathlon's layout, and lone slices as PNGs with a table (btcv-slices)."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK
from PIL import Image

from HermesLib.datasets.slices import LabelledSlice, shrink
from HermesLib.errors import HermesError
from HermesLib.presets.preset import Intensity

#: Of label maps without images: slices a volume, and their greatest side. Neighbouring masks are nearly the same.
_MASKS_OF_VOLUME, _MASK_SIDE = 6, 128


def read_table(folder: Path) -> dict[str, Any]:
    """A data set's ``dataset.json``."""
    path = folder / "dataset.json"
    if not path.is_file():
        raise HermesError(
            f"no dataset.json in {folder}; training folders follow the Medical Segmentation Decathlon's layout"
        )
    return json.loads(path.read_text(encoding="utf-8"))


def read_slice_table(folder: Path) -> dict[str, Any]:
    """The ``dataset.json`` of a folder of lone slices."""
    table = read_table(folder)
    if "slices" not in table:
        raise HermesError(f"{folder} lists volumes, not slices; write decathlon:{folder}")
    return table


def read_volume_table(folder: Path) -> dict[str, Any]:
    """The ``dataset.json`` of a folder in the Decathlon's layout."""
    table = read_table(folder)
    if "training" not in table:
        raise HermesError(f"{folder} lists slices, not volumes; write slices:{folder}")
    return table


def _axial(path: Path) -> np.ndarray:
    """Array (N, H, W) in display orientation: rows to posterior, columns to the patient's left."""
    return SimpleITK.GetArrayFromImage(SimpleITK.DICOMOrient(SimpleITK.ReadImage(str(path)), "LPS"))


def patient_identity(family: str, stem: str) -> str:
    """Who a file of that stem is of: the family and the stem's last number."""
    numbers = re.findall(r"\d+", stem)
    return f"{family}-{int(numbers[-1]) if numbers else stem}"


def read_decathlon(
    folder: Path,
    intensity: Intensity,
    family: str | None = None,
    keep: Callable[[str], bool] = lambda patient: True,
) -> list[LabelledSlice]:
    """All axial slices of the training volumes (with labels) and of the test volumes (without).

    ``family`` and the last number of the file's name make the patient's identity; ``keep`` says whose files are read at all.
    """
    table = read_volume_table(folder)
    family = family or table["name"]
    raw = table["labels"]
    names = tuple(raw[str(value)] for value in range(len(raw)))
    cases = [(entry["image"], entry["label"]) for entry in table["training"]]
    cases += [
        (entry if isinstance(entry, str) else entry["image"], None)
        for entry in table.get("test", [])
    ]
    found = []
    for image_name, label_name in cases:
        stem = Path(image_name).name.split(".")[0]
        patient = (
            patient_identity(family, stem)
            if label_name
            else f"{patient_identity(family, stem)}-unlabelled"
        )
        if not keep(patient):
            continue
        images = intensity.normalise(_axial(folder / image_name))
        labels = _axial(folder / label_name).astype(np.uint8) if label_name else None
        for index, image in enumerate(images):
            small, label = shrink(image, None if labels is None else labels[index])
            found.append(LabelledSlice(small, label, names, patient, table["name"], index))
    return found


def read_masks(
    folder: Path, organ: str, keep: Callable[[str], bool] = lambda patient: True
) -> list[LabelledSlice]:
    """Slices of label maps without images (``*.nii.gz``, what is not 0 is the organ), a few a volume, spread over those that show it.

    For networks that look at masks alone: the images are black. The first number of a file's name is the patient's.
    """
    files = sorted(folder.glob("*.nii.gz"))
    if not files:
        raise HermesError(f"no .nii.gz in {folder}")
    found = []
    for path in files:
        numbers = re.findall(r"\d+", path.name)
        patient = f"{folder.name}-{int(numbers[0]) if numbers else path.name}"
        if not keep(patient):
            continue
        masks = _axial(path) > 0
        shown = np.flatnonzero(masks.any((1, 2)))
        for index in shown[
            np.unique(
                np.linspace(0, len(shown) - 1, min(len(shown), _MASKS_OF_VOLUME))
                .round()
                .astype(int)
            )
        ]:
            image, label = shrink(
                np.zeros(masks.shape[1:], np.float32), masks[index].astype(np.uint8), _MASK_SIDE
            )
            found.append(
                LabelledSlice(image, label, ("background", organ), patient, folder.name, int(index))
            )
    return found


def read_lone_slices(
    folder: Path, family: str | None = None, keep: Callable[[str], bool] = lambda patient: True
) -> list[LabelledSlice]:
    """Slices listed in ``dataset.json`` under ``slices`` with their ``patient``; ``images`` and ``labels`` hold 8-bit PNGs."""
    table = read_slice_table(folder)
    family = family or table["name"]
    found = []
    for entry in table["slices"]:
        patient = f"{family}-{entry['patient']}"
        if not keep(patient):
            continue
        image = (
            np.asarray(Image.open(folder / "images" / f"{entry['name']}.png")).astype(np.float32)
            / 255
        )
        label = np.asarray(Image.open(folder / "labels" / f"{entry['name']}.png")).astype(np.uint8)
        small, small_label = shrink(image, label)
        found.append(
            LabelledSlice(small, small_label, tuple(table["labels"]), patient, table["name"])
        )
    return found
