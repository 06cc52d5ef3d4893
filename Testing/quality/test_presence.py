"""Which slices show the organ, from the evidence of each slice and of its neighbours."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from HermesLib.errors import HermesError
from HermesLib.quality.presence import PresenceRule, contiguous_presence

WEIGHT = PresenceRule().weight
LOG_ODDS = st.lists(st.floats(-12, 12), min_size=2, max_size=9)


@given(LOG_ODDS)
def test_the_probability_is_that_of_all_runs_that_contain_the_slice(log_odds):
    count = len(log_odds)
    weights = [1.0]  # of the absence of the organ
    containing = np.zeros(count)
    for first in range(count):
        for after in range(first + 1, count + 1):
            weights.append(float(np.exp(WEIGHT * sum(log_odds[first:after]))))
            containing[first:after] += weights[-1]
    assert contiguous_presence(np.array(log_odds), WEIGHT) == pytest.approx(
        containing / sum(weights), abs=1e-9
    )


@given(LOG_ODDS)
def test_reversing_the_volume_reverses_the_probabilities(log_odds):
    forward = contiguous_presence(np.array(log_odds), WEIGHT)
    backward = contiguous_presence(np.array(log_odds[::-1]), WEIGHT)
    assert forward == pytest.approx(backward[::-1], abs=1e-9)


def present_slices(log_odds: list[float]) -> str:
    """For each slice, 1 if it probably shows the organ and 0 if not."""
    probability = contiguous_presence(np.array(log_odds, float), WEIGHT)
    return "".join(str(int(present)) for present in probability > 0.5)


def test_a_single_slice_has_the_probability_of_its_own_evidence():
    assert contiguous_presence(np.array([1.5]), WEIGHT) == pytest.approx(
        [torch.sigmoid(torch.tensor(1.5)).item()]
    )


def test_a_slice_that_looks_like_the_organ_far_from_it_is_corrected():
    assert present_slices([-5, 6, 6, 6, 6, 6, -5, -5, -5, 2, -5]) == "01111100000"


def test_a_gap_in_the_organ_is_filled():
    assert present_slices([-5, 6, 6, -1.5, 6, 6, -5]) == "0111110"


def test_in_a_volume_without_the_organ_no_slice_shows_it():
    assert contiguous_presence(np.full(40, -4.0), WEIGHT).max() < 0.2


def test_extreme_evidence_still_gives_probabilities():
    probability = contiguous_presence(np.repeat([50.0, -50.0], 300), WEIGHT)
    assert np.isfinite(probability).all()
    assert (probability > 0.5).sum() == 300


@pytest.mark.parametrize("weight", [0.0, -1.0, 1.5])
def test_a_weight_out_of_range_is_refused(weight: float):
    with pytest.raises(HermesError, match="presence weight"):
        PresenceRule(weight=weight)


def test_a_borderline_range_outside_0_to_1_is_refused():
    with pytest.raises(HermesError, match="borderline"):
        PresenceRule(borderline=(0.2, 1.1))


def test_no_probability_is_stated_that_the_patients_do_not_justify():
    rule = PresenceRule(patients=9)
    assert [rule.stated(value) for value in (0.0, 0.1, 0.4, 0.9, 0.999)] == pytest.approx(
        [0.1, 0.1, 0.4, 0.9, 0.9]
    )
    assert PresenceRule().stated(0.999) == 0.999, "the number of patients is unknown"
    assert PresenceRule.from_dict({"weight": 0.5, "borderline": [0.1, 0.9]}).patients is None
    assert PresenceRule.from_dict({**vars(rule)}) == rule


@pytest.mark.parametrize("shown_from", [0.05, 0.3, 0.5])
def test_a_slice_is_shown_and_borderline_at_the_limits_of_its_rule(shown_from: float):
    rule = PresenceRule(borderline=(0.2, 0.8), shown_from=shown_from)
    assert rule.shows(shown_from) and not rule.shows(shown_from - 1e-6)
    lowest = min(0.2, shown_from)
    assert rule.is_borderline(lowest) and not rule.is_borderline(lowest - 1e-6)
    assert rule.is_borderline(0.8 - 1e-6) and not rule.is_borderline(0.8)
