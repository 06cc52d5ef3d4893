"""What the loop makes of wrong input: slices that end without a word, by kind."""

import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from HermesLib.datasets.training_dataset import TrainingDataset
from HermesLib.errors import HermesError
from HermesLib.evaluation.cases import Case
from HermesLib.evaluation.loop_runs import Loop
from HermesLib.evaluation.raw_volumes import raw_volumes, read_raw
from HermesLib.evaluation.wrong_input import OTHER, RawVolume, as_other_scan, kinds_for
from HermesLib.io.neighbours import with_neighbours
from HermesLib.quality.network.input_check import InputCheck
from HermesLib.refinement.events import Status
from HermesLib.refinement.history import PackedArray
from HermesLib.refinement.marks import FinalSlice, Grid, common_with_next, volume_marks
from HermesLib.refinement.volume import refine_volume

RIGHT = "right"


@dataclass(frozen=True)
class WrongOutcome:
    """How one slice of a kind of input ended.

    Attributes:
        kind, patient: of the input.
        status: how it ended.
        marks: reasons to look at it.
    """

    kind: str
    patient: str
    status: str
    marks: tuple[str, ...]

    @property
    def silent(self) -> bool:
        """Whether it ended accepted, or absent, without a mark."""
        return self.status in (Status.ACCEPTED, Status.ABSENT) and not self.marks


@dataclass(frozen=True, eq=False)
class WrongInputTest:
    """What is measured.

    Attributes:
        loop: as in ``hermes evaluate loop``.
        check: an input check beside the quality control's own; None without.
        folds: patients of the check's folds: it answers out of fold.
        most: slices of each volume, at most.
        seed: of all randomness.
    """

    loop: Loop
    check: InputCheck | None = None
    folds: Sequence[Sequence[str]] = ()
    most: int = 16
    seed: int = 0


def evaluate_wrong_input(
    cases: Sequence[Case],
    others: Sequence[TrainingDataset],
    test: WrongInputTest,
    on_case: Callable[[int, int], None],
) -> list[WrongOutcome]:
    """Run the loop on the right input, on all kinds of wrong input made from it, on other scans."""
    preset = test.loop.preset
    outcomes: list[WrongOutcome] = []
    for number, case in enumerate(cases):
        volume = read_raw(case, preset)
        rng = np.random.default_rng([test.seed, zlib.crc32(case.identity.encode())])
        outcomes += _run(RIGHT, case.identity, _on_organ(volume, test.most), test)
        for kind in kinds_for(preset.modality):
            # A change that goes across the volume needs all of it.
            whole = volume if kind.across else _on_organ(volume, test.most)
            wrong = kind.change(whole, rng)
            if wrong is not None:
                outcomes += _run(kind.name, case.identity, _middle(wrong, test.most), test)
        on_case(number + 1, len(cases))
    for patient, _, volume in raw_volumes(others, None, preset, lambda _: True):
        rng = np.random.default_rng([test.seed, zlib.crc32(patient.encode())])
        other = as_other_scan(volume, preset.modality, rng)
        outcomes += _run(OTHER, patient, _middle(other, test.most), test)
    return outcomes


