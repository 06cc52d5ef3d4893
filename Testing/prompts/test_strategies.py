"""The registry of prompt kinds, the seeds of slices, and prompts in reports."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from HermesLib.errors import HermesError
from HermesLib.prompts import (
    PROMPT_KINDS,
    STRATEGIES,
    Box,
    Clicks,
    Scribbles,
    prompt_summary,
    slice_rng,
    slice_seed,
    strategy_for,
)
from Testing.prompts.regions import disc, regions

INDICES = st.integers(0, 5000)


def test_every_prompt_kind_has_a_strategy():
    assert set(STRATEGIES) == set(PROMPT_KINDS)
    assert all(strategy_for(kind).kind == kind for kind in PROMPT_KINDS)


def test_an_unknown_kind_is_answered_with_the_known_ones():
    with pytest.raises(HermesError, match=r"'lasso'.*box, scribbles, clicks"):
        strategy_for("lasso")


@pytest.mark.parametrize("kind", PROMPT_KINDS)
@given(pgt=regions(), seed=INDICES)
def test_a_slices_prompts_repeat_from_its_seed(kind, pgt, seed):
    def run() -> list[dict]:
        strategy = strategy_for(kind)
        prompts = [strategy.first(pgt.shape, slice_rng(seed, 3, 0))]
        mask = np.roll(pgt, 4, 1)
        for iteration in (1, 2, 3):
            prompts.append(strategy.refine(prompts[-1], mask, pgt, iteration == 1, slice_rng(seed, 3, iteration)))
        rasters = [(p.positive.tobytes(), p.negative.tobytes()) for p in prompts if isinstance(p, Scribbles)]
        return [*map(prompt_summary, prompts), *rasters]

    assert run() == run()


@given(INDICES, INDICES, INDICES)
def test_every_slice_and_iteration_has_its_own_random_numbers(seed, index, iteration):
    def drawn(*place: int) -> tuple[int, int]:
        return int(slice_rng(*place).integers(2**62)), slice_seed(*place)

    here = drawn(seed, index, iteration)
    assert here == drawn(seed, index, iteration) and 0 <= here[1] < 2**63
    for other in ((seed + 1, index, iteration), (seed, index + 1, iteration), (seed, index, iteration + 1)):
        assert all(a != b for a, b in zip(here, drawn(*other), strict=True))


def test_summaries_name_a_prompts_place_and_are_plain_json():
    box = prompt_summary(Box(np.float32(1), 2, 30, 40))
    strokes = prompt_summary(Scribbles(disc((20, 20), 5, 5, 1), np.zeros((20, 20), bool)))
    clicks = prompt_summary(Clicks(np.array([[3, 4], [5, 6]]), np.zeros((0, 2), np.int64)))
    assert box == {"kind": "box", "xyxy": [1.0, 2.0, 30.0, 40.0]}
    assert strokes == {"kind": "scribbles", "positive_pixels": 5, "negative_pixels": 0}
    assert clicks == {"kind": "clicks", "positive_count": 2, "negative_count": 0, "positive": [[3, 4], [5, 6]], "negative": []}
    assert json.loads(json.dumps([box, strokes, clicks])) == [box, strokes, clicks]
