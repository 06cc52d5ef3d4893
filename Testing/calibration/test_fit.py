"""A fitted score says of new patients what their masks are worth, and how sure it is."""

import numpy as np
import pytest
import torch

from HermesLib.calibration.fit import fit_calibration, weighted_quantile
from HermesLib.errors import HermesError
from HermesLib.evaluation.judged import Judged
from HermesLib.quality.calibration import Calibration


def patients(rng: np.random.Generator, count: int, masks: int = 60, offset: float = 0.08, noise: float = 0.03) -> list[Judged]:
    """Masks whose mask-blind evidence follows the truth, and whose pGT flatters them; every patient a little differently."""
    found = []
    for patient in range(count):
        kind = rng.normal(0, noise)
        for index in range(masks):
            true = float(rng.uniform(0.3, 0.97))
            seen = np.clip(true + kind + rng.normal(0, noise, 2), 0.01, 0.99)
            flattering = float(np.clip(true + offset + rng.normal(0, noise), 0, 1))
            evidence = (flattering, float(seen[0]), float(seen[1]))
            found.append(Judged(f"p{patient}", "case", index, "medsam", 1, flattering, evidence, 0, 0, 0, 0.9, true))
    return found


def estimates(calibration: Calibration, judged: list[Judged]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    found = calibration.estimate(torch.tensor([one.evidence for one in judged]))
    return tuple(values.numpy() for values in found)


def test_new_patients_are_judged_without_flattery_and_better_than_by_the_raw_score():
    rng = np.random.default_rng(0)
    calibration = fit_calibration(patients(rng, 8))
    new = patients(rng, 30)
    true = np.array([one.true for one in new])
    pdsc, low, high = estimates(calibration, new)
    raw = np.array([one.raw for one in new])
    assert abs((pdsc - true).mean()) < 0.02 < (raw - true).mean()
    assert np.abs(pdsc - true).mean() < 0.6 * np.abs(raw - true).mean()
    assert 0.8 < ((low <= true) & (true <= high)).mean() < 0.98
    assert (low <= pdsc).all() and (pdsc <= high).all()


def test_every_patient_counts_alike_however_many_masks_there_are():
    rng = np.random.default_rng(1)
    few = patients(rng, 8)
    crowd = [one for one in few if one.patient == "p0"] * 20
    once, often = fit_calibration(few), fit_calibration(few + crowd)
    assert often.weights == pytest.approx(once.weights, abs=1e-4) and often.bias == pytest.approx(once.bias, abs=1e-4)
    # A quantile of few masks jumps from one to the next.
    assert (often.low, often.high) == pytest.approx((once.low, once.high), abs=0.05)


def test_three_patients_are_too_few_to_learn_errors_from():
    with pytest.raises(HermesError, match="4 held-out patients or more, here are 3"):
        fit_calibration(patients(np.random.default_rng(0), 3))


def test_a_quantile_counts_weights_not_values():
    values, weights = np.array([3.0, 1.0, 2.0]), np.array([0.1, 0.8, 0.1])
    assert [weighted_quantile(values, weights, share) for share in (0.5, 0.85, 1.0)] == [1.0, 2.0, 3.0]
