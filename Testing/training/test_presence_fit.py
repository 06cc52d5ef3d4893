"""The presence rule is fitted with the weights, on volumes of held-out patients."""

import numpy as np
import pytest

from HermesLib.quality.presence import PresenceRule
from HermesLib.training.presence_fit import (
    VolumeEvidence,
    borderline_range,
    fit_presence,
    fit_shown_from,
)

ORGAN = np.arange(20) // 5 % 4 == 1


def volumes(share: float, count: int = 40) -> list[VolumeEvidence]:
    """Volumes in which neighbouring slices share a part of their error; all of it overstates."""
    rng = np.random.default_rng(0)
    made = []
    for number in range(count):
        common = np.repeat(rng.normal(0, 1, 4), 5)
        error = np.sqrt(share) * common + np.sqrt(1 - share) * rng.normal(0, 1, 20)
        signal = np.where(ORGAN, 1.0, -1.0)
        made.append(VolumeEvidence(f"p-{number}", 2 * (signal + error), ORGAN))
    return made


def test_evidence_that_neighbouring_slices_repeat_gets_less_weight_than_independent_evidence():
    repeated = fit_presence(volumes(share=0.95), PresenceRule()).rule
    independent = fit_presence(volumes(share=0.0), PresenceRule()).rule
    assert repeated.weight < independent.weight
    assert independent.weight >= 0.8


def test_hardly_any_slice_lies_outside_the_borderline_range_on_the_wrong_side():
    probability = np.concatenate([[0.06, 0.7, 0.95], np.full(98, 0.01), [0.85, 0.97]])
    present = np.arange(103) < 3
    patients = np.repeat("p-1", 103)
    low, high = borderline_range(probability, present, patients)
    assert (low, high) == (0.05, 0.7)
    probability[3:6] = 0.93
    assert borderline_range(probability, present, patients) == (0.05, 0.95)


def test_one_missed_slice_of_hundreds_is_allowed_but_not_a_patient_of_whom_many_are_missed():
    probability = np.concatenate([np.full(2000, 0.9), np.full(500, 0.01)])
    probability[:4] = 0.001
    present = np.arange(2500) < 2000
    scattered = np.array([f"p-{number % 20}" for number in range(2500)])
    assert borderline_range(probability, present, scattered)[0] == 0.3
    of_one = np.where(np.arange(2500) < 8, "p-0", "p-1")
    assert borderline_range(probability, present, of_one)[0] == 0.001


def test_few_slices_with_the_organ_are_taken_for_absent():
    probability = np.concatenate([np.full(97, 0.9), [0.45, 0.35, 0.12]])
    assert fit_shown_from(probability) == 0.4
    assert fit_shown_from(np.full(100, 0.9)) == 0.5
    assert fit_shown_from(np.full(100, 0.01)) == 0.1, "hardly any evidence at all"


def test_the_record_says_what_the_rule_was_fitted_on():
    fitted = fit_presence(volumes(share=0.5, count=4), PresenceRule())
    assert fitted.record["patients"] == 4
    assert fitted.record["slices"] == 80
    assert fitted.record["slices_with_organ"] == 20
    assert fitted.record["weight"] == fitted.rule.weight
    assert fitted.record["shown_from"] == fitted.rule.shown_from


@pytest.mark.parametrize("made", [[], [VolumeEvidence("p", np.ones(5), np.ones(5, bool))]])
def test_without_volumes_of_both_kinds_of_slices_the_default_stays_and_the_record_says_so(made):
    default = PresenceRule(0.7, (0.2, 0.8))
    fitted = fit_presence(made, default)
    assert fitted.rule == default
    assert "not fitted" in fitted.record
