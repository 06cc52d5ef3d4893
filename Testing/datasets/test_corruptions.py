"""The errors the QC core learns from."""

import numpy as np
import pytest

from HermesLib.datasets.corruptions import GRADED, GROSS, blank, corrupt, full, intact
from HermesLib.metrics.overlap import dice


@pytest.fixture
def organ() -> np.ndarray:
    rows, columns = np.mgrid[:128, :128]
    return ((rows - 60) / 18) ** 2 + ((columns - 64) / 24) ** 2 < 1


@pytest.fixture
def image(organ) -> np.ndarray:
    return (
        (0.3 + 0.4 * organ + np.random.default_rng(0).normal(0, 0.05, organ.shape))
        .clip(0, 1)
        .astype(np.float32)
    )


@pytest.mark.parametrize("how", sorted(set(GROSS + GRADED), key=lambda f: f.__name__))
def test_a_corruption_keeps_shape_and_type_repeats_from_its_seed_and_leaves_the_mask_alone(
    how, organ, image
):
    before = organ.copy()
    first, again = (how(organ, image, np.random.default_rng(5)) for _ in range(2))
    assert first.shape == organ.shape and first.dtype == bool
    assert np.array_equal(first, again)
    assert np.array_equal(organ, before)


@pytest.mark.parametrize("how", sorted(set(GROSS + GRADED), key=lambda f: f.__name__))
def test_a_corruption_takes_a_slice_without_the_organ(how, image):
    empty = np.zeros(image.shape, bool)
    for seed in range(5):
        assert how(empty, image, np.random.default_rng(seed)).shape == empty.shape


def test_blank_full_and_intact_are_what_they_say(organ, image):
    rng = np.random.default_rng(0)
    assert not blank(organ, image, rng).any()
    assert full(organ, image, np.random.default_rng(1)).mean() > 0.9
    assert np.array_equal(intact(organ, image, rng), organ)


def test_gross_failures_are_far_from_the_truth_and_graded_ones_span_the_range(organ, image):
    gross = [
        dice(corrupt(organ, image, np.random.default_rng(k), gross=1.0), organ) for k in range(150)
    ]
    graded = np.array(
        [
            dice(corrupt(organ, image, np.random.default_rng(k), gross=0.0), organ)
            for k in range(150)
        ]
    )
    assert np.median(gross) < 0.3
    assert (graded > 0.85).mean() > 0.2 and (graded < 0.7).mean() > 0.1
