"""AURC tells a score that puts bad masks last from one that does not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from HermesLib.evaluation.risk_coverage import aurc, excess_aurc

risks = st.lists(st.floats(0, 1), min_size=1, max_size=30)


def test_a_known_curve():
    # Accepted in this order: risks 0, 0.4, 0.2; mean risks 0, 0.2, 0.2.
    assert aurc([3, 2, 1], [0.0, 0.4, 0.2]) == pytest.approx((0 + 0.2 + 0.2) / 3)
    assert excess_aurc([3, 2, 1], [0.0, 0.4, 0.2]) == pytest.approx((0.2 - 0.1) / 3)


@given(risks)
def test_the_best_order_has_no_excess_and_the_reverse_is_the_worst(values: list[float]):
    risk = np.array(values)
    assert excess_aurc(-risk, risk) == pytest.approx(0, abs=1e-9)
    worst = aurc(risk, risk)
    rng = np.random.default_rng(0)
    assert aurc(rng.random(len(risk)), risk) <= worst + 1e-9


@given(risks, st.randoms(use_true_random=False))
def test_masks_of_equal_score_count_as_in_the_mean_over_their_orders(values, random):
    random.shuffle(values)
    assert aurc(np.zeros(len(values)), values) == pytest.approx(float(np.mean(values)))


def test_only_the_order_of_the_scores_counts():
    risk = np.random.default_rng(1).random(50)
    score = np.random.default_rng(2).normal(size=50)
    assert aurc(score, risk) == pytest.approx(aurc(np.exp(3 * score), risk))


def test_no_masks_have_no_curve():
    assert np.isnan(aurc([], []))
