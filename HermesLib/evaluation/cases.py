"""Test cases with a known truth, read exactly as ``hermes refine`` reads them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from HermesLib.datasets.folders import patient_identity, read_slice_table, read_volume_table
from HermesLib.datasets.splits import BTCV_TEST
from HermesLib.errors import HermesError
from HermesLib.io.neighbours import with_neighbours
from HermesLib.io.volumes import read_label_map, read_volume
from HermesLib.presets.preset import Preset


@dataclass(frozen=True)
class Case:
    """One image with its truth: files, the label's value, whose it is, and who that is in the splits of trainings (see
    :func:`HermesLib.datasets.folders.patient_identity`)."""

    patient: str
    image: Path
    label: Path
    value: int
    identity: str = ""


def decathlon_cases(folder: Path, organ: str) -> list[Case]:
    """The training volumes of a Decathlon folder as test cases; ``organ`` is a name in its table."""
    table = read_volume_table(folder)
    values = {name: int(value) for value, name in table["labels"].items()}
    if organ not in values:
        raise HermesError(f"{folder} labels {', '.join(values)}, not {organ}")
    found = []
    for entry in table["training"]:
        image = folder / entry["image"]
        stem = image.name.split(".")[0]
        found.append(
            Case(
                stem,
                image,
                folder / entry["label"],
                values[organ],
                patient_identity(table["name"], stem),
            )
        )
    return found


def lone_slice_cases(
    folder: Path, organ: str, patients: Iterable[str] = BTCV_TEST, family: str = "btcv"
) -> list[Case]:
    """Slices of a table's test patients; identities as in :func:`HermesLib.datasets.folders.read_lone_slices`."""
    table = read_slice_table(folder)
    if organ not in table["labels"]:
        raise HermesError(f"{folder} labels {', '.join(table['labels'])}, not {organ}")
    wanted = set(patients)
    value = table["labels"].index(organ)
    found = []
    for entry in table["slices"]:
        patient = f"{family}-{entry['patient']}"
        if patient in wanted:
            image, label = (folder / part / f"{entry['name']}.png" for part in ("images", "labels"))
            found.append(Case(patient, image, label, value, patient))
    return found


def read_cases(text: str, organ: str) -> Iterator[Case]:
    """Cases of ``decathlon:FOLDER`` or ``slices:FOLDER``."""
    layout, _, folder = text.partition(":")
    if layout not in ("decathlon", "slices") or not folder:
        raise HermesError(f"'{text}' is no test folder; write decathlon:FOLDER or slices:FOLDER")
    yield from (
        decathlon_cases(Path(folder), organ)
        if layout == "decathlon"
        else lone_slice_cases(Path(folder), organ)
    )


def read_whole(case: Case, preset: Preset) -> tuple[torch.Tensor, torch.Tensor]:
    """Images with neighbours (N, C, H, W) and truth (N, H, W) of all slices of a case."""
    volume = read_volume(case.image)
    truth = read_label_map(case.label, volume) == case.value
    return with_neighbours(volume.normalise(preset.intensity)), torch.from_numpy(truth)


def read_slices(case: Case, preset: Preset) -> tuple[torch.Tensor, torch.Tensor, list[int]]:
    """Images with neighbours (N, C, H, W) and truth (N, H, W) of the slices that show the organ, and their indices in the volume."""
    images, truth = read_whole(case, preset)
    indices = torch.nonzero(truth.flatten(1).any(1)).flatten().tolist()
    return images[indices], truth[indices], indices
