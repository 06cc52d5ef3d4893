"""Quality control of given masks, without a model."""

import numpy as np
import pytest
import torch

from HermesLib.quality.presence import PresenceRule
from HermesLib.refinement.assess import assess_slices
from HermesLib.refinement.events import Status
from HermesLib.refinement.refiner import Refiner
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.refinement.volume import assess_volume
from Testing.refinement.analytic import (
    BoxThreshold,
    EmptyFor,
    OrganQuality,
    organ,
    scene,
)

IMAGES = torch.stack([scene()] * 3)
MASKS = torch.stack([organ(), organ(30, 34), torch.zeros_like(organ())])


def test_each_mask_is_scored_and_not_changed():
    events = list(
        assess_slices(
            OrganQuality(), RefinementSettings(), IMAGES, MASKS, truth=torch.stack([organ()] * 3)
        )
    )
    assert [event.status for event in events] == [Status.ACCEPTED, Status.STOPPED, Status.STOPPED]
    assert [event.pdsc for event in events] == pytest.approx([event.dsc for event in events])
    assert all(
        np.array_equal(event.mask, mask.numpy()) for event, mask in zip(events, MASKS, strict=True)
    )


def test_without_the_organ_a_mask_scores_low_and_an_empty_one_high():
    nonempty, _, empty = assess_slices(
        OrganQuality(present=0.1), RefinementSettings(), IMAGES, MASKS
    )
    assert nonempty.status is empty.status is Status.ABSENT
    assert nonempty.mask.any() and nonempty.pdsc == pytest.approx(0.1)
    assert empty.pdsc == pytest.approx(0.9)


def test_a_pgt_that_stays_empty_fails_the_slice():
    events = assess_slices(EmptyFor(times=1000), RefinementSettings(), IMAGES, MASKS)
    assert {event.status for event in events} == {Status.FAILED}


def test_the_batch_size_does_not_change_the_scores():
    whole = assess_slices(OrganQuality(jitter=4), RefinementSettings(), IMAGES, MASKS, [4, 5, 6])
    parts = assess_volume(
        OrganQuality(jitter=4), RefinementSettings(), IMAGES, MASKS, [4, 5, 6], batch_size=2
    )
    assert [(event.slice_index, event.pdsc) for event in whole] == [
        (event.slice_index, event.pdsc) for event in parts
    ]


def test_finished_slices_are_left_out_and_the_others_keep_their_scores():
    quality, settings = OrganQuality(jitter=4), RefinementSettings()
    whole = assess_volume(quality, settings, IMAGES, MASKS, [4, 5, 6])
    rest = assess_volume(quality, settings, IMAGES, MASKS, [4, 5, 6], finished=(4,), batch_size=1)
    assert [(event.slice_index, event.pdsc) for event in whole][1:] == [
        (event.slice_index, event.pdsc) for event in rest
    ]


def test_a_probability_of_presence_is_stated_as_patients_justify_and_decided_as_it_is():
    quality = OrganQuality(present=0.001)
    quality.presence_rule = PresenceRule(borderline=(0.1, 0.9), patients=4)
    nonempty, _, empty = assess_slices(quality, RefinementSettings(), IMAGES, MASKS)
    assert nonempty.status is empty.status is Status.ABSENT
    assert nonempty.present == empty.present == pytest.approx(0.2)
    assert not empty.borderline, "0.001 is not, although 0.2 would be"
    assert empty.pdsc == pytest.approx(0.8) and nonempty.pdsc == pytest.approx(0.2)
    refined = list(Refiner(BoxThreshold(), quality).refine(IMAGES, present=torch.full((3,), 0.001)))
    assert [event.status for event in refined] == [Status.ABSENT] * 3
    assert refined[0].present == pytest.approx(0.2) and refined[0].pdsc == pytest.approx(0.8)


def test_a_slice_is_refined_from_the_probability_on_that_its_quality_control_says():
    quality = OrganQuality(present=0.2)
    quality.presence_rule = PresenceRule(borderline=(0.25, 0.9), shown_from=0.15)
    assessed = list(assess_slices(quality, RefinementSettings(), IMAGES, MASKS))
    refined = list(Refiner(BoxThreshold(), quality).refine(IMAGES, present=torch.full((3,), 0.2)))
    for events in (assessed, refined):
        assert Status.ABSENT not in {event.status for event in events}
        # Who gets a mask that is probably wrong is asked to look at it.
        assert all(event.borderline for event in events)
    quality.presence_rule = PresenceRule(shown_from=0.25)
    (absent, *_) = assess_slices(quality, RefinementSettings(), IMAGES, MASKS)
    assert absent.status is Status.ABSENT


class HesitantQuality(OrganQuality):
    """Is sure of the middle of the organ, and not of its surroundings."""

    def predict_pgt(self, image: torch.Tensor, seed: int) -> torch.Tensor:
        rings = ((4, 0.95), (8, 0.6), (12, 0.2))
        return torch.stack([organ(30, 30, radius) * share for radius, share in rings]).amax(0)


def test_an_event_says_what_certainly_and_what_possibly_belongs_to_the_organ():
    (event,) = assess_slices(HesitantQuality(), RefinementSettings(), IMAGES[:1], MASKS[:1])
    assert np.array_equal(event.spread.certain, organ(30, 30, 4).numpy())
    assert np.array_equal(event.pgt, organ(30, 30, 8).numpy())
    assert np.array_equal(event.spread.possible, organ(30, 30, 12).numpy())
    model = BoxThreshold()
    refined = list(Refiner(model, HesitantQuality()).refine(IMAGES[:1]))
    for event in refined:
        assert not (event.spread.certain & ~event.pgt).any()
        assert not (event.pgt & ~event.spread.possible).any()
