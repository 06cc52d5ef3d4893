"""The slices that an ensemble is trained on, and the folds of their patients."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from HermesLib.datasets.slices import LabelledSlice
from HermesLib.datasets.splits import describe_patients
from HermesLib.errors import HermesError
from HermesLib.training.ensemble.folds import Folds, read_folds
from HermesLib.training.job import TrainingJob


@dataclass(frozen=True, eq=False)
class OrganData:
    """The slices of training folders that label an organ.

    Attributes:
        organ: its name in the folders' tables.
        slices: of all patients.
        left_out: patients that were not read.
    """

    organ: str
    slices: list[LabelledSlice]
    left_out: tuple[str, ...] = ()

    def sizes(self) -> dict[str, int]:
        """How many slices show the organ, by patient."""
        sizes: dict[str, int] = {}
        for item in self.slices:
            mask = item.organ(self.organ)
            sizes[item.patient] = sizes.get(item.patient, 0) + int(mask is not None and mask.any())
        return sizes


def read_organ_data(job: TrainingJob, organ: str) -> OrganData:
    """Read the slices that label an organ.

    Patients that the job leaves out are not read, and reported.

    Raises:
        HermesError: there are none.
    """
    left_out: set[str] = set()

    def keep(patient: str) -> bool:
        if job.split.leaves_out(patient):
            left_out.add(patient)
        return patient not in left_out

    read = [item for dataset in job.datasets for item in dataset.read(keep)]
    if left_out:
        job.say(f"left out on request: {describe_patients(left_out)}")
    slices = [item for item in read if item.organ(organ) is not None]
    if not slices:
        raise HermesError(f"the training folders hold no slice on which '{organ}' is labelled")
    return OrganData(organ, slices, tuple(sorted(left_out)))


def folds_of_file(path: Path, sizes: Mapping[str, int]) -> Folds:
    """The folds of a file.

    Args:
        path: of the file.
        sizes: see :meth:`OrganData.sizes`.

    Raises:
        HermesError: it cannot be read, or lists other patients than the data.
    """
    folds = read_folds(path)
    if unknown := sorted(set(folds.everyone) - set(sizes)):
        raise HermesError(f"the folds list patients that are not in the data: {', '.join(unknown)}")
    if unlisted := sorted(set(sizes) - set(folds.everyone)):
        raise HermesError(
            f"the folds do not list {', '.join(unlisted)}; add these patients or leave them out"
        )
    return folds


def check_folds(folds: Folds, data: OrganData) -> None:
    """Refuse folds whose patients cannot be judged.

    Raises:
        HermesError: a fold whose patients do not show the organ.
    """
    sizes = data.sizes()
    for fold, patients in enumerate(folds.patients):
        if not any(sizes[patient] for patient in patients):
            raise HermesError(
                f"no slice of fold {fold} shows '{data.organ}' ({describe_patients(patients)}); "
                "use fewer folds or more patients with the organ"
            )
