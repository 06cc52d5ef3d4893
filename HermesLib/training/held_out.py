"""The held-out patients of trained weights: their cases, slices and files."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from HermesLib.datasets.splits import Part, Split
from HermesLib.datasets.training_dataset import TrainingDataset
from HermesLib.errors import HermesError
from HermesLib.evaluation.cases import Case, dataset_cases
from HermesLib.weights.checkpoint import Checkpoint

HELD_OUT: tuple[Part, ...] = ("validation", "test")


@dataclasses.dataclass(frozen=True)
class HeldOutData:
    """Folders with patients that weights were not trained on.

    Attributes:
        datasets: the folders.
        parts: of the weights' split that are read.
    """

    datasets: Sequence[TrainingDataset]
    parts: Sequence[Part] = HELD_OUT

    def patients(self, split: Split) -> set[str]:
        """The patients that these parts of a split list."""
        return {patient for part in self.parts for patient in getattr(split, part)}


def recorded_split(checkpoint: Checkpoint, path: Path) -> Split:
    """The split that weights record.

    Raises:
        HermesError: they record none, so that no patient is known to be held out.
    """
    split = checkpoint.training.get("split")
    if split is None:
        raise HermesError(
            f"{path.name} does not record which patients it was trained on; "
            "no patient is known to be held out"
        )
    return Split.from_plain(split)


def held_out_cases(data: HeldOutData, organ: str, split: Split) -> list[Case]:
    """The images with the organ's label of held-out patients; ``patient`` is their identity.

    Raises:
        HermesError: no such case, or a folder of another layout.
    """
    wanted = data.patients(split)
    cases = []
    for dataset in data.datasets:
        cases += [
            dataclasses.replace(case, patient=case.identity)
            for case in dataset_cases(dataset, organ)
            if case.identity in wanted
        ]
    if not cases:
        raise HermesError("the folders hold none of the weights' held-out patients")
    return cases
