"""Test cases with a known truth, read as ``hermes refine`` reads images."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from HermesLib.datasets.case import Case, Truth
from HermesLib.datasets.folders import entry_identity, read_slice_table, read_volume_table
from HermesLib.datasets.readers.registry import list_data
from HermesLib.datasets.splits import Part, Split, read_split
from HermesLib.datasets.training_dataset import TrainingDataset
from HermesLib.errors import HermesError
from HermesLib.io.neighbours import with_neighbours
from HermesLib.presets.preset import Preset
from HermesLib.quality.protocol import Observation, QualityControl

LAYOUTS = ("decathlon", "slices")


@dataclass(frozen=True)
class CaseSelection:
    """Which patients of a folder are measured.

    Attributes:
        split: a split file in place of the folder's ``split.json``.
        part: the part of the split that is measured. Without a split, all patients are.
        patients: names or identities; they are measured whatever a ``split.json`` says.
    """

    split: Path | None = None
    part: Part = "test"
    patients: tuple[str, ...] = ()


def decathlon_cases(folder: Path, organ: str, family: str | None = None) -> list[Case]:
    """The training volumes of a Decathlon folder as cases.

    Args:
        folder: with ``dataset.json``.
        organ: a name in its table of labels.
        family: begins the patients' identities; the table's name by default.
    """
    table = read_volume_table(folder)
    values = {name: int(value) for value, name in table["labels"].items()}
    if organ not in values:
        raise HermesError(f"{folder} labels {', '.join(values)}, not {organ}")
    cases = []
    for entry in table["training"]:
        image = folder / entry["image"]
        stem = image.name.split(".")[0]
        identity = entry_identity(family or table["name"], entry)
        truth = Truth((folder / entry["label"],), (values[organ],))
        cases.append(Case(stem, image, truth, identity))
    return cases


def lone_slice_cases(folder: Path, organ: str, family: str | None = None) -> list[Case]:
    """The slices of a table as cases, one each; arguments as in :func:`decathlon_cases`."""
    table = read_slice_table(folder)
    if organ not in table["labels"]:
        raise HermesError(f"{folder} labels {', '.join(table['labels'])}, not {organ}")
    value = table["labels"].index(organ)
    cases = []
    for entry in table["slices"]:
        identity = f"{family or table['name']}-{entry['patient']}"
        image, label = (folder / part / f"{entry['name']}.png" for part in ("images", "labels"))
        cases.append(Case(identity, image, Truth((label,), (value,)), identity))
    return cases


def read_cases(text: str, organ: str) -> list[Case]:
    """All cases of a form of data: ``decathlon:``, ``slices:``, or that of a reader."""
    return dataset_cases(TrainingDataset.parse(text, LAYOUTS), organ)


def dataset_cases(dataset: TrainingDataset, organ: str) -> list[Case]:
    """All labelled images of a data set.

    Raises:
        HermesError: a layout without volumes or slices to measure, no such organ, or no case.
    """
    if dataset.form is not None:
        cases = list(list_data(dataset.form, organ).cases)
        if not cases:
            raise HermesError(
                f"{dataset.form} holds no labelled image; run 'hermes data check' to see why"
            )
        return cases
    if dataset.layout == "decathlon":
        cases = decathlon_cases(dataset.folder, organ, dataset.family)
    elif dataset.layout == "slices":
        cases = lone_slice_cases(dataset.folder, organ, dataset.family)
    else:
        raise HermesError(
            "figures and calibrations need volumes or slices with the organ; "
            "write decathlon:FOLDER or slices:FOLDER"
        )
    if not cases:
        raise HermesError(
            f"the dataset.json in {dataset.folder} lists no labelled image; add some to 'training'"
        )
    return cases


def select_cases(
    text: str, organ: str, selection: CaseSelection, say: Callable[[str], None]
) -> list[Case]:
    """The cases of a folder that are measured; what is left out is reported through ``say``.

    Raises:
        HermesError: the folder holds no such case.
    """
    dataset = TrainingDataset.parse(text, LAYOUTS)
    cases = dataset_cases(dataset, organ)
    if selection.patients:
        return _named_cases(cases, selection, say)
    if selection.split is not None:
        split = read_split(selection.split)
    else:
        split = dataset.own_split() or Split()
        if split == Split():
            return cases
    measured = []
    left_out: Counter[Part | None] = Counter()
    for identity in sorted({case.identity for case in cases}):
        part = split.part_of(identity)
        if part == selection.part:
            measured.append(identity)
        else:
            left_out[part] += 1
    for other, count in left_out.items():
        patients = f"{count} patient{'' if count == 1 else 's'}"
        reason = f"that the split lists as {other}" if other else "that the split does not list"
        say(f"left out: {patients} {reason}")
    if not measured:
        others = sorted({part for part in left_out if part})
        hint = f"; it lists some as {', '.join(others)} (--part)" if others else ""
        raise HermesError(f"{text} holds no patient that the split lists as {selection.part}{hint}")
    return [case for case in cases if case.identity in measured]


def _named_cases(
    cases: Sequence[Case], selection: CaseSelection, say: Callable[[str], None]
) -> list[Case]:
    if selection.split is not None:
        raise HermesError("patients are chosen by name or by a split; give one of them")
    wanted = set(selection.patients)
    if missing := wanted - {name for case in cases for name in (case.patient, case.identity)}:
        raise HermesError(f"no such patient: {', '.join(sorted(missing))}")
    measured = [case for case in cases if wanted & {case.patient, case.identity}]
    left_out = len({case.identity for case in cases} - {case.identity for case in measured})
    if left_out:
        say(f"left out: {left_out} patient{'' if left_out == 1 else 's'} not named")
    return measured


def case_names(cases: Sequence[Case]) -> list[str]:
    """A name of its own for each case: the file's stem, with the patient where stems recur."""
    stems = [case.image.name.split(".")[0] for case in cases]
    count = Counter(stems)
    names = [
        stem if count[stem] == 1 else f"{case.identity}/{stem}"
        for case, stem in zip(cases, stems, strict=True)
    ]
    seen: Counter[str] = Counter()
    for number, name in enumerate(names):
        seen[name] += 1
        if seen[name] > 1:
            names[number] = f"{name} ({seen[name]})"
    return names


