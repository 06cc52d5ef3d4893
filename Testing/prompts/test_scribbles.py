"""Scribble prompts: first, at the first refinement, and as corrections."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from HermesLib.prompts.scribbles import Scribbles, ScribbleStrategy, split_by_area
from Testing.prompts.regions import disc, regions

SHAPE = (128, 128)
PGT = disc(SHAPE, 64, 64, 25)
NOTHING = Scribbles(np.zeros(SHAPE, bool), np.zeros(SHAPE, bool))


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def area_inside(raster: np.ndarray, region: np.ndarray) -> bool:
    return bool(raster.any()) and not (raster & ~region).any()


@given(st.integers(0, 99))
def test_first_strokes_are_positive_and_depend_on_the_seed_alone(seed):
    strategy = ScribbleStrategy()
    once, again, other = (strategy.first((90, 70), generator(s)) for s in (seed, seed, seed + 1))
    assert once.positive.shape == (90, 70) and once.positive.any() and not once.negative.any()
    assert (once.positive == again.positive).all() and (once.positive != other.positive).any()


@given(regions(), st.integers(0, 99))
def test_first_refinement_draws_positive_in_the_pgt_and_negative_outside_it(pgt, seed):
    strategy = ScribbleStrategy()
    first = strategy.first(pgt.shape, generator(seed))
    refined = strategy.refine(first, np.zeros_like(pgt), pgt, True, generator(seed + 1))
    assert area_inside(refined.positive, pgt)
    assert not (refined.negative & pgt).any()


def test_first_refinement_drops_the_random_strokes():
    first = ScribbleStrategy().first(SHAPE, generator())
    assert (first.positive & ~PGT).any()
    refined = ScribbleStrategy().refine(first, np.zeros(SHAPE, bool), PGT, True, generator(1))
    assert not (refined.positive & ~PGT).any() and refined.negative.any()


def test_first_refinement_keeps_the_random_strokes_if_asked_to():
    strategy = ScribbleStrategy(keep_first=True)
    first = strategy.first(SHAPE, generator())
    refined = strategy.refine(first, np.zeros(SHAPE, bool), PGT, True, generator(1))
    assert (
        not (first.positive & ~refined.positive).any()
        and refined.positive.sum() > first.positive.sum()
    )


def test_a_mask_that_came_from_no_prompt_is_refined_from_the_pgt():
    for first_refinement in (True, False):
        assert area_inside(
            ScribbleStrategy().refine(None, ~PGT, PGT, first_refinement, generator()).positive, PGT
        )


@given(regions(), regions(), st.integers(0, 99))
def test_corrections_are_positive_in_missed_parts_and_negative_in_surplus_parts(pgt, mask, seed):
    if pgt.shape != mask.shape:
        mask = np.zeros_like(pgt)
    missing, surplus = pgt & ~mask, mask & ~pgt
    nothing = Scribbles(np.zeros(pgt.shape, bool), np.zeros(pgt.shape, bool))
    refined = ScribbleStrategy(smallest=0).refine(nothing, mask, pgt, False, generator(seed))
    if missing.any() or surplus.any():
        assert not (refined.positive & ~missing).any() and not (refined.negative & ~surplus).any()
        assert refined.positive.any() == missing.any() and refined.negative.any() == surplus.any()
    else:
        assert area_inside(refined.positive, pgt) and not refined.negative.any()


def test_corrections_keep_every_earlier_stroke():
    strategy, mask = ScribbleStrategy(), disc(SHAPE, 70, 55, 25)
    prompt = strategy.refine(NOTHING, mask, PGT, True, generator())
    for iteration in range(1, 5):
        # The newest pGT may contradict earlier strokes; they are kept nevertheless.
        pgt = disc(SHAPE, 64, 64 + 6 * iteration, 25)
        later = strategy.refine(prompt, mask, pgt, False, generator(iteration))
        assert (
            not (prompt.positive & ~later.positive).any()
            and not (prompt.negative & ~later.negative).any()
        )
        assert (
            later.positive.sum() + later.negative.sum()
            > prompt.positive.sum() + prompt.negative.sum()
        )
        prompt = later


def test_tiny_errors_get_no_stroke_and_the_pgt_gets_some_instead():
    mask = PGT.copy()
    mask[64, 64], mask[0, 0] = False, True
    refined = ScribbleStrategy().refine(NOTHING, mask, PGT, False, generator())
    assert (
        area_inside(refined.positive, PGT)
        and refined.positive.sum() > 1
        and not refined.negative.any()
    )


@pytest.mark.parametrize(
    ("areas", "shares"),
    [
        ((0, 0), (0, 0)),
        ((9, 0), (6, 0)),
        ((0, 9), (0, 6)),
        ((50, 50), (3, 3)),
        ((400, 200), (4, 2)),
        ((999, 1), (5, 1)),
    ],
)
def test_strokes_are_divided_by_area(areas, shares):
    assert split_by_area(6, areas) == shares


def test_a_single_stroke_goes_to_the_larger_error():
    assert split_by_area(1, (300, 20)) == (1, 0) and split_by_area(1, (20, 300)) == (0, 1)


def test_empty_pgt_is_refused():
    with pytest.raises(ValueError, match="empty"):
        ScribbleStrategy().refine(NOTHING, PGT, np.zeros(SHAPE, bool), False, generator())
