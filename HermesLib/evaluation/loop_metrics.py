"""What the loop made of slices with a known truth: how good the first masks are, how good the final ones, and whether slices without the organ
stay empty."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from HermesLib.evaluation.failure_detection import auroc
from HermesLib.refinement.events import Status


@dataclass(frozen=True)
class SliceOutcome:
    """What the loop made of one slice.

    Attributes:
        patient, case, index: whose, in which file, which slice.
        status, calls: how the slice ended, after how many further calls of the model.
        first_dsc, final_dsc, pgt_dsc: true Dice of the first mask, of the final one and of its pGT.
        pdsc: the judge's word on the final mask.
        present: the probability that the slice shows the organ.
        organ, drawn, common: pixels of the truth, of the final mask, and of both.
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


def summarise(outcomes: Sequence[SliceOutcome]) -> dict[str, Any]:
    """Means over the slices that show the organ, with how many of them and of how many patients; of the others, on how many something was
    drawn; and the Dice of whole volumes."""
    everything, outcomes = outcomes, [one for one in outcomes if one.organ]
    without = [one for one in everything if not one.organ]
    if not outcomes:
        return {"patients": 0, "slices": 0}

    def mean(name: str) -> float:
        return float(np.mean([getattr(one, name) for one in outcomes]))

    statuses = sorted({one.status for one in outcomes})
    return {
        "patients": len({one.patient for one in outcomes}),
        "slices": len(outcomes),
        "first_dsc": mean("first_dsc"),
        "final_dsc": mean("final_dsc"),
        "gain": mean("final_dsc") - mean("first_dsc"),
        "pgt_dsc": mean("pgt_dsc"),
        "pdsc": mean("pdsc"),
        "pdsc_error": float(np.mean([abs(one.pdsc - one.final_dsc) for one in outcomes])),
        "calls": mean("calls"),
        "by_status": {status: sum(one.status == status for one in outcomes) for status in statuses},
        "accepted": _accepted(outcomes),
        "without_organ": {
            "slices": len(without),
            "drawn_on": sum(one.drawn > 0 for one in without),
        },
        "presence_auroc": auroc(
            np.array([one.present for one in everything]),
            np.array([one.organ > 0 for one in everything]),
        ),
        "volumes": _volumes(everything),
        "by_patient": {
            patient: float(np.mean([one.final_dsc for one in outcomes if one.patient == patient]))
            for patient in sorted({one.patient for one in outcomes})
        },
    }


def _accepted(outcomes: Sequence[SliceOutcome]) -> dict[str, Any]:
    accepted = [one for one in outcomes if one.status == Status.ACCEPTED]
    if not accepted:
        return {"slices": 0}
    final, pdsc = (
        float(np.mean([getattr(one, name) for one in accepted])) for name in ("final_dsc", "pdsc")
    )
    return {
        "slices": len(accepted),
        "share": len(accepted) / len(outcomes),
        "final_dsc": final,
        "bias": pdsc - final,
    }


def _volumes(outcomes: Sequence[SliceOutcome]) -> dict[str, Any]:
    """Dice over all slices of each case that has more than one."""
    found = []
    for name in sorted({one.case for one in outcomes}):
        slices = [one for one in outcomes if one.case == name]
        size = sum(one.organ + one.drawn for one in slices)
        if len(slices) > 1 and size:
            found.append(2 * sum(one.common for one in slices) / size)
    return {"count": len(found), "dsc": float(np.mean(found)) if found else None}


def as_rows(outcomes: Sequence[SliceOutcome]) -> list[dict[str, Any]]:
    """Plain values for a file."""
    return [asdict(one) for one in outcomes]
