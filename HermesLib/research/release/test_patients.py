"""The patients on which this project reports figures: no training of the project reads them."""

import dataclasses
from fnmatch import fnmatchcase
from pathlib import Path

from HermesLib.datasets.folders import parse_folder, read_table
from HermesLib.datasets.splits import read_split
from HermesLib.evaluation.cases import LAYOUTS, Case, read_cases
from HermesLib.training.job import TrainingJob

#: Patients of the BTCV slices that the spleen figures are reported on, as a split file
#: (``hermes evaluate --split``).
BTCV_SPLIT = Path(__file__).with_name("btcv_test.json")
BTCV_TEST = read_split(BTCV_SPLIT).test
#: Identities, and patterns of them, that are left out of every training. PROSTATE-X is the test
#: set of the paper.
TEST_PATIENTS = ("prostatex*", *BTCV_TEST)
#: Data sets with patients in common, by the family that names these.
FAMILIES = {"btcv-slices": "btcv"}


def is_test_patient(patient: str) -> bool:
    """Whether a patient's identity is one of :data:`TEST_PATIENTS`, or fits a pattern in it."""
    return any(fnmatchcase(patient.lower(), pattern) for pattern in TEST_PATIENTS)


def without_test_patients(job: TrainingJob) -> TrainingJob:
    """A training job that leaves out the project's test patients."""
    left_out = tuple(dict.fromkeys((*job.split.leave_out, *TEST_PATIENTS)))
    return dataclasses.replace(job, split=dataclasses.replace(job.split, leave_out=left_out))


def read_test_cases(text: str, organ: str) -> list[Case]:
    """Cases of ``LAYOUT:FOLDER[:FAMILY]``; of a data set in training, the test patients only."""
    layout, folder, family = parse_folder(text, LAYOUTS)
    family = family or FAMILIES.get(str(read_table(folder)["name"]))
    cases = read_cases(":".join([layout, str(folder), *([family] if family else [])]), organ)
    if family == "btcv":
        return [case for case in cases if case.identity in BTCV_TEST]
    return cases
