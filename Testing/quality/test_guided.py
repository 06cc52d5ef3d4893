"""A guide in place of a quality control: its map is the pGT, and the score is agreement."""

import numpy as np
import pytest
import torch

from HermesLib.errors import HermesError
from HermesLib.quality.guided import GuidedQuality
from HermesLib.refinement.events import Status
from HermesLib.refinement.refiner import Refiner
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.refinement.volume import assess_volume, refine_volume
from Testing.refinement.analytic import BoxThreshold, organ, scene


def guided(*slices: torch.Tensor, soft: bool = False) -> GuidedQuality:
    return GuidedQuality(torch.stack(slices).float().numpy(), "file", "3" * 64, soft)


NOTHING = torch.zeros_like(organ())


def images(count: int) -> torch.Tensor:
    return torch.stack([scene()] * count)


def test_the_model_is_prompted_by_the_guide_until_mask_and_guide_agree():
    quality = guided(*[organ()] * 3)
    refiner = Refiner(BoxThreshold(), quality, settings=RefinementSettings(threshold=0.95))
    events = [event for event in refine_volume(refiner, images(3)) if event.final]
    assert all(event.pdsc >= 0.95 for event in events)
    assert all(np.array_equal(event.pgt, organ().numpy()) for event in events)
    assert quality.score == "agreement" and quality.guarantee is None


def test_agreement_with_a_guide_accepts_nothing():
    quality = guided(*[organ()] * 3)
    refiner = Refiner(BoxThreshold(), quality, settings=RefinementSettings(threshold=0.5))
    ends = {event.status for event in refine_volume(refiner, images(3)) if event.final}
    masks = torch.stack([organ()] * 3)
    ends |= {
        event.status for event in assess_volume(quality, RefinementSettings(), images(3), masks)
    }
    assert ends == {Status.STOPPED}


def test_slices_without_a_guide_are_absent_and_the_last_ones_of_its_run_are_borderline():
    quality = guided(NOTHING, NOTHING, organ(), organ(), organ(), NOTHING, NOTHING)
    masks = torch.stack([NOTHING, NOTHING, organ(), organ(), organ(), NOTHING, NOTHING])
    events = list(assess_volume(quality, RefinementSettings(), images(7), masks))
    assert [event.status is Status.ABSENT for event in events] == [1, 1, 0, 0, 0, 1, 1]
    assert [event.borderline for event in events] == [0, 1, 1, 0, 1, 1, 0]


def test_no_presence_is_stated_that_no_patient_has_confirmed():
    quality = guided(NOTHING, NOTHING, organ(), organ(), organ())
    masks = torch.stack([NOTHING, NOTHING, organ(), organ(), organ()])
    events = list(assess_volume(quality, RefinementSettings(), images(5), masks))
    assert {event.present for event in events} == {0.5}
    assert events[0].pdsc == 0.5


def test_a_guide_that_runs_to_the_edge_of_the_volume_is_not_doubted_there():
    quality = guided(organ(), organ(), NOTHING)
    observation = quality.observe(images(3))
    assert observation.present.tolist() == pytest.approx([1.0, 0.7, 0.3])


def test_a_probability_map_gives_the_agreement_a_range():
    radius = np.hypot(*(np.indices((64, 64)) - 30))
    soft = torch.from_numpy(1 / (1 + np.exp(radius - 8))).float()
    mask = organ()[None]
    for is_soft, spread in ((False, False), (True, True)):
        quality = guided(soft, soft=is_soft)
        assessment = quality.assess(quality.observe(images(1)), mask, [0])
        assert (assessment.pdsc_low < assessment.pdsc).item() is spread


def test_a_guide_of_other_slices_is_refused():
    with pytest.raises(HermesError, match="guide has"):
        guided(organ()).observe(images(2))