def _run(kind: str, patient: str, volume: RawVolume, test: WrongInputTest) -> list[WrongOutcome]:
    loop = test.loop
    try:
        pixels = np.ascontiguousarray(volume.normalise(loop.preset.intensity))
    except HermesError:
        return []  # refused, with a reason
    images = with_neighbours(pixels)
    quality = loop.quality.without(patient) if loop.out_of_fold else loop.quality
    observation = quality.observe(images, volume.spacing[0] if len(pixels) > 1 else None)
    unfamiliar = torch.zeros(len(pixels), dtype=torch.bool)
    if observation.out_of_distribution is not None:
        unfamiliar |= observation.out_of_distribution
    if test.check is not None:
        members = tuple(k for k, names in enumerate(test.folds) if patient in names)
        unfamiliar |= test.check.unfamiliar(images, members)
    ended = {}
    for event in refine_volume(loop.refiner(quality), observation, device=loop.device):
        if event.status is not None:
            ended[event.slice_index] = event
    spacing = volume.spacing
    grid = Grid(float(spacing[1] * spacing[2]), float(spacing[0]))
    common = common_with_next({k: PackedArray.of(event.mask) for k, event in ended.items()})
    slices = [
        FinalSlice(
            index,
            event.status or Status.STOPPED,
            int(event.mask.sum()) * grid.pixel_mm2,
            event.borderline,
            bool(unfamiliar[index]),
            common.get(index),
        )
        for index, event in sorted(ended.items())
    ]
    marks = volume_marks(slices, grid.thickness, quality.anatomy_rule)
    outcomes = [
        WrongOutcome(kind, patient, str(item.status), tuple(map(str, marks[item.index])))
        for item in slices
    ]
    return outcomes


def _middle(volume: RawVolume, most: int) -> RawVolume:
    """Adjacent slices in the middle."""
    first = max(0, (len(volume.voxels) - most) // 2)
    return volume.select(slice(first, first + most))


def _on_organ(volume: RawVolume, most: int) -> RawVolume:
    """Adjacent slices about the middle of the organ, or of the volume where there is none."""
    with_organ = np.flatnonzero(volume.organ.any((1, 2)))
    if not len(with_organ):
        return _middle(volume, most)
    first = int(with_organ[len(with_organ) // 2]) - most // 2
    first = max(0, min(first, len(volume.voxels) - most))
    return volume.select(slice(first, first + most))


def wrong_input_figures(outcomes: Sequence[WrongOutcome]) -> dict[str, Any]:
    """Slices of each kind: accepted, absent without a mark, marked; false alarms on right input."""
    kinds = {}
    for kind in dict.fromkeys(outcome.kind for outcome in outcomes):
        rows = [outcome for outcome in outcomes if outcome.kind == kind]
        silent = [outcome for outcome in rows if outcome.silent]
        accepted = sum(outcome.status == Status.ACCEPTED for outcome in silent)
        marks = Counter(mark for outcome in rows for mark in outcome.marks)
        kinds[kind] = {
            "slices": len(rows),
            "accepted_unmarked": accepted,
            "absent_unmarked": len(silent) - accepted,
            "silent": round(len(silent) / len(rows), 4),
            "marked": sum(bool(outcome.marks) for outcome in rows),
            "marks": dict(marks),
        }
    wrong = [outcome for outcome in outcomes if outcome.kind != RIGHT]
    return {
        "kinds": kinds,
        "silent": round(float(np.mean([o.silent for o in wrong])), 4) if wrong else None,
        "false_alarms": _false_alarms([o for o in outcomes if o.kind == RIGHT]),
    }


def _false_alarms(outcomes: Sequence[WrongOutcome]) -> dict[str, float]:
    """Share of each patient's right slices that are called unfamiliar, worst first."""
    found: dict[str, list[bool]] = {}
    for outcome in outcomes:
        found.setdefault(outcome.patient, []).append("unfamiliar" in outcome.marks)
    shares = {patient: round(float(np.mean(rows)), 4) for patient, rows in found.items()}
    return dict(sorted(shares.items(), key=lambda item: -item[1]))


def wrong_input_table(figures: dict[str, Any]) -> str:
    """The figures as lines of text."""
    lines = [f"{'kind':<16}{'slices':>8}{'accepted':>10}{'absent':>8}{'silent':>8}{'marked':>8}"]
    for kind, row in figures["kinds"].items():
        lines.append(
            f"{kind:<16}{row['slices']:>8}{row['accepted_unmarked']:>10}"
            f"{row['absent_unmarked']:>8}{row['silent']:>8.3f}{row['marked']:>8}"
        )
    return "\n".join(lines)
