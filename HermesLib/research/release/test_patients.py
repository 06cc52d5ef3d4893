"""The patients on which this project reports figures: no training of the project reads them.

A cross-fitted ensemble is the exception for the BTCV patients: its figures of them are out of fold,
so that they may train. PROSTATE-X stays out of every training.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from HermesLib.datasets.folders import parse_folder, read_table
from HermesLib.datasets.readers.registry import is_reader_form
from HermesLib.datasets.splits import read_split
from HermesLib.evaluation.cases import LAYOUTS, Case, read_cases
from HermesLib.training.job import TrainingJob

#: Patients of the BTCV slices that the spleen figures are reported on, as a split file
#: (``hermes evaluate --split``).
BTCV_SPLIT = Path(__file__).with_name("btcv_test.json")
BTCV_TEST = read_split(BTCV_SPLIT).test
#: Patterns of identities that are left out of every training. PROSTATE-X is the test set of the
#: paper.
NEVER_TRAINED = ("prostatex*",)
#: Identities, and patterns of them, that are left out of every training that is not cross-fitted.
TEST_PATIENTS = (*NEVER_TRAINED, *BTCV_TEST)
#: Data sets with patients in common, by the family that names these.
FAMILIES = {"btcv-slices": "btcv"}


def is_test_patient(patient: str, patterns: Sequence[str] = TEST_PATIENTS) -> bool:
    """Whether a patient's identity is one of :data:`TEST_PATIENTS`, or fits a pattern in it."""
    return any(fnmatchcase(patient.lower(), pattern) for pattern in patterns)


def leaked_patients(training: Mapping[str, Any]) -> list[str]:
    """Test patients that a training read, sorted.

    A training that records ``folds`` is cross-fitted and may read all but
    :data:`NEVER_TRAINED`; the training of a core that an ensemble joined may not.

    Args:
        training: the record in a weight file (:attr:`Checkpoint.training`).
    """
    patterns = NEVER_TRAINED if "folds" in training else TEST_PATIENTS
    split = training["split"]
    read = [
        *split["train"],
        *split["validation"],
        *(n for k in training.get("folds", ()) for n in k),
    ]
    leaked = {patient for patient in read if is_test_patient(patient, patterns)}
    core = training.get("core", {}).get("training", {})
    if "split" in core:
        leaked.update(leaked_patients(core))
    return sorted(leaked)


def without_test_patients(job: TrainingJob) -> TrainingJob:
    """A training job that leaves out the project's test patients."""
    left_out = tuple(dict.fromkeys((*job.split.leave_out, *TEST_PATIENTS)))
    return dataclasses.replace(job, split=dataclasses.replace(job.split, leave_out=left_out))


def read_test_cases(text: str, organ: str) -> list[Case]:
    """Cases of a form of data; of a data set in training, the test patients only."""
    if is_reader_form(text):
        cases = read_cases(text, organ)
        return [case for case in cases if case.part in (None, "test")]
    layout, folder, family = parse_folder(text, LAYOUTS)
    family = family or FAMILIES.get(str(read_table(folder)["name"]))
    cases = read_cases(":".join([layout, str(folder), *([family] if family else [])]), organ)
    if family == "btcv":
        return [case for case in cases if case.identity in BTCV_TEST]
    return cases
