"""``hermes train calibration`` of a judge or guide: from its score to the true Dice."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from HermesLib.errors import HermesError
from HermesLib.evaluation.cases import Case
from HermesLib.evaluation.judged_masks import JudgedMask, Judging, judge_cases
from HermesLib.judges.calibrated import MadeFor, ScoreCalibration
from HermesLib.quality.calibration import Curve
from HermesLib.quality.judgement import require_curves
from HermesLib.quality.unseen_patients import UnseenPatients
from HermesLib.training.calibration_fit import (
    COVERAGE,
    TooFewPatientsError,
    curve_on_unseen,
    fit_curve,
)


@dataclass(frozen=True, eq=False)
class FittedScore:
    """A calibration and the masks that it was fitted on."""

    calibration: ScoreCalibration
    masks: Sequence[JudgedMask]


def calibrate_score(
    cases: Sequence[Case],
    judging: Judging,
    made_for: MadeFor,
    say: Callable[[str], None],
    on_case: Callable[[int, int], None] = lambda done, total: None,
) -> FittedScore:
    """Judge masks of labelled patients and fit their curves.

    Args:
        cases: of patients that neither the quality control nor the references have seen.
        judging: with the one judge that is calibrated.
        made_for: what the calibration is to hold for.
        say: is given the reason where a curve cannot be fitted.
        on_case: called with the cases done and their total.

    Raises:
        HermesError: neither curve could be fitted: too few patients, or a score that says nothing.
    """
    masks = judge_cases(cases, judging, on_case)
    return FittedScore(fit_scores(masks, made_for, say), masks)


def fit_scores(
    masks: Sequence[JudgedMask], made_for: MadeFor, say: Callable[[str], None]
) -> ScoreCalibration:
    """The curves of judged masks, patients with equal weights.

    Args:
        masks: with the score of the judge that ``made_for`` names.
        made_for, say: as in :func:`calibrate_score`.

    Raises:
        HermesError: neither curve could be fitted.
    """
    scored = [mask for mask in masks if made_for.judge in mask.scores]
    curves: dict[str, Curve | None] = {}
    unseen: dict[str, UnseenPatients | None] = {}
    reasons = []
    used: set[str] = set()
    for name, part in (
        ("masks from elsewhere", [mask for mask in scored if not mask.drawn]),
        ("refinements", [mask for mask in scored if mask.drawn]),
    ):
        curves[name] = unseen[name] = None
        scores = [mask.scores[made_for.judge] for mask in part]
        try:
            curve = fit_curve(part, scores)
            require_curves([curve], f"the score for {name}")
        except HermesError as error:
            reasons.append(f"no curve for {name}: {error}")
        else:
            curves[name], unseen[name] = curve, curve_on_unseen(part, scores)
            used |= {mask.patient for mask in part}
    if not used:
        raise HermesError("; ".join(reasons) or str(TooFewPatientsError(0)))
    for reason in reasons:
        say(reason)
    elsewhere, loop = curves.values()
    return ScoreCalibration(made_for, elsewhere, loop, COVERAGE, len(used), *unseen.values())
