"""Who trains, who validates, who tests: by patient, from a seed, with the project's test patients never read in training."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

#: Patients of ``btcv-slices`` on which the project reports its spleen figures.
BTCV_TEST = tuple(f"btcv-{number}" for number in (1, 2, 3, 4, 22, 25, 29, 32, 35, 36, 38))


def held_out(patient: str) -> bool:
    """True for patients no training may read: PROSTATE-X (the paper's own test set) and the spleen test patients of BTCV."""
    return patient.lower().startswith("prostatex") or patient in BTCV_TEST


@dataclass(frozen=True)
class Split:
    """Disjoint identities of patients."""

    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]


def split_patients(
    patients: Iterable[str], seed: int, validation: float = 0.1, test: float = 0.1
) -> Split:
    """Shuffle patients from the seed and cut; each share is rounded, at least one where it is above zero.

    Identities ending in ``-unlabelled`` all train: they serve only the image expert.
    """
    everyone = sorted(set(patients))
    labelled = [patient for patient in everyone if not patient.endswith("-unlabelled")]
    order = np.random.default_rng(seed).permutation(len(labelled))
    shuffled = [labelled[k] for k in order]
    counts = [
        max(1, round(share * len(shuffled))) if share > 0 else 0 for share in (validation, test)
    ]
    cut, end = counts[0], counts[0] + counts[1]
    train = shuffled[end:] + [patient for patient in everyone if patient.endswith("-unlabelled")]
    return Split(
        tuple(sorted(train)), tuple(sorted(shuffled[:cut])), tuple(sorted(shuffled[cut:end]))
    )


def split_as(patients: Iterable[str], others: Sequence[Split]) -> Split:
    """Keep the patients whom other trainings keep: for networks that are to be judged together on patients none of them has seen.

    Who validates in one training and tests in another validates.
    """
    everyone = set(patients)
    validation = everyone.intersection(patient for other in others for patient in other.validation)
    test = everyone.intersection(patient for other in others for patient in other.test) - validation
    return Split(
        tuple(sorted(everyone - validation - test)), tuple(sorted(validation)), tuple(sorted(test))
    )
