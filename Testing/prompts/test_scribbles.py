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
    drawn = strategy.refine(first, np.zeros_like(pgt), pgt, True, generator(seed + 1))
    assert area_inside(drawn.positive, pgt)
    assert not (drawn.negative & pgt).any()


def test_first_refinement_drops_the_random_strokes():
    first = ScribbleStrategy().first(SHAPE, generator())
    assert (first.positive & ~PGT).any()
    drawn = ScribbleStrategy().refine(first, np.zeros(SHAPE, bool), PGT, True, generator(1))
    assert not (drawn.positive & ~PGT).any() and drawn.negative.any()


def test_first_refinement_keeps_the_random_strokes_on_demand():
    strategy = ScribbleStrategy(keep_first=True)
    first = strategy.first(SHAPE, generator())
    drawn = strategy.refine(first, np.zeros(SHAPE, bool), PGT, True, generator(1))
    assert (
        not (first.positive & ~drawn.positive).any() and drawn.positive.sum() > first.positive.sum()
    )


def test_a_mask_that_came_from_no_prompt_is_refined_from_the_pgt():
    for first_refinement in (True, False):
        assert area_inside(
            ScribbleStrategy().refine(None, ~PGT, PGT, first_refinement, generator()).positive, PGT
        )


@given(regions(), regions(), st.integers(0, 99))
def test_corrections_are_positive_where_the_mask_misses_and_negative_where_it_is_too_much(
    pgt, mask, seed
):
    if pgt.shape != mask.shape:
        mask = np.zeros_like(pgt)
    missing, surplus = pgt & ~mask, mask & ~pgt
    nothing = Scribbles(np.zeros(pgt.shape, bool), np.zeros(pgt.shape, bool))
    drawn = ScribbleStrategy(smallest=0).refine(nothing, mask, pgt, False, generator(seed))
    if missing.any() or surplus.any():
        assert not (drawn.positive & ~missing).any() and not (drawn.negative & ~surplus).any()
        assert drawn.positive.any() == missing.any() and drawn.negative.any() == surplus.any()
    else:
        assert area_inside(drawn.positive, pgt) and not drawn.negative.any()


def test_corrections_keep_every_earlier_stroke():
    strategy, mask = ScribbleStrategy(), disc(SHAPE, 70, 55, 25)
    prompt = strategy.refine(NOTHING, mask, PGT, True, generator())
    for iteration in range(1, 5):
        # The newest pGT may contradict earlier strokes; they stay all the same.
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


def test_errors_too_small_to_see_get_strokes_in_the_pgt_instead():
    mask = PGT.copy()
    mask[64, 64], mask[0, 0] = False, True
    drawn = ScribbleStrategy().refine(NOTHING, mask, PGT, False, generator())
    assert (
        area_inside(drawn.positive, PGT) and drawn.positive.sum() > 1 and not drawn.negative.any()
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
def test_strokes_are_shared_by_area(areas, shares):
    assert split_by_area(6, areas) == shares


def test_a_single_stroke_goes_to_the_larger_error():
    assert split_by_area(1, (300, 20)) == (1, 0) and split_by_area(1, (20, 300)) == (0, 1)


def test_empty_pgt_is_refused():
    with pytest.raises(ValueError, match="empty"):
        ScribbleStrategy().refine(NOTHING, PGT, np.zeros(SHAPE, bool), False, generator())
