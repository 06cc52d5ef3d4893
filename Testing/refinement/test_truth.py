"""The true Dice that a run reports beside its own estimate."""

import numpy as np
import torch

from HermesLib.metrics.overlap import dice
from HermesLib.prompts.scribbles import ScribbleStrategy
from HermesLib.refinement.assess import assess_slices
from HermesLib.refinement.refiner import Refiner
from HermesLib.refinement.settings import RefinementSettings
from Testing.refinement.analytic import BoxThreshold, OrganQuality, organ, scene

IMAGES = torch.stack([scene(), scene(20, 20), scene(40, 30)])
TRUTH = torch.stack([organ(30, 33), organ(20, 20), organ(40, 30, 6)])


def test_every_iteration_reports_the_dice_of_its_mask_and_its_slices_own_truth():
    events = list(Refiner(BoxThreshold(), OrganQuality(jitter=4)).refine(IMAGES, truth=TRUTH))
    assert {event.slice_index for event in events} == {0, 1, 2}
    for event in events:
        assert event.dsc == dice(event.mask, TRUTH[event.slice_index].numpy())


def test_an_assessed_mask_reports_the_dice_with_its_slices_own_truth():
    masks = torch.stack([organ()] * 3)
    events = assess_slices(OrganQuality(), RefinementSettings(), IMAGES, masks, truth=TRUTH)
    for event, truth in zip(events, TRUTH, strict=True):
        assert event.dsc == dice(event.mask, truth.numpy())


class SeesRefinements(ScribbleStrategy):
    """Records which refinements are called the first one."""

    def __init__(self) -> None:
        super().__init__()
        object.__setattr__(self, "first_ones", [])

    def refine(self, previous, mask, pgt, first_refinement, rng):
        self.first_ones.append(first_refinement)
        return super().refine(previous, mask, pgt, first_refinement, rng)


class NeverRight(BoxThreshold):
    """Segments the same wrong region whatever the prompt."""

    prompt_kinds = ("scribbles",)

    def predict(self, embedding, prompts, previous=None):
        boxes = [type("Box", (), {"x1": 40, "x2": 64, "y1": 40, "y2": 64})] * len(prompts)
        return super().predict(embedding, boxes, previous)


def test_only_the_first_prompts_from_the_pgt_replace_a_random_prompt():
    strategy = SeesRefinements()
    settings = RefinementSettings(max_iterations=3)
    refiner = Refiner(NeverRight(), OrganQuality(), strategy, settings)
    events = list(refiner.refine(IMAGES[:1]))
    assert strategy.first_ones == [True, False, False]
    user = events[1].prompt
    strategy.first_ones.clear()
    second = list(refiner.refine(IMAGES[:1], first_prompt=user))[1].prompt
    assert strategy.first_ones == [False, False, False]
    assert np.all(second.positive[user.positive]), "a user's strokes stay"
