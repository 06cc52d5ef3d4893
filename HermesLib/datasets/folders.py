"""Readers of training folders.

Two layouts: the Medical Segmentation Decathlon's, and single slices as PNGs with a table.
"""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK

from HermesLib.datasets.slices import LabelledSlice, shrink
from HermesLib.datasets.splits import UNLABELLED
from HermesLib.errors import HermesError
from HermesLib.io.image_files import read_image
from HermesLib.io.mask_values import binary_mask, require_labels
from HermesLib.io.png import read_grey_png, read_label_png
from HermesLib.io.volumes import same_grid
from HermesLib.presets.preset import Intensity

#: Slices read of each label map without images, and their largest side. Neighbouring masks are
#: nearly the same.
_MASKS_OF_VOLUME = 6
_MASK_SIDE = 128

_FOLDER = re.compile(
    r"(?P<layout>\w+):(?P<folder>(?:[A-Za-z]:(?=[\\/]))?[^:]+)(?::(?P<family>.+))?"
)


def every_patient(patient: str) -> bool:
    """Accept any patient."""
    return True


def parse_folder(text: str, layouts: Sequence[str]) -> tuple[str, Path, str | None]:
    """Layout, folder and family of ``LAYOUT:FOLDER[:FAMILY]``.

    Raises:
        HermesError: another form or an unknown layout.
    """
    match = _FOLDER.fullmatch(text)
    if match is None or match["layout"] not in layouts:
        raise HermesError(
            f"'{text}' is not a data folder; write LAYOUT:FOLDER[:FAMILY], "
            f"e.g. decathlon:FOLDER, with LAYOUT one of {', '.join(layouts)}"
        )
    return match["layout"], Path(match["folder"]), match["family"]


def read_table(folder: Path) -> dict[str, Any]:
    """A data set's ``dataset.json``."""
    path = folder / "dataset.json"
    if not path.is_file():
        raise HermesError(
            f"no dataset.json in {folder}; "
            "training folders follow the Medical Segmentation Decathlon's layout"
        )
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise HermesError(f"the dataset.json in {folder} cannot be read as JSON") from error
    if not isinstance(table, dict):
        raise HermesError(f"the dataset.json in {folder} is no table")
    return table


def read_slice_table(folder: Path) -> dict[str, Any]:
    """The ``dataset.json`` of a folder of single slices."""
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


def _axial(path: Path) -> SimpleITK.Image:
    """A volume in display orientation: rows to posterior, columns to the patient's left."""
    return SimpleITK.DICOMOrient(read_image(path, path.name)[0], "LPS")


def _axial_labels(path: Path, image: SimpleITK.Image, known: range) -> np.ndarray:
    """Labels (N, H, W, uint8) of a volume.

    Args:
        path: of the label map.
        image: the volume, in display orientation.
        known: the values that the data set's table names.

    Raises:
        HermesError: another grid than the volume's, or values that are no such labels.
    """
    labels = _axial(path)
    if not same_grid(labels, image):
        raise HermesError(f"the label map {path.name} is on another grid than its image")
    values = SimpleITK.GetArrayFromImage(labels)
    require_labels(values, path.name, known)
    return np.round(values).astype(np.uint8)


def patient_identity(family: str, stem: str) -> str:
    """The identity of a file's patient: the family and the last number of the file's stem."""
    numbers = re.findall(r"\d+", stem)
    return f"{family}-{int(numbers[-1]) if numbers else stem}"


def entry_identity(family: str, entry: str | dict[str, Any]) -> str:
    """The identity of the patient of an entry of a Decathlon table.

    Args:
        family: begins the identity.
        entry: an image's name, or an object with ``image`` and, where the file's name does not tell
            the patients apart, ``patient``.

    Raises:
        HermesError: a patient that is not a name or a number.
    """
    if isinstance(entry, str):
        entry = {"image": entry}
    patient = entry.get("patient")
    if patient is None:
        return patient_identity(family, Path(entry["image"]).name.split(".")[0])
    if isinstance(patient, bool) or not isinstance(patient, (str, int)) or not str(patient).strip():
        raise HermesError(
            f"the patient of {entry['image']} in dataset.json is not a name or a number"
        )
    return f"{family}-{str(patient).strip()}"


