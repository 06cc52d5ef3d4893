"""Judges on the same masks: do they put bad masks last, and by how much are they off?"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats

from HermesLib.evaluation.bootstrap import with_interval
from HermesLib.evaluation.failure_detection import auroc
from HermesLib.evaluation.judged_masks import JudgedMask
from HermesLib.evaluation.risk_coverage import aurc

#: Masks below this true Dice are failures.
FAILURE = 0.7
#: Fewer masks of a patient have no order.
_FEWEST = 5


def judge_figures(masks: Sequence[JudgedMask]) -> dict[str, dict[str, Any]]:
    """Figures of each judge, for masks of the loop (``loop``) and from elsewhere (``elsewhere``).

    Every judge's figures are over the masks that it can judge; ``masks`` says how many these are.

    Returns:
        By group and judge: ``aurc`` with its 95 % interval by patient bootstrap (the lower the
        better; ``best_aurc`` is that of the best possible order), ``spearman``, ``mae``, ``auroc``
        of failures (true Dice below :data:`FAILURE`), ``seconds`` a mask, and the worst patient's
        AURC and mean absolute error with that patient's identity. None where a figure does not
        exist.
    """
    groups = {
        "loop": [mask for mask in masks if mask.drawn],
        "elsewhere": [mask for mask in masks if not mask.drawn],
    }
    names = list(dict.fromkeys(name for mask in masks for name in mask.scores))
    return {
        group: {
            name: _figures(name, able)
            for name in names
            if (able := [mask for mask in part if name in mask.scores])
        }
        for group, part in groups.items()
    }


def _figures(name: str, masks: Sequence[JudgedMask]) -> dict[str, Any]:
    patients = [mask.patient for mask in masks]
    table = np.array([[mask.scores[name], mask.true] for mask in masks])
    score, true = table.T
    by_patient = {
        patient: table[[owner == patient for owner in patients]]
        for patient in dict.fromkeys(patients)
    }
    ordered = {patient: _aurc(rows) for patient, rows in by_patient.items() if len(rows) >= _FEWEST}
    errors = {patient: _error(rows) for patient, rows in by_patient.items()}
    return {
        "masks": len(masks),
        "patients": len(by_patient),
        "aurc": with_interval(table, patients, _aurc),
        "best_aurc": _rounded(aurc(true, 1 - true)),
        "spearman": _spearman(score, true),
        "mae": with_interval(table, patients, _error),
        "auroc": auroc(-score, true < FAILURE),
        "seconds": _rounded(float(np.mean([mask.seconds[name] for mask in masks]))),
        "worst_aurc": _worst(ordered),
        "worst_mae": _worst(errors),
    }


def judge_table(figures: dict[str, dict[str, Any]]) -> str:
    """The figures as lines of text, best AURC first."""
    lines = []
    for group, rows in figures.items():
        if not rows:
            continue
        some = next(iter(rows.values()))
        lines += [
            f"masks of the {group}" if group == "loop" else "masks from elsewhere",
            f"{'judge':<18}{'masks':>6}{'AURC':>8}{'worst':>8}{'spearman':>10}{'MAE':>8}"
            f"{'worst':>8}{'AUROC':>8}{'s/mask':>8}",
        ]
        for name, row in sorted(rows.items(), key=lambda item: item[1]["aurc"][0]):
            worst_order, worst_error = (_value(row[key]) for key in ("worst_aurc", "worst_mae"))
            lines.append(
                f"{name:<18}{row['masks']:>6}{row['aurc'][0]:>8.3f}{_text(worst_order):>8}"
                f"{_text(row['spearman']):>10}{row['mae'][0]:>8.3f}{_text(worst_error):>8}"
                f"{_text(row['auroc']):>8}{row['seconds']:>8.2f}"
            )
        lines.append(f"{'best order':<18}{'':>6}{some['best_aurc']:>8.3f}")
    return "\n".join(lines)


def _aurc(rows: np.ndarray) -> float:
    return aurc(rows[:, 0], 1 - rows[:, 1])


def _error(rows: np.ndarray) -> float:
    return float(np.abs(rows[:, 0] - rows[:, 1]).mean())


def _spearman(score: np.ndarray, true: np.ndarray) -> float | None:
    if len(score) < _FEWEST or np.ptp(score) == 0 or np.ptp(true) == 0:
        return None
    return _rounded(float(stats.spearmanr(score, true).statistic))


def _worst(values: dict[str, float]) -> dict[str, Any] | None:
    if not values:
        return None
    patient = max(values, key=lambda name: values[name])
    return {"patient": patient, "value": _rounded(values[patient])}


def _value(worst: dict[str, Any] | None) -> float | None:
    return None if worst is None else worst["value"]


def _rounded(value: float) -> float:
    return round(value, 4)


def _text(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
