"""What hurts a user: results that look right and are not.

A slice is a **silent failure** if it bears no mark and ends accepted with a true Dice below
:data:`ACCEPTABLE`, or absent although the organ is there. It is **dropped** if it ends absent
although the organ is there, marked or not.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from HermesLib.evaluation.bootstrap import with_interval
from HermesLib.evaluation.failure_detection import auroc
from HermesLib.evaluation.loop_metrics import SliceOutcome
from HermesLib.evaluation.risk_coverage import aurc, excess_aurc
from HermesLib.refinement.events import Status

#: An accepted mask of a lower true Dice is a failure.
ACCEPTABLE = 0.7
#: Shares of an organ's length: its ends, and what is next to them.
_ENDS, _NEAR = 0.1, 0.25


def is_dropped(outcome: SliceOutcome) -> bool:
    """Whether a slice with the organ ended absent."""
    return outcome.organ > 0 and outcome.status == Status.ABSENT


def is_failure(outcome: SliceOutcome) -> bool:
    """Whether a slice looks finished and is wrong, marked or not.

    A mask that is accepted on a slice without the organ has a true Dice of 0.
    """
    accepted = outcome.status == Status.ACCEPTED and outcome.final_dsc < ACCEPTABLE
    return accepted or is_dropped(outcome)


def is_silent(outcome: SliceOutcome) -> bool:
    """Whether a slice is a silent failure."""
    return is_failure(outcome) and not outcome.marks


def silent_failure_figures(outcomes: Sequence[SliceOutcome]) -> dict[str, Any]:
    """Figures over all slices, by patient (worst first), by size and by position.

    Returns:
        ``volumes``, ``lone_slices``: how many. ``all``: see :func:`_figures`, with
        ``silent_interval``, the 95 % interval of the share by patient bootstrap. ``patients``: the
        same figures of each. ``by_size``: over terciles of the organ's area. ``by_position``: at
        the organ's ends, next to them and in its middle.
    """
    patients = sorted({outcome.patient for outcome in outcomes})
    own = {p: [outcome for outcome in outcomes if outcome.patient == p] for p in patients}
    by_patient = {patient: _figures(rows) for patient, rows in own.items()}
    ranked = sorted(patients, key=lambda patient: (*_rank(by_patient[patient]), patient))
    cases = Counter(outcome.case for outcome in outcomes)
    return {
        "volumes": sum(count > 1 for count in cases.values()),
        "lone_slices": sum(count == 1 for count in cases.values()),
        "all": {**_figures(outcomes), "silent_interval": _interval(outcomes)},
        "patients": {patient: by_patient[patient] for patient in ranked},
        "by_size": _by_size(outcomes),
        "by_position": _by_position(outcomes),
    }


def _figures(outcomes: Sequence[SliceOutcome]) -> dict[str, Any]:
    """Counts and shares.

    ``with_organ``, ``without_organ``: slices. ``silent``: silent failures among the slices with the
    organ, and their share of these. ``dropped``: absent though the organ is there, and how many of
    them bear no mark. ``accepted``: share of the slices with the organ, their true Dice, and how
    many are below :data:`ACCEPTABLE`. ``accepted_unmarked``: the same of those that bear no mark,
    which a reader may accept together. ``drawn_without_organ``: slices without the organ that end
    with a mask, and the silent failures among them, which are accepted. ``marked``: share of the
    slices with and without the organ. ``true_dice``, ``pgt_dice``: means over slices with the
    organ. ``presence_auroc``: over all slices. ``aurc``, ``e_aurc``: of the pDSC on all slices with
    the organ; a dropped slice has the score of its empty mask and a true Dice of 0.
    """
    with_organ = [outcome for outcome in outcomes if outcome.organ]
    without = [outcome for outcome in outcomes if not outcome.organ]
    accepted = [outcome for outcome in with_organ if outcome.status == Status.ACCEPTED]
    dropped = [outcome for outcome in with_organ if is_dropped(outcome)]
    drawn = [outcome for outcome in without if outcome.drawn]
    silent = sum(map(is_silent, with_organ))
    pdscs = [outcome.pdsc for outcome in with_organ]
    risks = [1 - outcome.final_dsc for outcome in with_organ]
    return {
        "with_organ": len(with_organ),
        "without_organ": len(without),
        "silent": {"slices": silent, "share": _share(silent, len(with_organ))},
        "dropped": {
            "slices": len(dropped),
            "share": _share(len(dropped), len(with_organ)),
            "unmarked": sum(not outcome.marks for outcome in dropped),
        },
        "accepted": _accepted(accepted, len(with_organ)),
        "accepted_unmarked": _accepted(
            [outcome for outcome in accepted if not outcome.marks], len(with_organ)
        ),
        "drawn_without_organ": {
            "slices": len(drawn),
            "share": _share(len(drawn), len(without)),
            "silent": sum(map(is_silent, drawn)),
        },
        "marked": {
            "with_organ": _share(sum(bool(item.marks) for item in with_organ), len(with_organ)),
            "without_organ": _share(sum(bool(item.marks) for item in without), len(without)),
        },
        "true_dice": _mean([outcome.final_dsc for outcome in with_organ]),
        "pgt_dice": _mean([outcome.pgt_dsc for outcome in with_organ]),
        "presence_auroc": auroc(
            np.array([outcome.present for outcome in outcomes]),
            np.array([outcome.organ > 0 for outcome in outcomes]),
        ),
        "aurc": _rounded(aurc(pdscs, risks)),
        "e_aurc": _rounded(excess_aurc(pdscs, risks)),
    }


def _accepted(accepted: Sequence[SliceOutcome], with_organ: int) -> dict[str, Any]:
    low = sum(outcome.final_dsc < ACCEPTABLE for outcome in accepted)
    return {
        "slices": len(accepted),
        "share": _share(len(accepted), with_organ),
        "true_dice": _mean([outcome.final_dsc for outcome in accepted]),
        "low": low,
        "low_share": _share(low, len(accepted)),
    }


def _rank(figures: dict[str, Any]) -> tuple[float, float, float]:
    """Sorts patients worst first: silent failures, masks without organ, then low Dice."""
    false = figures["drawn_without_organ"]["silent"]
    dice = figures["true_dice"]
    return -figures["silent"]["share"], -false, 1.0 if dice is None else dice


def failure_table(figures: dict[str, Any]) -> str:
    """The figures of all slices and of each patient, worst first, as lines of text."""
    heading = (
        f"{'patient':<24}{'slices':>7}{'silent':>8}{'dropped':>9}{'accepted':>10}{'true':>7}"
        f"{'< 0.7':>7}{'marked':>8}{'pGT':>7}{'false':>7}"
    )
    rows = {"all": figures["all"], **figures["patients"]}
    lines = [heading]
    for name, row in rows.items():
        accepted = row["accepted"]
        lines.append(
            f"{name:<24}{row['with_organ']:>7}{row['silent']['slices']:>8}"
            f"{row['dropped']['slices']:>9}{accepted['share']:>10.2f}"
            f"{_text(accepted['true_dice']):>7}{accepted['low']:>7}"
            f"{row['marked']['with_organ']:>8.2f}{_text(row['pgt_dice']):>7}"
            f"{row['drawn_without_organ']['silent']:>7}"
        )
    if not figures["volumes"]:
        lines.append("lone slices only: whole volumes were not tested")
    return "\n".join(lines)


def _text(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _interval(outcomes: Sequence[SliceOutcome]) -> list[float | None]:
    table = np.array(
        [[is_silent(item) and item.organ > 0, item.organ > 0] for item in outcomes], float
    )
    return with_interval(
        table,
        [outcome.patient for outcome in outcomes],
        lambda rows: float(rows[:, 0].sum() / max(rows[:, 1].sum(), 1)),
    )


def _by_size(outcomes: Sequence[SliceOutcome]) -> list[dict[str, Any]]:
    """Terciles of the organ's area on the slice, smallest first."""
    with_organ = [outcome for outcome in outcomes if outcome.organ and outcome.area_mm2]
    if not with_organ:
        return []
    areas = np.array([outcome.area_mm2 for outcome in with_organ])
    edges = np.quantile(areas, [0, 1 / 3, 2 / 3, 1])
    tercile = np.clip(np.searchsorted(edges, areas, side="right") - 1, 0, 2)
    return [
        {
            "area_mm2": [round(float(edges[k]), 1), round(float(edges[k + 1]), 1)],
            **_group([item for item, own in zip(with_organ, tercile, strict=True) if own == k]),
        }
        for k in range(3)
    ]


