"""From measured rows to tables: means over slices that show the organ, intervals by patient bootstrap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from HermesLib.evaluation.bootstrap import with_interval
from HermesLib.evaluation.failure_detection import detect_anomalies
from HermesLib.evaluation.loop_metrics import SliceOutcome
from HermesLib.evaluation.score_metrics import THRESHOLDS
from HermesLib.refinement.events import Status
from HermesLib.research.tables.design import Cell

#: What the paper prints for its own method: true Dice over all models and prompts at the thresholds of :data:`THRESHOLDS`.
PAPER_OVERALL = {0.7: 0.74, 0.8: 0.81, 0.9: 0.85}


@dataclass(frozen=True)
class Row:
    """One cell's figures; ``final``, ``gain`` (percentage points) and ``pgt`` are a mean and its 95 % interval.

    Attributes:
        final: true Dice of the final masks; None where the source never drew a pGT that could prompt.
        deviation: standard deviation of that Dice over slices.
        gain: final minus first true Dice, percentage points.
        calls: mean calls of the model after the first.
        accepted: share of slices that reached the threshold, and what they are truly worth.
        accepted_dice: mean true Dice of these; None where there are none.
        pgt: true Dice of the final pGT.
        error: mean absolute error of the judge's final word.
        patients, slices: of how many.
    """

    cell: Cell
    final: list[float | None] | None
    deviation: float
    gain: list[float | None]
    calls: float
    accepted: float
    accepted_dice: float | None
    pgt: list[float | None]
    error: float
    patients: int
    slices: int


def row_of(cell: Cell, outcomes: Sequence[SliceOutcome]) -> Row:
    """Figures of one cell.

    Raises:
        ValueError: no slice shows the organ.
    """
    shown = [one for one in outcomes if one.organ]
    if not shown:
        raise ValueError(f"no slice of {cell.run.key} shows the organ")
    patients = [one.patient for one in shown]
    table = np.array(
        [(one.final_dsc, one.first_dsc, one.pgt_dsc, one.pdsc, one.calls) for one in shown], float
    )
    accepted = np.array([one.status == Status.ACCEPTED for one in shown])
    yielded = any(one.calls for one in shown) or accepted.any()
    return Row(
        cell,
        with_interval(table, patients, lambda rows: float(rows[:, 0].mean())) if yielded else None,
        float(table[:, 0].std()),
        with_interval(table, patients, lambda rows: float(100 * (rows[:, 0] - rows[:, 1]).mean())),
        float(table[:, 4].mean()),
        float(accepted.mean()),
        float(table[accepted, 0].mean()) if accepted.any() else None,
        with_interval(table, patients, lambda rows: float(rows[:, 2].mean())),
        float(np.abs(table[:, 3] - table[:, 0]).mean()),
        len(set(patients)),
        len(shown),
    )


def overall(rows: Sequence[Row], source: str, threshold: float) -> float | None:
    """Mean final true Dice over all models of a source at a threshold, each model counting the same."""
    found = [
        row.final[0]
        for row in rows
        if row.cell.run.source == source and row.cell.threshold == threshold and row.final
    ]
    known = [value for value in found if value is not None]
    return float(np.mean(known)) if known else None


def detection_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Anomaly detection by threshold, and under ``error`` how far a judge's word is from the truth, with its interval."""
    pdsc, true = (np.array([row[name] for row in rows], float) for name in ("pdsc", "true"))
    found: dict[str, dict[str, Any]] = {
        f"{threshold:g}": detect_anomalies(pdsc, true, threshold) for threshold in THRESHOLDS
    }
    table = np.abs(pdsc - true)[:, None]
    interval = with_interval(
        table, [row["patient"] for row in rows], lambda part: float(part[:, 0].mean())
    )
    return {**found, "error": {"mae": interval, "masks": len(rows)}}


def share_of_ceiling(
    rows: Sequence[Row], ceilings: Mapping[str, float], source: str, threshold: float
) -> dict[str, float]:
    """By model: which share of what true prompts get of it the loop reached."""
    return {
        row.cell.run.model: row.final[0] / ceilings[row.cell.run.model]
        for row in rows
        if row.cell.run.source == source
        and row.cell.threshold == threshold
        and row.final
        and row.final[0] is not None
    }


def gain_over(ours: Sequence[SliceOutcome], theirs: Sequence[SliceOutcome]) -> list[float | None]:
    """Final true Dice above a rival's on the same slices that show the organ, with its interval: patients who are hard for both do not widen it.

    Raises:
        ValueError: not the same slices.
    """
    by_slice = [
        {(one.case, one.index): one for one in found if one.organ} for found in (ours, theirs)
    ]
    if by_slice[0].keys() != by_slice[1].keys():
        raise ValueError("both must be measured on the same slices")
    names = sorted(by_slice[0])
    table = np.array(
        [[by_slice[0][name].final_dsc - by_slice[1][name].final_dsc] for name in names]
    )
    return with_interval(
        table, [by_slice[0][name].patient for name in names], lambda rows: float(rows.mean())
    )


def error_above(
    ours: Sequence[Mapping[str, Any]], theirs: Sequence[Mapping[str, Any]]
) -> list[float | None]:
    """By how much a rival's mean absolute error of the pDSC lies above ours on the same masks, with its interval.

    Raises:
        ValueError: not the same masks.
    """
    both = list(zip(ours, theirs, strict=True))
    if any(
        (our["patient"], our["mask"], our["true"])
        != (their["patient"], their["mask"], their["true"])
        for our, their in both
    ):
        raise ValueError("both must have judged the same masks")
    table = np.array(
        [
            [abs(their["pdsc"] - their["true"]) - abs(our["pdsc"] - our["true"])]
            for our, their in both
        ]
    )
    return with_interval(table, [our["patient"] for our in ours], lambda rows: float(rows.mean()))


def clearly_better(ours: Sequence[float | None], theirs: Sequence[float | None]) -> bool:
    """Whether the lower end of one interval lies above the upper end of the other: (mean, low, high) each."""
    return ours[1] is not None and theirs[2] is not None and ours[1] > theirs[2]
