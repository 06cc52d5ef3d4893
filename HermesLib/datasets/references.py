"""A few labelled slices of a data folder, as examples of what right masks look like."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from HermesLib.datasets.folders import entry_identity, parse_folder, read_table
from HermesLib.datasets.training_dataset import TrainingDataset
from HermesLib.errors import HermesError
from HermesLib.presets.preset import Preset


@dataclass(frozen=True, eq=False)
class References:
    """K labelled slices, each of its own size.

    Attributes:
        images: (H, W) float32 in 0..1 each, scaled as the preset says.
        masks: (H, W) bool each, the organ; none of them empty.
        patients: identities.
        sha256: of all of this.
    """

    images: tuple[np.ndarray, ...]
    masks: tuple[np.ndarray, ...]
    patients: tuple[str, ...]
    sha256: str


def read_references(
    folder: Path,
    preset: Preset,
    count: int,
    leave_out: Collection[str] = (),
    family: str | None = None,
) -> References:
    """Read ``count`` slices that show the organ, of as many patients as possible.

    The patients are spread evenly over the folder's, and the slices of each over those with the
    organ, so that the same folder gives the same references.

    Args:
        folder: in the Decathlon's layout, or of single slices; see
            :mod:`HermesLib.datasets.folders`.
        preset: the organ by the name in the folder's table, and how intensities are scaled.
        count: of slices; fewer where the folder holds fewer.
        leave_out: identities of patients who are no references, as the one who is judged.
        family: begins the patients' identities; the table's name by default.

    Raises:
        HermesError: another layout, no patient but those left out, or no slice that shows the
            organ.
    """
    table = read_table(folder)
    layout = "slices" if "slices" in table else "decathlon"
    dataset = TrainingDataset(layout, folder, family, scale=preset.intensity)
    everyone = sorted(_labelled_patients(table, layout, family) - set(leave_out))
    if leave_out and not everyone:
        raise HermesError(
            f"{folder.name} has no labelled patient but those who are judged; name others' cases"
        )
    chosen = {everyone[place] for place in _spread(len(everyone), count)}
    by_patient: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {name: [] for name in chosen}
    for item in dataset.read(chosen.__contains__):
        mask = item.organ(preset.organ_label)
        if mask is not None and mask.any():
            by_patient[item.patient].append((item.image.astype(np.float32) / 255, mask))
    with_organ = sorted(name for name, slices in by_patient.items() if slices)
    if not with_organ:
        raise HermesError(f"no slice of {folder.name} shows '{preset.organ_label}'")
    images, masks, patients = [], [], []
    for name, number in zip(with_organ, _shares(count, len(with_organ)), strict=True):
        slices = by_patient[name]
        for place in _spread(len(slices), number):
            images.append(slices[place][0])
            masks.append(slices[place][1])
            patients.append(name)
    digest = hashlib.sha256()
    for array in (*images, *masks):
        digest.update(str(array.shape).encode() + array.tobytes())
    return References(tuple(images), tuple(masks), tuple(patients), digest.hexdigest())


def family_in(data: Sequence[str], references: Path) -> str | None:
    """The family that ``LAYOUT:FOLDER[:FAMILY]`` gives the patients of the references' folder.

    With it the patients have the same identities as references and where they are judged. None
    where the folder is not among the data, or no family is given.
    """
    for text in data:
        _, folder, family = parse_folder(text, ("decathlon", "slices"))
        if folder.resolve() == references.resolve():
            return family
    return None


def _labelled_patients(table: dict[str, Any], layout: str, family: str | None) -> set[str]:
    try:
        family = family or table["name"]
        if layout == "slices":
            return {f"{family}-{entry['patient']}" for entry in table["slices"]}
        return {entry_identity(str(family), entry) for entry in table["training"]}
    except (KeyError, TypeError) as error:
        raise HermesError(f"the dataset.json of the references lacks {error}") from error


def _spread(available: int, count: int) -> list[int]:
    """Up to ``count`` places among ``available``, evenly and without the ends.

    >>> _spread(10, 2), _spread(2, 5)
    ([2, 7], [0, 1])
    """
    count = min(count, available)
    return [int((place + 0.5) * available / count) for place in range(count)]


def _shares(count: int, parts: int) -> list[int]:
    """``count`` divided as evenly as possible, at least one each.

    >>> _shares(5, 3)
    [2, 2, 1]
    """
    return [max(1, count // parts + (part < count % parts)) for part in range(parts)]
