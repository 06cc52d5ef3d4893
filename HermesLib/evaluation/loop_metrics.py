"""Results of the loop on slices with a known truth.

How good first and final masks are, and whether slices without the organ stay empty.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from HermesLib.evaluation.failure_detection import auroc
from HermesLib.refinement.events import Status


@dataclass(frozen=True)
class SliceOutcome:
    """The loop's result on one slice.

    Attributes:
        patient, case, index: patient, file and slice.
        status, calls: how the slice ended, after how many calls of the model beyond the first.
        first_dsc, final_dsc, pgt_dsc: true Dice of the first mask, of the final one and of its pGT.
        pdsc: score of the final mask.
        present: probability that the slice shows the organ.
        organ, drawn, common: pixels of the truth, of the final mask, and of both.
        marks: reasons to look at the slice (:class:`HermesLib.refinement.marks.Mark`).
        position: place along the organ, 0 on its first slice with truth and 1 on its last; None
            without the organ, and for a lone slice.
        area_mm2: of the truth.
        best: iteration whose mask is the final one.
    """

    patient: str
    case: str
    index: int
    status: str
    calls: int
    first_dsc: float
    final_dsc: float
    pgt_dsc: float
    pdsc: float
    present: float
    organ: int
    drawn: int
    common: int
    marks: tuple[str, ...] = ()
    position: float | None = None
    area_mm2: float = 0.0
    best: int = 0


def summarise(outcomes: Sequence[SliceOutcome]) -> dict[str, Any]:
    """Means over the slices that show the organ, and what became of the others.

    ``without_organ`` counts slices without the organ and those with a mask all the same;
    ``volumes`` holds the Dice of whole volumes.
    """
    with_organ = [outcome for outcome in outcomes if outcome.organ]
    without = [outcome for outcome in outcomes if not outcome.organ]
    if not with_organ:
        return {"patients": 0, "slices": 0}

    def mean(name: str) -> float:
        return float(np.mean([getattr(outcome, name) for outcome in with_organ]))

    statuses = [outcome.status for outcome in with_organ]
    patients = sorted({outcome.patient for outcome in with_organ})
    errors = [abs(outcome.pdsc - outcome.final_dsc) for outcome in with_organ]
    return {
        "patients": len(patients),
        "slices": len(with_organ),
        "first_dsc": mean("first_dsc"),
        "final_dsc": mean("final_dsc"),
        "gain": mean("final_dsc") - mean("first_dsc"),
        "pgt_dsc": mean("pgt_dsc"),
        "pdsc": mean("pdsc"),
        "pdsc_error": float(np.mean(errors)),
        "calls": mean("calls"),
        "by_status": {status: statuses.count(status) for status in sorted(set(statuses))},
        "accepted": _accepted(with_organ),
        "without_organ": {
            "slices": len(without),
            "drawn_on": sum(outcome.drawn > 0 for outcome in without),
        },
        "presence_auroc": auroc(
            np.array([outcome.present for outcome in outcomes]),
            np.array([outcome.organ > 0 for outcome in outcomes]),
        ),
        "volumes": _volumes(outcomes),
        "by_patient": {
            patient: float(
                np.mean([outcome.final_dsc for outcome in with_organ if outcome.patient == patient])
            )
            for patient in patients
        },
    }


def _accepted(outcomes: Sequence[SliceOutcome]) -> dict[str, Any]:
    accepted = [outcome for outcome in outcomes if outcome.status == Status.ACCEPTED]
    if not accepted:
        return {"slices": 0}
    final = float(np.mean([outcome.final_dsc for outcome in accepted]))
    pdsc = float(np.mean([outcome.pdsc for outcome in accepted]))
    return {
        "slices": len(accepted),
        "share": len(accepted) / len(outcomes),
        "final_dsc": final,
        "bias": pdsc - final,
    }


def _volumes(outcomes: Sequence[SliceOutcome]) -> dict[str, Any]:
    """Dice over all slices of each case with more than one slice."""
    scores = []
    for case in sorted({outcome.case for outcome in outcomes}):
        slices = [outcome for outcome in outcomes if outcome.case == case]
        size = sum(outcome.organ + outcome.drawn for outcome in slices)
        if len(slices) > 1 and size:
            scores.append(2 * sum(outcome.common for outcome in slices) / size)
    return {"count": len(scores), "dsc": float(np.mean(scores)) if scores else None}


def as_rows(outcomes: Sequence[SliceOutcome]) -> list[dict[str, Any]]:
    """Plain values for a file."""
    return [asdict(outcome) for outcome in outcomes]
