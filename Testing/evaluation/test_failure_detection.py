"""Telling bad masks from good ones, reckoned by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from HermesLib.evaluation.failure_detection import auroc, detect_anomalies

TRUE = np.array([0.95, 0.85, 0.65, 0.2])
PDSC = np.array([0.90, 0.60, 0.75, 0.1])


def test_alarms_are_counted_among_the_bad_and_among_the_good():
    assert detect_anomalies(PDSC, TRUE, 0.7) == {
        "anomalies": 2,
        "masks": 4,
        "sensitivity": 0.5,
        "specificity": 0.5,
        "balanced_accuracy": 0.5,
        "auroc": 0.75,
    }


def test_who_rejects_everything_misses_nothing_and_is_still_no_better_than_chance():
    found = detect_anomalies(np.zeros(4), TRUE, 0.7)
    assert (
        found["sensitivity"],
        found["specificity"],
        found["balanced_accuracy"],
        found["auroc"],
    ) == (1, 0, 0.5, 0.5)


def test_without_good_masks_nothing_is_said_of_them():
    found = detect_anomalies(PDSC, TRUE, 0.99)
    assert (
        found["sensitivity"] == 1
        and found["specificity"] is None is found["balanced_accuracy"] is found["auroc"]
    )


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=20))
def test_the_auroc_is_the_share_of_pairs_in_the_right_order(values):
    scores, positive = np.array([v for v, _ in values], float), np.array([p for _, p in values])
    pairs = [(a > b) + 0.5 * (a == b) for a in scores[positive] for b in scores[~positive]]
    assert auroc(scores, positive) == (pytest.approx(np.mean(pairs), abs=1e-4) if pairs else None)
