"""The registry of prompt kinds, settings, seeds, and prompts in reports."""

import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from HermesLib.errors import HermesError
from HermesLib.prompts.boxes import Box, BoxStrategy
from HermesLib.prompts.clicks import Clicks
from HermesLib.prompts.registry import prompt_kinds, strategy_for
from HermesLib.prompts.scribbles import Scribbles
from HermesLib.prompts.settings import PromptSettings
from HermesLib.refinement.seeding import slice_rng, slice_seed
from Testing.prompts.regions import disc, regions

INDICES = st.integers(0, 5000)


def test_every_prompt_kind_has_a_strategy():
    assert all(strategy_for(kind).kind == kind for kind in prompt_kinds())


def test_an_unknown_kind_is_refused_and_the_kinds_named():
    with pytest.raises(HermesError, match=r"'lasso'.*box, scribbles, clicks"):
        strategy_for("lasso")


@given(regions(), st.floats(0, 40))
def test_a_box_is_padded_as_the_user_says(pgt, padding):
    box = strategy_for("box", PromptSettings(padding=padding)).refine(
        None, pgt, pgt, True, slice_rng(0, 0, 1)
    )
    tight = strategy_for("box", PromptSettings(padding=0)).refine(
        None, pgt, pgt, True, slice_rng(0, 0, 1)
    )
    pad = padding * min(1, max(pgt.shape) / BoxStrategy.reference_side)
    assert (box.x1, box.y1) == pytest.approx((max(tight.x1 - pad, 0), max(tight.y1 - pad, 0)))
    assert (box.x2, box.y2) == pytest.approx(
        (min(tight.x2 + pad, pgt.shape[1]), min(tight.y2 + pad, pgt.shape[0]))
    )


def test_the_random_first_scribbles_are_kept_only_if_the_user_says_so():
    pgt = disc((64, 64), 40, 40, 12)
    for keep in (True, False):
        strategy = strategy_for("scribbles", PromptSettings(keep_first=keep))
        first = strategy.first(pgt.shape, slice_rng(0, 0, 0))
        refined = strategy.refine(first, np.zeros_like(pgt), pgt, True, slice_rng(0, 0, 1))
        assert (first.positive <= refined.positive).all() == keep


@pytest.mark.parametrize("kind", prompt_kinds())
@given(pgt=regions(), seed=INDICES)
def test_a_slices_prompts_repeat_from_its_seed(kind, pgt, seed):
    def run() -> list[dict]:
        strategy = strategy_for(kind)
        prompts = [strategy.first(pgt.shape, slice_rng(seed, 3, 0))]
        mask = np.roll(pgt, 4, 1)
        for iteration in (1, 2, 3):
            prompts.append(
                strategy.refine(
                    prompts[-1], mask, pgt, iteration == 1, slice_rng(seed, 3, iteration)
                )
            )
        rasters = [
            (p.positive.tobytes(), p.negative.tobytes())
            for p in prompts
            if isinstance(p, Scribbles)
        ]
        return [*(prompt.summary() for prompt in prompts), *rasters]

    assert run() == run()


@given(INDICES, INDICES, INDICES)
def test_every_slice_and_iteration_has_its_own_random_numbers(seed, index, iteration):
    def numbers(*place: int) -> tuple[int, int]:
        return int(slice_rng(*place).integers(2**62)), slice_seed(*place)

    here = numbers(seed, index, iteration)
    assert here == numbers(seed, index, iteration) and 0 <= here[1] < 2**63
    for other in (
        (seed + 1, index, iteration),
        (seed, index + 1, iteration),
        (seed, index, iteration + 1),
    ):
        assert all(a != b for a, b in zip(here, numbers(*other), strict=True))


def test_summaries_say_where_a_prompt_is_and_are_plain_json():
    box = Box(np.float32(1), 2, 30, 40).summary()
    strokes = Scribbles(disc((20, 20), 5, 5, 1), np.zeros((20, 20), bool)).summary()
    clicks = Clicks(np.array([[3, 4], [5, 6]]), np.zeros((0, 2), np.int64)).summary()
    assert box == {"kind": "box", "xyxy": [1.0, 2.0, 30.0, 40.0]}
    assert strokes == {"kind": "scribbles", "positive_pixels": 5, "negative_pixels": 0}
    assert clicks == {
        "kind": "clicks",
        "positive_count": 2,
        "negative_count": 0,
        "positive": [[3, 4], [5, 6]],
        "negative": [],
    }
    assert json.loads(json.dumps([box, strokes, clicks])) == [box, strokes, clicks]


READ = """
import sys
from HermesLib.prompts.registry import prompt_kinds, prompt_type
from HermesLib.prompts.plain import whole_points
for kind in prompt_kinds():
    prompt_type(kind)
from HermesLib.prompts.scribbles import Scribbles
plain = {"kind": "scribbles", "positive": [[3, 4]], "negative": [[5, 6]]}
assert Scribbles.from_plain(plain, (9, 9)).to_plain() == plain
print([name for name in ("scipy", "skimage", "torch") if name in sys.modules])
"""


def test_a_user_interface_reads_prompts_without_waiting_for_scientific_libraries():
    read = subprocess.run(
        [sys.executable, "-c", READ], capture_output=True, encoding="utf-8", check=True
    )
    assert read.stdout.strip() == "[]"
