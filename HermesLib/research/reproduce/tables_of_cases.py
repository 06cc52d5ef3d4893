"""The first stage: every image and mask is opened, and what can be used is written as tables."""

import csv
import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from HermesLib.datasets.case import Case
from HermesLib.datasets.readers.checking import check_cases
from HermesLib.datasets.readers.listing import Listing, Skipped
from HermesLib.datasets.readers.pairs import write_pairs
from HermesLib.datasets.readers.registry import list_data
from HermesLib.datasets.splits import split_patients
from HermesLib.errors import HermesError
from HermesLib.presets.registry import load_preset
from HermesLib.research.release.test_patients import is_test_patient
from HermesLib.research.reproduce.request import Experiment, ReproduceRequest

#: Shares of the patients that validate, and that test where the data name no test.
_VALIDATION, _TEST = 0.1, 0.2


@dataclasses.dataclass(frozen=True)
class CaseTables:
    """The tables of an experiment.

    Attributes:
        train: cases that train and validate.
        test: cases that are measured.
        expert: test cases with readers' masks; None without.
    """

    train: Path
    test: Path
    expert: Path | None = None

    @classmethod
    def of(cls, folder: Path, experiment: Experiment) -> "CaseTables":
        """Where they are in an experiment's folder."""
        name = experiment.train.partition(":")[0]
        expert = folder / "expert-test.csv" if experiment.expert else None
        return cls(folder / f"{name}-train.csv", folder / f"{name}-test.csv", expert)


def listings_of(experiment: Experiment) -> tuple[Listing, Listing | None, Listing | None]:
    """Training, test and expert listings, by names and tables alone.

    Raises:
        HermesError: as of :func:`list_data`; also nothing to train on.
    """
    organ = load_preset(experiment.preset).organ_label
    train = list_data(experiment.train, organ)
    test = list_data(experiment.test, organ) if experiment.test else None
    expert = list_data(experiment.expert, organ) if experiment.expert else None
    if test is not None:
        tested = {case.identity for case in test.cases}
        outside = [case for case in train.cases if _may_train(case, tested)]
        train = dataclasses.replace(train, cases=tuple(outside))
    for listing, form in ((train, experiment.train), (test, experiment.test)):
        if listing is not None and not listing.cases:
            raise HermesError(f"{form} holds no usable case; see 'hermes data check'")
    return train, test, expert


def _may_train(case: Case, tested: set[str]) -> bool:
    return (
        case.part in (None, "train")
        and case.identity not in tested
        and not is_test_patient(case.identity)
    )


def write_tables(
    request: ReproduceRequest,
    experiment: Experiment,
    folder: Path,
    on_case: Callable[[int, int], None],
) -> CaseTables:
    """Open every image and mask and write the usable ones as tables, the others as a list.

    Args:
        request: with seed and limit.
        experiment: whose data are read.
        folder: takes the tables and ``skipped.csv``.
        on_case: called with the cases done and their total, for each listing.

    Raises:
        HermesError: too few usable patients to train, validate and test.
    """
    train, test, expert = listings_of(experiment)
    tables = CaseTables.of(folder, experiment)
    cases, skipped = _checked(train, on_case)
    cases = _limited(cases, request)
    patients = sorted({case.identity for case in cases})
    share = _TEST if test is None else 0.0
    split = split_patients(patients, request.seed, _VALIDATION, share)
    if not split.train:
        raise HermesError(f"{experiment.train}: {len(patients)} patients are too few to train")
    parted = [dataclasses.replace(case, part=split.part_of(case.identity)) for case in cases]
    tested = [case for case in parted if case.part == "test"]
    write_pairs(tables.train, [case for case in parted if case.part != "test"], train.modality)
    if test is not None:
        tested, more = _checked(test, on_case)
        skipped += more
    write_pairs(tables.test, tested, train.modality)
    if expert is not None and tables.expert is not None:
        cases, more = _checked(expert, on_case)
        skipped += more
        write_pairs(tables.expert, cases, train.modality)
    _write_skipped(folder / "skipped.csv", skipped)
    return tables


def _checked(
    listing: Listing, on_case: Callable[[int, int], None]
) -> tuple[list[Case], list[Skipped]]:
    checked = check_cases(listing, on_case)
    return list(checked.usable), [*listing.skipped, *checked.skipped]


def _limited(cases: list[Case], request: ReproduceRequest) -> list[Case]:
    """At most as many training studies as the request allows, drawn by its seed."""
    if request.limit is None or len(cases) <= request.limit:
        return cases
    chosen = np.random.default_rng(request.seed).permutation(len(cases))[: request.limit]
    return [cases[k] for k in sorted(chosen)]


def _write_skipped(path: Path, skipped: Sequence[Skipped]) -> None:
    with open(path, "w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["name", "reason"])
        writer.writerows([item.name, item.reason] for item in skipped)