@dataclass(frozen=True, eq=False)
class CaseImages:
    """All slices of a case.

    Attributes:
        images: (N, C, H, W), with neighbours.
        truth: (N, H, W) bool.
        thickness: distance of the slices, mm; None for a lone slice.
        pixel_spacing: of rows and of columns, mm.
    """

    images: torch.Tensor
    truth: torch.Tensor
    thickness: float | None
    pixel_spacing: tuple[float, float]

    @property
    def pixel_area(self) -> float:
        """Area of a pixel, mm^2."""
        rows, columns = self.pixel_spacing
        return rows * columns


def read_case(case: Case, preset: Preset) -> CaseImages:
    """Read all slices of a case."""
    volume = case.read_image()
    truth = case.truth.read(volume)
    return CaseImages(
        with_neighbours(volume.normalise(preset.intensity)),
        torch.from_numpy(truth),
        volume.slice_spacing if len(truth) > 1 else None,
        volume.pixel_spacing,
    )


@dataclass(frozen=True, eq=False)
class ObservedSlices:
    """The slices of a case that show the organ, as a quality control reads them in their volume.

    Attributes:
        observation: of these slices.
        truth: (N, H, W) bool.
        indices: of the slices in the case.
    """

    observation: Observation
    truth: torch.Tensor
    indices: list[int]


def observe_slices(case: Case, preset: Preset, quality: QualityControl) -> ObservedSlices:
    """Read all slices of a case, and keep those that show the organ."""
    read = read_case(case, preset)
    indices = torch.nonzero(read.truth.flatten(1).any(1)).flatten().tolist()
    observation = quality.observe(read.images, read.thickness).select(indices)
    return ObservedSlices(observation, read.truth[indices], indices)


def read_slices(case: Case, preset: Preset) -> tuple[torch.Tensor, torch.Tensor, list[int]]:
    """The slices of a case that show the organ.

    Returns:
        Images with neighbours (N, C, H, W), truth (N, H, W), and the slices' indices.
    """
    read = read_case(case, preset)
    indices = torch.nonzero(read.truth.flatten(1).any(1)).flatten().tolist()
    return read.images[indices], read.truth[indices], indices
