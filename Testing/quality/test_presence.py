"""Which slices show the organ: a slice's own evidence and its neighbours' together."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from HermesLib.quality.presence import PresenceRule, contiguous_presence

WEIGHT = PresenceRule().weight
LOG_ODDS = st.lists(st.floats(-12, 12), min_size=2, max_size=9)


@given(LOG_ODDS)
def test_the_probability_is_that_of_all_runs_that_hold_the_slice(log_odds):
    count, weights, held = len(log_odds), [1.0], np.zeros(len(log_odds))
    for first in range(count):
        for after in range(first + 1, count + 1):
            weights.append(float(np.exp(WEIGHT * sum(log_odds[first:after]))))
            held[first:after] += weights[-1]
    assert contiguous_presence(np.array(log_odds), WEIGHT) == pytest.approx(
        held / sum(weights), abs=1e-9
    )


@given(LOG_ODDS)
def test_turning_the_volume_over_turns_the_answer_over(log_odds):
    there, back = (
        contiguous_presence(np.array(log_odds), WEIGHT),
        contiguous_presence(np.array(log_odds[::-1]), WEIGHT),
    )
    assert there == pytest.approx(back[::-1], abs=1e-9)


def test_a_lone_slice_is_judged_by_itself():
    assert contiguous_presence(np.array([1.5]), WEIGHT) == pytest.approx(
        [torch.sigmoid(torch.tensor(1.5)).item()]
    )


def test_a_slice_that_looks_like_the_organ_far_from_it_is_put_right():
    log_odds = np.array([-5, 6, 6, 6, 6, 6, -5, -5, -5, 2, -5], float)
    assert (contiguous_presence(log_odds, WEIGHT) > 0.5).tolist() == [
        False,
        True,
        True,
        True,
        True,
        True,
        False,
        False,
        False,
        False,
        False,
    ]


def test_a_gap_in_the_organ_is_filled():
    assert (
        contiguous_presence(np.array([-5, 6, 6, -1.5, 6, 6, -5], float), WEIGHT) > 0.5
    ).tolist() == [
        False,
        True,
        True,
        True,
        True,
        True,
        False,
    ]


def test_a_volume_without_the_organ_shows_it_nowhere():
    assert contiguous_presence(np.full(40, -4.0), WEIGHT).max() < 0.2


def test_evidence_beyond_the_range_of_numbers_is_still_a_probability():
    answer = contiguous_presence(np.repeat([50.0, -50.0], 300), WEIGHT)
    assert np.isfinite(answer).all()
    assert (answer > 0.5).sum() == 300
