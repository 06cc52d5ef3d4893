"""Folds by patient: every patient is left out by one member of the ensemble."""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from HermesLib.datasets.splits import UNLABELLED
from HermesLib.errors import HermesError


@dataclass(frozen=True)
class Folds:
    """Disjoint groups of patients.

    Attributes:
        patients: identities of each fold. The member of a fold is trained on all other folds.
    """

    patients: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.patients)

    @property
    def everyone(self) -> tuple[str, ...]:
        """The patients of all folds, sorted."""
        return tuple(sorted(name for names in self.patients for name in names))

    def fold_of(self, patient: str) -> int | None:
        """The fold that lists a patient; None if no fold does."""
        return next((k for k, names in enumerate(self.patients) if patient in names), None)

    def training(self, fold: int) -> tuple[str, ...]:
        """The patients of the other folds."""
        return tuple(
            sorted(name for k, names in enumerate(self.patients) if k != fold for name in names)
        )

    def to_plain(self) -> list[list[str]]:
        """As in a file of folds and in a checkpoint's training record."""
        return [list(names) for names in self.patients]

    @classmethod
    def from_plain(cls, plain: Any) -> "Folds":
        """Read :meth:`to_plain`.

        Raises:
            HermesError: another structure, fewer than two folds, or a patient in two folds.
        """
        if (
            not isinstance(plain, list)
            or len(plain) < 2
            or not all(isinstance(names, list) and names for names in plain)
            or not all(isinstance(name, str) for names in plain for name in names)
        ):
            raise HermesError(
                "folds are a list of two or more lists of patient identities, none of them empty"
            )
        listed = [name for names in plain for name in names]
        if twice := sorted({name for name in listed if listed.count(name) > 1}):
            raise HermesError(f"the folds list {', '.join(twice)} twice")
        return cls(tuple(tuple(sorted(names)) for names in plain))


def read_folds(path: Path) -> Folds:
    """Read a JSON file of folds.

    Raises:
        HermesError: a missing file, or one that does not hold folds.
    """
    try:
        return Folds.from_plain(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise HermesError(f"cannot read the folds {path}: {error.strerror}") from error
    except ValueError as error:
        raise HermesError(f"{path} is not JSON ({error})") from error
    except HermesError as error:
        raise HermesError(f"{path}: {error}") from error


def write_folds(path: Path, folds: Folds) -> None:
    """Write a JSON file of folds in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.part")
    temporary.write_text(json.dumps(folds.to_plain()) + "\n", encoding="utf-8")
    os.replace(temporary, path)


def divide(
    patients: Iterable[str],
    count: int,
    sizes: dict[str, int],
    seed: int,
    fixed: Mapping[str, int] | None = None,
) -> Folds:
    """Folds of similar numbers of slices, by a seed.

    Args:
        patients: identities; those without labels are in no fold.
        count: number of folds.
        sizes: slices with the organ of each patient.
        seed: of the shuffle.
        fixed: folds that some patients keep.

    Raises:
        HermesError: fewer than two folds, or fewer patients than folds.
    """
    if count < 2:
        raise HermesError(f"{count} folds leave nobody out; use two or more")
    labelled = sorted({name for name in patients if not name.endswith(UNLABELLED)})
    if len(labelled) < count:
        raise HermesError(
            f"{len(labelled)} patients cannot be divided into {count} folds; "
            "use more patients or fewer folds"
        )
    folds: list[list[str]] = [[] for _ in range(count)]
    for name in labelled:
        if fixed and name in fixed:
            folds[fixed[name]].append(name)
    free = [name for name in labelled if not fixed or name not in fixed]
    order = np.random.default_rng(seed).permutation(len(free))
    ranked = sorted((free[k] for k in order), key=lambda name: -sizes.get(name, 0))
    for start in range(0, len(ranked), count):
        row: Sequence[str] = ranked[start : start + count]
        emptiest = sorted(range(count), key=lambda k: sum(sizes.get(n, 0) for n in folds[k]))
        for name, fold in zip(row, emptiest, strict=False):
            folds[fold].append(name)
    if not all(folds):
        raise HermesError(f"{len(labelled)} patients leave one of {count} folds empty")
    return Folds(tuple(tuple(sorted(names)) for names in folds))
