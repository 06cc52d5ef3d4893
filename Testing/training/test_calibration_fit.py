"""A fitted score says of new patients what their masks are worth, and how sure it is."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from HermesLib.errors import HermesError
from HermesLib.evaluation.scored_masks import CORRUPTED, ScoredMask
from HermesLib.metrics.guarantee import guaranteed_level
from HermesLib.quality.calibration import Curve
from HermesLib.training.calibration_fit import (
    calibration_on_unseen,
    curve_on_unseen,
    fit_calibration,
    fit_curve,
)


def patients(
    rng: np.random.Generator,
    count: int,
    masks: int = 60,
    flattery: float = 0.08,
    noise: float = 0.03,
) -> list[ScoredMask]:
    """Masks with evidence that follows the truth; the pGT is too good for masks it prompted."""
    found = []
    for patient in range(count):
        kind = rng.normal(0, noise)
        for index in range(masks):
            true, refined = float(rng.uniform(0.3, 0.97)), index % 2
            seen = float(np.clip(true + kind + rng.normal(0, noise), 0.01, 0.99))
            raw = float(np.clip(true + kind + flattery * refined + rng.normal(0, noise), 0, 1))
            source = "medsam" if refined else CORRUPTED
            found.append(
                ScoredMask(
                    f"p{patient}", "case", index, source, refined, raw, seen, 0, 0, 0, 0.9, true
                )
            )
    return found


def errors(
    curve: Curve, evidence: list[float], judged: list[ScoredMask]
) -> tuple[float, float, float]:
    """Bias, mean absolute error, and the share of masks in the interval."""
    pdsc, low, high = (values.numpy() for values in curve.estimate(torch.tensor(evidence)))
    true = np.array([one.true for one in judged])
    assert (low <= pdsc).all() and (pdsc <= high).all()
    return (
        float((pdsc - true).mean()),
        float(np.abs(pdsc - true).mean()),
        float(((low <= true) & (true <= high)).mean()),
    )


def test_new_patients_refined_masks_are_judged_without_flattery():
    rng = np.random.default_rng(0)
    calibration = fit_calibration(patients(rng, 30))
    refined = [one for one in patients(rng, 30) if one.refined]
    bias, error, covered = errors(calibration.prompted, [one.expected for one in refined], refined)
    raw = [one.raw - one.true for one in refined]
    assert abs(bias) < 0.02 < np.mean(raw)
    assert error < 0.6 * np.mean(np.abs(raw))
    assert 0.8 < covered < 0.98


def test_other_masks_are_judged_by_their_pgt():
    rng = np.random.default_rng(0)
    calibration = fit_calibration(patients(rng, 30))
    others = [one for one in patients(rng, 30) if not one.refined]
    bias, error, covered = errors(calibration.independent, [one.raw for one in others], others)
    assert abs(bias) < 0.02 and error < 0.05 and 0.8 < covered < 0.98


def test_every_patient_counts_alike_however_many_masks_there_are():
    few = patients(np.random.default_rng(1), 8)
    crowd = few + [one for one in few if one.patient == "p0"] * 20
    once, often = (fit_curve(judged, [one.expected for one in judged]) for judged in (few, crowd))
    assert (often.bias, often.slope) == pytest.approx((once.bias, once.slope), abs=1e-4)
    # A quantile of few masks jumps from one to the next.
    assert (often.low, often.high) == pytest.approx((once.low, once.high), abs=0.05)


def test_evidence_that_speaks_against_the_truth_is_not_believed():
    judged = patients(np.random.default_rng(0), 8)
    assert fit_curve(judged, [1 - one.true for one in judged]).slope == 0


def test_three_patients_are_too_few_to_learn_errors_from():
    with pytest.raises(HermesError, match="at least 4 held-out patients, there are 3"):
        fit_calibration(patients(np.random.default_rng(0), 3))


def test_a_calibration_states_what_its_patients_guarantee_beside_the_nominal_level():
    eight = fit_calibration(patients(np.random.default_rng(0), 8))
    assert (eight.coverage, eight.patients) == (0.9, 8)
    assert eight.guaranteed == pytest.approx(1 - 2 / 9)
    many = fit_calibration(patients(np.random.default_rng(0), 40, masks=8))
    assert many.guaranteed == 0.9, "never above the nominal level"


def test_few_patients_get_their_most_extreme_errors_as_the_interval():
    judged = [one for one in patients(np.random.default_rng(2), 6) if one.refined]
    curve = fit_curve(judged, [one.expected for one in judged])
    _, _, covered = errors(curve, [one.expected for one in judged], judged)
    assert covered > 0.98


@pytest.mark.parametrize("count", [5, 12])
def test_new_patients_masks_lie_in_the_interval_as_often_as_guaranteed(count: int):
    shares = []
    for seed in range(25):
        rng = np.random.default_rng(seed)
        judged = [one for one in patients(rng, count, 20, noise=0.05) if one.refined]
        curve = fit_curve(judged, [one.expected for one in judged])
        further = [one for one in patients(rng, 20, 20, noise=0.05) if one.refined]
        shares.append(errors(curve, [one.expected for one in further], further)[2])
    assert np.mean(shares) >= min(0.9, guaranteed_level(count))


def test_figures_of_patients_left_out_are_those_of_new_patients():
    rng = np.random.default_rng(0)
    seen = patients(rng, 15, masks=20)
    figures = calibration_on_unseen(seen)["prompted"]
    calibration = fit_calibration(seen)
    refined = [one for one in patients(rng, 60, masks=20) if one.refined]
    bias, error, covered = errors(calibration.prompted, [one.expected for one in refined], refined)
    assert (figures.patients, figures.masks, figures.parts) == (15, 150, 10)
    assert figures.bias == pytest.approx(bias, abs=0.02)
    assert figures.error == pytest.approx(error, abs=0.01)
    assert figures.covered == pytest.approx(covered, abs=0.08)
    evidence = torch.tensor([one.expected for one in refined])
    _, low, high = calibration.prompted.estimate(evidence)
    assert figures.width == pytest.approx(float((high - low).mean()), abs=0.05)


def test_no_patient_is_measured_by_a_curve_that_has_seen_it():
    others = [one for one in patients(np.random.default_rng(0), 7, masks=20) if not one.refined]
    strange = [replace(one, patient="strange", raw=0.9, true=0.05) for one in others[:10]]
    judged = others + strange
    figures = curve_on_unseen(judged, [one.raw for one in judged])
    assert figures.parts == figures.patients == 8 and figures.least_covered == 0
    # One of eight patients is a mean error of its own.
    assert figures.error > 0.05 and figures.raw_error > 0.05


def test_four_patients_are_too_few_to_leave_one_out():
    few = [one for one in patients(np.random.default_rng(0), 4, masks=6) if not one.refined]
    assert curve_on_unseen(few, [one.raw for one in few]) is None
