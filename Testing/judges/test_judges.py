"""Judges score masks in place of the quality control, in the loop and for masks from elsewhere."""

import pytest
import torch

from HermesLib.errors import HermesError
from HermesLib.judges.protocol import Estimate, Judged, ModelAnswer
from HermesLib.judges.registry import JUDGES, JudgeOptions, load_judge
from HermesLib.metrics.overlap import dice
from HermesLib.models.protocol import Prediction
from HermesLib.refinement.events import Status
from HermesLib.refinement.refiner import Refiner
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.refinement.volume import assess_volume
from Testing.refinement.analytic import BoxThreshold, OrganQuality, organ, scene

IMAGES = torch.stack([scene()] * 3)
SHIFTED = organ(30, 36)


class SureThreshold(BoxThreshold):
    """Estimates an IoU of 0.6 for every mask."""

    def predict(self, embedding, prompts, previous=None) -> Prediction:
        answer = super().predict(embedding, prompts, previous)
        return Prediction(answer.probability, answer.memory, torch.full((len(prompts),), 0.6))


class Fixed:
    """Gives every mask the same score."""

    name, sha256, needs_model, guarantee = "fixed", "", False, None

    def __init__(self, value: float, score: str = "calibrated") -> None:
        self.value = value
        self.score = score
        self.seen: list[int] = []

    def judge(self, judged: Judged) -> list[Estimate]:
        self.seen.append(len(judged.masks))
        return [Estimate(self.value, self.value - 0.1, 1.0)] * len(judged.masks)


def test_the_judge_decides_what_is_accepted_and_the_quality_control_still_draws_the_pgt():
    for value, status in ((0.95, Status.ACCEPTED), (0.85, Status.STOPPED)):
        judge = Fixed(value)
        refiner = Refiner(BoxThreshold(), OrganQuality(), judge=judge)
        last = [event for event in refiner.refine(IMAGES) if event.final]
        assert [event.status for event in last] == [status] * 3
        assert {event.pdsc for event in last} == {value}
        assert all((event.pgt == organ().numpy()).all() for event in last)
        assert set(judge.seen) == {1}, "one slice at a time, whatever is in the batch"


def test_without_a_calibration_no_judge_accepts_anything():
    refiner = Refiner(BoxThreshold(), OrganQuality(), judge=Fixed(1.0, "judged"))
    assert {event.status for event in refiner.refine(IMAGES) if event.final} == {Status.STOPPED}
    events = assess_volume(
        OrganQuality(),
        RefinementSettings(),
        IMAGES,
        torch.stack([organ()] * 3),
        judge=Fixed(1.0, "judged"),
    )
    assert {event.status for event in events} == {Status.STOPPED}


def test_an_empty_mask_is_never_accepted_whatever_the_judge_says():
    masks = torch.stack([torch.zeros_like(organ()), organ()])
    events = list(
        assess_volume(OrganQuality(), RefinementSettings(), IMAGES[:2], masks, judge=Fixed(1.0))
    )
    assert [event.status for event in events] == [Status.STOPPED, Status.ACCEPTED]


def test_asked_again_the_model_confirms_what_it_sees_and_nothing_else():
    judge = load_judge("reprompt", JudgeOptions())
    masks = torch.stack([organ(), SHIFTED])
    right, shifted = assess_volume(
        OrganQuality(), RefinementSettings(), IMAGES[:2], masks, judge=judge, model=BoxThreshold()
    )
    assert right.pdsc > 0.95
    assert shifted.pdsc < 0.9
    assert shifted.pdsc == pytest.approx(dice(SHIFTED.numpy(), shifted.pgt)), "its own outline"


def test_the_models_own_iou_becomes_a_dice():
    refiner = Refiner(
        SureThreshold(), OrganQuality(), judge=load_judge("predicted-iou", JudgeOptions())
    )
    assert {round(event.pdsc, 6) for event in refiner.refine(IMAGES)} == {0.75}


def test_a_judge_that_lacks_what_it_needs_says_so():
    answer = ModelAnswer(BoxThreshold(), BoxThreshold().embed(IMAGES[:1]))
    judged = Judged(IMAGES[:1], organ()[None], organ()[None], [0], answer)
    own = load_judge("predicted-iou", JudgeOptions())
    with pytest.raises(HermesError, match="only masks that the model draws itself"):
        own.judge(judged)
    with pytest.raises(HermesError, match="choose agreement"):
        load_judge("nobody", JudgeOptions())


@pytest.mark.parametrize("name", JUDGES)
def test_every_judge_says_what_it_is(name: str):
    entry = JUDGES[name]
    assert entry.name == name and entry.title and entry.source