def _by_position(outcomes: Sequence[SliceOutcome]) -> dict[str, dict[str, Any]]:
    """By distance from the nearer end, as a share of the organ's length."""
    placed = [outcome for outcome in outcomes if outcome.organ and outcome.position is not None]
    parts: dict[str, Callable[[float], bool]] = {
        "ends": lambda share: share <= _ENDS,
        "near ends": lambda share: _ENDS < share <= _NEAR,
        "middle": lambda share: share > _NEAR,
    }

    def end_share(outcome: SliceOutcome) -> float:
        position = outcome.position or 0.0
        return min(position, 1 - position)

    return {
        name: _group([outcome for outcome in placed if belongs(end_share(outcome))])
        for name, belongs in parts.items()
    }


def _group(outcomes: Sequence[SliceOutcome]) -> dict[str, Any]:
    return {
        "slices": len(outcomes),
        "true_dice": _mean([outcome.final_dsc for outcome in outcomes]),
        "pgt_dice": _mean([outcome.pgt_dsc for outcome in outcomes]),
        "accepted": _share(
            sum(outcome.status == Status.ACCEPTED for outcome in outcomes), len(outcomes)
        ),
        "dropped": sum(map(is_dropped, outcomes)),
        "silent": sum(map(is_silent, outcomes)),
    }


def _share(count: int, total: int) -> float:
    return round(count / total, 4) if total else 0.0


def _mean(values: Sequence[float]) -> float | None:
    return round(float(np.mean(values)), 4) if values else None


def _rounded(value: float) -> float | None:
    return round(value, 4) if np.isfinite(value) else None
