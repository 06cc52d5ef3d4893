"""Cases of patients that the networks under test were trained, selected or calibrated on."""

from collections.abc import Mapping, Sequence
from typing import Any

from HermesLib.evaluation.cases import Case

#: How many patients a message names.
_NAMED = 5


def trained_on(training: Mapping[str, Any], cases: Sequence[Case]) -> list[str]:
    """Identities of patients that a training read, or that selected or calibrated its weights.

    Args:
        training: the record in a weight file (:attr:`Checkpoint.training`); empty where unknown.
        cases: the cases to be measured.
    """
    split = training.get("split", {})
    used = {patient for part in ("train", "validation") for patient in split.get(part, ())}
    used |= set(training.get("calibration", {}).get("patients", ()))
    return sorted({case.identity for case in cases} & used)


def overlap_warning(
    network: str,
    patients: Sequence[str],
    cases: Sequence[Case],
    remedy: str = "leave them out with --split or --patients",
) -> str:
    """One line for the user, which ends in what to do.

    ``patients`` are those of :func:`trained_on`, at least one.
    """
    total = len({case.identity for case in cases})
    names = ", ".join(patients[:_NAMED]) + (", ..." if len(patients) > _NAMED else "")
    return (
        f"warning: {network} was trained, selected or calibrated on {len(patients)} of the {total}"
        f" patients ({names}), so the figures are too good; {remedy}"
    )
