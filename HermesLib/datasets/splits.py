"""Splits by patient into training, validation and test: from a file, a seed or other weights.

A training folder may hold ``split.json``::

    {"train": ["liver-1", "liver-4"], "validation": ["liver-2"], "test": ["liver-3"]}

The names are patient identities (:func:`HermesLib.datasets.folders.entry_identity`).
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

import numpy as np

from HermesLib.errors import HermesError

Part = Literal["train", "validation", "test"]
PARTS: tuple[Part, ...] = ("train", "validation", "test")
SPLIT_FILE = "split.json"

#: Ends the identity of a patient whose images have no label. They train the image expert only.
UNLABELLED = "-unlabelled"


@dataclass(frozen=True)
class Split:
    """Disjoint patient identities."""

    train: tuple[str, ...] = ()
    validation: tuple[str, ...] = ()
    test: tuple[str, ...] = ()

    def part_of(self, patient: str) -> Part | None:
        """The part that lists a patient; None if no part does."""
        return next((part for part in PARTS if patient in getattr(self, part)), None)

    def to_plain(self) -> dict[str, list[str]]:
        """As in ``split.json`` and in a checkpoint's training record."""
        return {part: list(names) for part, names in asdict(self).items()}

    @classmethod
    def from_plain(cls, plain: Any) -> "Split":
        """Read :meth:`to_plain`; a missing part is empty.

        Raises:
            HermesError: another structure, or a patient in two parts.
        """
        if not isinstance(plain, dict) or not set(plain) <= set(PARTS):
            raise HermesError(f"a split is an object with the keys {', '.join(PARTS)}")
        parts = {}
        for part, names in plain.items():
            if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
                raise HermesError(f"'{part}' of a split is not a list of patient identities")
            parts[part] = tuple(sorted(set(names)))
        listed = [name for names in parts.values() for name in names]
        if twice := sorted({name for name in listed if listed.count(name) > 1}):
            raise HermesError(f"the split lists {', '.join(twice)} in two parts")
        return cls(**parts)


@dataclass(frozen=True)
class SplitOptions:
    """How the patients of a training are divided.

    Attributes:
        validation, test: shares of the patients that no file lists, cut after a seeded shuffle.
        file: a split file for all folders; it replaces their own ``split.json``.
        weights: files of weights; patients held out from their training are held out here too, in
            place of the shares and of split files.
        leave_out: identities of patients that are never read, or patterns such as ``study-1*``.
    """

    validation: float = 0.1
    test: float = 0.1
    file: Path | None = None
    weights: tuple[Path, ...] = ()
    leave_out: tuple[str, ...] = ()

    def leaves_out(self, patient: str) -> bool:
        """Whether a patient is never read."""
        names = (patient.lower(), patient.lower().removesuffix(UNLABELLED))
        return any(
            fnmatchcase(name, pattern.lower()) for name in names for pattern in self.leave_out
        )


def read_split(path: Path) -> Split:
    """Read a split file.

    Raises:
        HermesError: a missing file, or one that is not a split.
    """
    try:
        return Split.from_plain(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise HermesError(f"cannot read the split {path}: {error.strerror}") from error
    except ValueError as error:
        raise HermesError(f"{path} is not JSON ({error})") from error
    except HermesError as error:
        raise HermesError(f"{path}: {error}") from error


def folder_split(folder: Path) -> Split | None:
    """The ``split.json`` of a folder, None if it has none."""
    path = folder / SPLIT_FILE
    return read_split(path) if path.is_file() else None


def split_patients(
    patients: Iterable[str], seed: int, validation: float = 0.1, test: float = 0.1
) -> Split:
    """Shuffle patients by a seed and cut.

    Shares are rounded; a share above zero gives at least one patient. Patients without labels
    (:data:`UNLABELLED`) all train.
    """
    everyone = sorted(set(patients))
    labelled = [patient for patient in everyone if not patient.endswith(UNLABELLED)]
    order = np.random.default_rng(seed).permutation(len(labelled))
    shuffled = [labelled[k] for k in order]
    counts = [
        max(1, round(share * len(shuffled))) if share > 0 else 0 for share in (validation, test)
    ]
    cut = counts[0]
    end = counts[0] + counts[1]
    train = shuffled[end:] + [patient for patient in everyone if patient.endswith(UNLABELLED)]
    return Split(
        tuple(sorted(train)), tuple(sorted(shuffled[:cut])), tuple(sorted(shuffled[cut:end]))
    )


def split_as(patients: Iterable[str], others: Sequence[Split]) -> Split:
    """Hold out the patients that other trainings hold out.

    For networks that are judged together on patients none of them was trained on. A patient that
    validates in one training and tests in another validates.
    """
    everyone = set(patients)
    validation = everyone.intersection(patient for other in others for patient in other.validation)
    test = everyone.intersection(patient for other in others for patient in other.test) - validation
    train = everyone - validation - test
    return Split(tuple(sorted(train)), tuple(sorted(validation)), tuple(sorted(test)))


def split_listed(patients: Iterable[str], listed: Split) -> tuple[Split, list[str]]:
    """The part of a listed split that is at hand, and the patients that it does not list.

    Patients without labels that are not listed train.
    """
    parts: dict[Part, list[str]] = {part: [] for part in PARTS}
    unlisted = []
    for patient in sorted(set(patients)):
        part = listed.part_of(patient)
        if part is None and patient.endswith(UNLABELLED):
            part = "train"
        if part is None:
            unlisted.append(patient)
        else:
            parts[part].append(patient)
    return Split(*(tuple(parts[part]) for part in PARTS)), unlisted


def merge_splits(splits: Iterable[Split]) -> Split:
    """Splits of several folders as one.

    Raises:
        HermesError: a patient is in different parts.
    """
    parts: dict[str, set[str]] = {part: set() for part in PARTS}
    for split in splits:
        for part in PARTS:
            parts[part].update(getattr(split, part))
    return Split.from_plain({part: sorted(names) for part, names in parts.items()})


def describe_patients(patients: Iterable[str], limit: int = 6) -> str:
    """How many patients, and the first few names: ``9 patients (a, b, ...)``."""
    names = sorted(set(patients))
    listed = ", ".join(names[:limit]) + (", ..." if len(names) > limit else "")
    return f"{len(names)} patient{'' if len(names) == 1 else 's'} ({listed})"
