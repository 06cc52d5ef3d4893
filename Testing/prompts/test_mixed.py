"""Prompts of several kinds together."""

import json

import numpy as np
import pytest
import torch

from HermesLib.errors import HermesError
from HermesLib.metrics.overlap import dice
from HermesLib.models.registry import load_model
from HermesLib.models.scribbleprompt import stroke_channels
from HermesLib.prompts.boxes import Box
from HermesLib.prompts.clicks import Clicks
from HermesLib.prompts.mixed import Mixed, mix
from HermesLib.prompts.registry import prompt_type, strategy_for
from HermesLib.prompts.scribbles import Scribbles
from HermesLib.prompts.serialization import prompt_from_plain
from HermesLib.refinement.seeding import slice_rng
from HermesLib.samples.prostate_phantom import phantom_slices
from Testing.prompts.regions import disc

SHAPE = (40, 56)
NO_POINTS = np.zeros((0, 2), np.int64)
BOX = Box(4.0, 5.0, 30.5, 33.0)
CLICKS = Clicks(np.array([[12, 10], [20, 15]]), np.array([[50, 3]]))
SCRIBBLES = Scribbles(disc(SHAPE, 20, 20, 3), disc(SHAPE, 35, 50, 2))


def same_marks(prompt, other) -> bool:
    mine, theirs = prompt.marks(), other.marks()
    return mine.boxes == theirs.boxes and all(
        np.array_equal(getattr(mine, name), getattr(theirs, name))
        for name in (
            "positive_points",
            "negative_points",
            "positive_strokes",
            "negative_strokes",
        )
    )


@pytest.mark.parametrize(
    "prompt", [BOX, CLICKS, SCRIBBLES, mix(CLICKS, BOX), mix(SCRIBBLES, CLICKS, BOX)]
)
def test_a_prompt_comes_back_from_json_from_arrays_and_from_marks(prompt):
    kind = prompt_type(prompt.kind)
    plain = json.loads(json.dumps(prompt.to_plain()))
    assert same_marks(prompt_from_plain(plain, SHAPE), prompt)
    assert same_marks(kind.from_arrays(prompt.arrays()), prompt)
    assert same_marks(kind.from_marks(prompt.marks(), SHAPE), prompt)
    assert kind.from_arrays(prompt.arrays()).kind == prompt.kind


def test_the_parts_of_a_mixed_prompt_are_in_the_order_of_the_registry():
    assert mix(CLICKS, BOX).kind == "box+clicks"
    assert mix(CLICKS, SCRIBBLES, BOX).kind == "box+scribbles+clicks"


def test_a_report_has_the_summaries_of_all_parts():
    assert mix(BOX, SCRIBBLES).summary() == {
        "kind": "box+scribbles",
        "parts": [BOX.summary(), SCRIBBLES.summary()],
    }


def test_the_same_kind_twice_is_refused():
    with pytest.raises(HermesError, match="twice"):
        mix(BOX, BOX)


def test_a_box_with_only_negative_clicks_marks_the_organ():
    plain = mix(BOX, Clicks(NO_POINTS, np.array([[5, 6]]))).to_plain()
    assert prompt_from_plain(plain, SHAPE).kind == "box+clicks"


@pytest.mark.parametrize(
    "parts", [[], [BOX.to_plain()], [BOX.to_plain(), BOX.to_plain()], [BOX.to_plain(), {}], 3]
)
def test_a_mixed_prompt_that_lacks_a_part_is_refused(parts):
    with pytest.raises(HermesError, match="not well formed"):
        prompt_from_plain({"kind": "box+clicks", "parts": parts}, SHAPE)


def test_each_part_is_drawn_and_refined_by_its_own_strategy():
    pgt = disc((64, 64), 30, 30, 12)
    strategy = strategy_for("clicks+scribbles")
    assert strategy.kind == "scribbles+clicks"
    first = strategy.first(pgt.shape, slice_rng(0, 0, 0))
    assert first.part("scribbles").positive.any() and len(first.part("clicks").positive) == 16
    refined = strategy.refine(first, np.roll(pgt, 4, 1), pgt, True, slice_rng(0, 0, 1))
    assert refined.part("scribbles").negative.any()
    later = strategy.refine(refined, np.roll(pgt, 9, 1), pgt, False, slice_rng(0, 0, 2))
    before = refined.part("clicks").positive.tolist()
    assert later.part("clicks").positive.tolist()[: len(before)] == before
    assert len(later.part("clicks").negative) > 0


def test_clicks_beside_a_box_only_correct_where_mask_and_pgt_differ():
    pgt = disc((64, 64), 30, 30, 12)
    strategy = strategy_for("clicks+box")
    first = strategy.first(pgt.shape, slice_rng(0, 0, 0))
    assert first.part("box") == Box(0, 0, 64, 64) and not first.part("clicks").marks().has_signs
    mask = np.roll(pgt, 6, 1)
    refined = strategy.refine(first, mask, pgt, True, slice_rng(0, 0, 1))
    assert refined.part("box") == strategy_for("box").refine(
        None, pgt, pgt, True, slice_rng(0, 0, 1)
    )
    clicks = refined.part("clicks")
    assert 0 < len(clicks.positive) <= 2 and 0 < len(clicks.negative) <= 2
    for points, error in ((clicks.positive, pgt & ~mask), (clicks.negative, mask & ~pgt)):
        assert error[points[:, 1], points[:, 0]].all()
    later = strategy.refine(refined, np.roll(pgt, -6, 0), pgt, False, slice_rng(0, 0, 2))
    before = clicks.positive.tolist()
    assert later.part("clicks").positive.tolist()[: len(before)] == before
    assert len(later.part("clicks").positive) > len(before)
    with pytest.raises(ValueError, match="empty"):
        strategy.refine(later, mask, np.zeros_like(pgt), False, slice_rng(0, 0, 3))


def test_scribbleprompt_gets_the_channels_of_all_parts():
    box, strokes = stroke_channels(mix(BOX, CLICKS, SCRIBBLES), SHAPE, 128)
    parts = [stroke_channels(part, SHAPE, 128) for part in (BOX, CLICKS, SCRIBBLES)]
    assert (box == parts[0][0]).all() and not parts[1][0].any()
    assert (strokes == sum(part[1] for part in parts).clamp(max=1)).all()


def test_clicks_improve_the_mask_of_a_box_on_the_phantom():
    model = load_model("scribbleprompt")
    dices: dict[str, list[float]] = {"box": [], "box+clicks": []}
    for image, gland in phantom_slices(np.random.default_rng(4), 6):
        if not gland.any():
            continue
        embedding = model.embed(torch.from_numpy(image)[None, None])
        for kind, reached in dices.items():
            strategy = strategy_for(kind)
            prompt, mask, memory = None, np.zeros_like(gland), None
            for iteration in (1, 2, 3):
                rng = slice_rng(0, 0, iteration)
                prompt = strategy.refine(prompt, mask, gland, iteration == 1, rng)
                assert isinstance(prompt, Mixed) == ("+" in kind)
                prediction = model.predict(embedding, [prompt], memory)
                mask, memory = prediction.probability[0].numpy() > 0.5, prediction.memory
            reached.append(dice(mask, gland))
    means = {kind: np.mean(reached) for kind, reached in dices.items()}
    assert means["box+clicks"] > means["box"] + 0.03, means