def read_decathlon(
    folder: Path,
    intensity: Intensity,
    family: str | None = None,
    keep: Callable[[str], bool] = every_patient,
) -> list[LabelledSlice]:
    """All axial slices of the training volumes (labelled) and the test volumes (unlabelled).

    Args:
        folder: with ``dataset.json``.
        intensity: how volumes are mapped to 0..1.
        family: begins the patients' identities; the table's name by default.
        keep: whether a patient is read, by identity (:func:`entry_identity`).
    """
    table = read_volume_table(folder)
    family = family or table["name"]
    values = table["labels"]
    names = tuple(values[str(value)] for value in range(len(values)))
    cases = [
        (entry["image"], entry["label"], entry_identity(family, entry))
        for entry in table["training"]
    ]
    cases += [
        (
            entry if isinstance(entry, str) else entry["image"],
            None,
            entry_identity(family, entry),
        )
        for entry in table.get("test", [])
    ]
    slices = []
    for image_name, label_name, patient in cases:
        if not label_name:
            patient += UNLABELLED
        if not keep(patient):
            continue
        volume = _axial(folder / image_name)
        thickness = float(volume.GetSpacing()[2])
        images = intensity.normalise(SimpleITK.GetArrayFromImage(volume))
        labels = (
            _axial_labels(folder / label_name, volume, range(len(names))) if label_name else None
        )
        for index, image in enumerate(images):
            small, label = shrink(image, None if labels is None else labels[index])
            slices.append(
                LabelledSlice(
                    small, label, names, patient, table["name"], index, image_name, thickness
                )
            )
    return slices


def read_masks(
    folder: Path, organ: str, keep: Callable[[str], bool] = every_patient
) -> list[LabelledSlice]:
    """A few slices of each label map without an image (``*.nii.gz``, of one organ).

    For networks that read masks only: the images are black. The slices are spread evenly over
    those that show the organ. The first number of a file's name is the patient's.
    """
    files = sorted(folder.glob("*.nii.gz"))
    if not files:
        raise HermesError(f"no .nii.gz in {folder}")
    slices = []
    for path in files:
        numbers = re.findall(r"\d+", path.name)
        patient = f"{folder.name}-{int(numbers[0]) if numbers else path.name}"
        if not keep(patient):
            continue
        masks = binary_mask(SimpleITK.GetArrayFromImage(_axial(path)), path.name)
        with_organ = np.flatnonzero(masks.any((1, 2)))
        count = min(len(with_organ), _MASKS_OF_VOLUME)
        positions = np.unique(np.linspace(0, len(with_organ) - 1, count).round().astype(int))
        for index in with_organ[positions]:
            black = np.zeros(masks.shape[1:], np.float32)
            image, label = shrink(black, masks[index].astype(np.uint8), _MASK_SIDE)
            names = ("background", organ)
            slices.append(LabelledSlice(image, label, names, patient, folder.name, int(index)))
    return slices


def read_lone_slices(
    folder: Path, family: str | None = None, keep: Callable[[str], bool] = every_patient
) -> list[LabelledSlice]:
    """Single slices, listed in ``dataset.json`` under ``slices`` with their ``patient``.

    ``images`` and ``labels`` hold 8-bit PNGs.
    """
    table = read_slice_table(folder)
    family = family or table["name"]
    slices = []
    for entry in table["slices"]:
        patient = f"{family}-{entry['patient']}"
        if not keep(patient):
            continue
        file = f"{entry['name']}.png"
        picture = SimpleITK.GetArrayFromImage(read_grey_png(folder / "images" / file))[0]
        label = SimpleITK.GetArrayFromImage(read_label_png(folder / "labels" / file))[0]
        names = tuple(table["labels"])
        if label.shape != picture.shape:
            raise HermesError(f"the label map labels/{file} has another size than its image")
        require_labels(label, f"labels/{file}", range(len(names)))
        image, small_label = shrink(picture.astype(np.float32) / 255, label.astype(np.uint8))
        slices.append(LabelledSlice(image, small_label, names, patient, table["name"]))
    return slices
