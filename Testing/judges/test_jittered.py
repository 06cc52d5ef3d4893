"""Judges that move the prompts: a mask that the model finds again whatever the exact prompt."""

import numpy as np
import pytest
import torch

from HermesLib.errors import HermesError
from HermesLib.judges.protocol import Judged, ModelAnswer
from HermesLib.judges.registry import JudgeOptions, load_judge
from HermesLib.judges.sample_variance import variance_score
from HermesLib.prompts.jitter import jittered
from HermesLib.prompts.registry import strategy_for
from Testing.refinement.analytic import SIZE, BoxThreshold, organ, scene

SHAPE = (SIZE, SIZE)
BESIDE = organ(30, 38, 5)
EMPTY_PLACE = organ(8, 56, 5)


def judged(*masks: torch.Tensor, model: BoxThreshold | None = None) -> Judged:
    images = torch.stack([scene()] * len(masks))
    model = model or BoxThreshold()
    stack = torch.stack(masks)
    return Judged(
        images, stack, stack, list(range(len(masks))), ModelAnswer(model, model.embed(images))
    )


@pytest.mark.parametrize("name", ["prompt-jitter", "sample-variance"])
def test_a_mask_is_trusted_as_far_as_the_model_finds_it_again(name: str):
    judge = load_judge(name, JudgeOptions())
    right, beside, empty = judge.judge(judged(organ(), BESIDE, EMPTY_PLACE))
    assert right.value > 0.95
    assert beside.value < right.value
    assert empty.value == 0.0, "that nothing is found each time is not an agreement"
    assert right.expected is not None and (right.expected == organ().numpy()).mean() > 0.99


@pytest.mark.parametrize("name", ["prompt-jitter", "sample-variance"])
def test_the_same_seed_gives_the_same_score_whatever_else_is_judged(name: str):
    judge = load_judge(name, JudgeOptions())
    masks = judged(organ(), BESIDE)
    together = [estimate.value for estimate in judge.judge(masks)]
    alone = [judge.judge(masks.select(row))[0].value for row in range(2)]
    assert together == alone


def test_without_a_model_they_say_what_they_need():
    masks = organ()[None]
    nothing = Judged(scene()[None], masks, masks, [0])
    with pytest.raises(HermesError, match="'prompt-jitter' needs a model"):
        load_judge("prompt-jitter", JudgeOptions()).judge(nothing)


def test_a_model_without_prompts_that_can_be_moved_is_refused():
    model = BoxThreshold()
    model.prompt_kinds = ("examples",)
    with pytest.raises(HermesError, match="prompted by examples"):
        load_judge("prompt-jitter", JudgeOptions()).judge(judged(organ(), model=model))


def test_the_variance_is_the_sum_of_deviations_over_the_sum_of_means():
    answers = torch.tensor([[[1.0, 1.0]], [[1.0, 0.0]]])
    assert variance_score(answers) == pytest.approx(1 / (1 + 0.5 / 1.5))
    assert variance_score(torch.zeros(3, 2, 2)) == 0.0


@pytest.mark.parametrize("kind", ["box", "scribbles", "clicks", "box+clicks"])
def test_moved_prompts_are_of_the_same_kind_on_the_slice_and_near(kind: str):
    mask = organ(3, 3, 6).numpy()
    strategy = strategy_for(kind)
    for seed in range(20):
        rng = np.random.default_rng(seed)
        prompt = strategy.refine(None, np.zeros(SHAPE, bool), mask, True, rng)
        moved = jittered(prompt, SHAPE, 4.0, rng)
        assert moved.kind == prompt.kind
        marks = moved.marks()
        for box, earlier in zip(marks.boxes, prompt.marks().boxes, strict=True):
            x1, y1, x2, y2 = box
            assert 0 <= x1 < x2 <= SIZE and 0 <= y1 < y2 <= SIZE
            assert np.abs(np.subtract(box, earlier)).max() <= 5.0
        points = marks.positive_points
        assert ((points >= 0) & (points < SIZE)).all()
        if marks.positive_strokes is not None:
            assert marks.positive_strokes.any()
            assert not (marks.positive_strokes & marks.negative_strokes).any()
