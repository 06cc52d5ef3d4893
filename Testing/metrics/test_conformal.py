"""Intervals keep their promise for patients that nobody has met."""

import numpy as np
import pytest

from HermesLib.metrics.conformal import group_quantile
from HermesLib.metrics.guarantee import guaranteed_level


def simulated(rng: np.random.Generator, patients: int) -> tuple[np.ndarray, np.ndarray]:
    """Errors of masks that share most of their patient's error."""
    sizes = rng.integers(2, 30, patients)
    owners = np.repeat(np.arange(patients), sizes)
    errors = np.repeat(rng.standard_t(3, patients), sizes) + 0.3 * rng.normal(size=sizes.sum())
    return errors, owners


@pytest.mark.parametrize("patients", [5, 13, 40])
def test_a_further_patients_masks_lie_in_the_interval_as_often_as_the_patients_guarantee(patients):
    rng = np.random.default_rng(patients)
    covered = []
    for _ in range(400):
        errors, owners = simulated(rng, patients)
        low, high = (group_quantile(errors, owners, share) for share in (0.05, 0.95))
        further, _ = simulated(rng, 1)
        covered.append(((further >= low) & (further <= high)).mean())
    level = min(0.9, guaranteed_level(patients))
    assert np.mean(covered) >= level - 0.03


def test_few_patients_guarantee_less_than_the_nominal_level():
    assert guaranteed_level(4) == pytest.approx(0.6)
    assert guaranteed_level(13) < 0.9 < guaranteed_level(40)


def test_where_patients_do_not_support_the_level_the_most_extreme_error_is_the_end():
    errors = np.array([-0.3, 0.1, 0.2, 0.5])
    owners = np.array([0, 1, 2, 3])
    assert group_quantile(errors, owners, 0.95) == 0.5
    assert group_quantile(errors, owners, 0.05) == -0.3


def test_a_patient_with_many_masks_counts_no_more_than_another():
    errors = np.concatenate([np.full(1000, 0.9), np.linspace(0, 0.1, 30)])
    owners = np.concatenate([np.zeros(1000, int), np.arange(1, 31)])
    assert group_quantile(errors, owners, 0.9) < 0.2
