"""Figures of sweeps: how well the organ is found, by its size and by its shift."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from HermesLib.evaluation.loop_metrics import SliceOutcome
from HermesLib.evaluation.silent_failures import silent_failure_figures
from HermesLib.evaluation.sweeps import WarpedOutcomes

#: What a sweep changes, for people, and the unit of its amounts.
TITLES = {
    "size": "size of the organ, factor of its volume",
    "shift": "shift of the organ, in its radii",
}


def sweep_figures(volumes: Sequence[WarpedOutcomes]) -> dict[str, Any]:
    """Figures of each sweep over all its volumes, and of each of its steps.

    Returns:
        By kind of sweep: ``steps``, by amount; ``directions`` of a shift, over its amounts above 0;
        ``all``, over the slices of all steps, None without any; ``out_of_reach``, over the volumes
        that had no room for a warp, with the ``warps`` that they missed, None without any. They
        take no part in the others. Each has the figures of
        :func:`HermesLib.evaluation.silent_failures.silent_failure_figures`, and ``worst_dice``,
        ``worst_silent``: the patient with the lowest mean true Dice and the one with the largest
        share of silent failures.
    """
    sweeps: dict[str, Any] = {}
    for kind in dict.fromkeys(volume.warp.kind for volume in volumes):
        every = [volume for volume in volumes if volume.warp.kind == kind]
        own = [volume for volume in every if volume.reached]
        missed = [volume for volume in every if not volume.reached]
        amounts = sorted({volume.warp.amount for volume in own})
        directions = dict.fromkeys(volume.warp.direction for volume in own)
        warps = dict(Counter(volume.warp.title for volume in missed))
        sweeps[kind] = {
            "steps": [
                {"amount": amount, **_step([v for v in own if v.warp.amount == amount])}
                for amount in amounts
            ],
            "directions": {
                direction: _step([v for v in own if v.warp.direction == direction])
                for direction in directions
                if direction
            },
            "all": _figures(own) if own else None,
            "out_of_reach": {"warps": warps, **_step(missed)} if missed else None,
        }
    return sweeps


def _step(volumes: Sequence[WarpedOutcomes]) -> dict[str, Any]:
    """The figures of volumes, and what their warps have reached (lowest, highest)."""
    factors = [volume.volume_factor for volume in volumes]
    distances = [volume.distance for volume in volumes]
    return {
        "volume_factor": [min(factors), max(factors)],
        "distance": [min(distances), max(distances)],
        **_figures(volumes),
    }


def _figures(volumes: Sequence[WarpedOutcomes]) -> dict[str, Any]:
    figures = silent_failure_figures([item for volume in volumes for item in volume.slices])
    patients = figures["patients"]
    worst = next(iter(patients))
    found = {name: row["true_dice"] for name, row in patients.items() if row["with_organ"]}
    lowest = min(found, key=lambda name: found[name], default=worst)
    return {
        "patients": len(patients),
        "volumes": len(volumes),
        **figures["all"],
        "worst_dice": {"patient": lowest, "true_dice": found.get(lowest)},
        "worst_silent": {"patient": worst, **patients[worst]["silent"]},
    }


def patient_dice(volumes: Iterable[WarpedOutcomes]) -> dict[str, float]:
    """Mean true Dice over the slices with the organ, by patient."""
    slices: dict[str, list[SliceOutcome]] = {}
    for volume in volumes:
        slices.setdefault(volume.patient, []).extend(item for item in volume.slices if item.organ)
    return {
        patient: sum(item.final_dsc for item in own) / len(own)
        for patient, own in slices.items()
        if own
    }


def sweep_table(figures: dict[str, Any]) -> str:
    """The figures as lines of text: one table a sweep, one line a step."""
    lines = []
    for kind, sweep in figures.items():
        lines += [
            TITLES[kind],
            f"{'':<10}{'volumes':>8}{'reached':>14}{'slices':>8}{'Dice':>7}{'worst':>7}"
            f"{'dropped':>9}{'marked':>8}{'accepted':>10}{'silent':>8}{'share':>8}{'worst':>8}",
        ]
        rows = {f"{step['amount']:g}": step for step in sweep["steps"]} | sweep["directions"]
        rows |= {"all": sweep["all"], "no room": sweep["out_of_reach"]}
        for name, row in rows.items():
            if row is not None:
                lines.append(_line(name, row, "volume_factor" if kind == "size" else "distance"))
        if missed := sweep["out_of_reach"]:
            named = ", ".join(f"{title} ({count})" for title, count in missed["warps"].items())
            lines.append(f"no room in the volume, not among the others: {named}")
    return "\n".join(lines)


def _line(name: str, row: dict[str, Any], reached: str) -> str:
    span = "-".join(f"{value:.2f}" for value in row[reached]) if reached in row else ""
    return (
        f"{name:<10}{row['volumes']:>8}{span:>14}{row['with_organ']:>8}"
        f"{_text(row['true_dice']):>7}{_text(row['worst_dice']['true_dice']):>7}"
        f"{row['dropped']['slices']:>9}{row['marked']['with_organ']:>8.2f}"
        f"{row['accepted']['share']:>10.2f}{row['silent']['slices']:>8}"
        f"{row['silent']['share']:>8.3f}{row['worst_silent']['share']:>8.3f}"
    )


def _text(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
