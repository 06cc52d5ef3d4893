"""What looks unlike the training patients is never accepted."""

import torch

from HermesLib.refinement.assess import assess_slices
from HermesLib.refinement.events import Status
from HermesLib.refinement.refiner import Refiner
from HermesLib.refinement.settings import RefinementSettings
from Testing.refinement.analytic import BoxThreshold, UnfamiliarQuality, organ, scene

IMAGES = torch.stack([scene()] * 3)


def test_a_slice_unlike_the_training_patients_is_never_accepted():
    events = list(Refiner(BoxThreshold(), UnfamiliarQuality()).refine(IMAGES[:2]))
    ends = {event.slice_index: event for event in events if event.final}
    assert ends[0].status is Status.ACCEPTED
    assert ends[1].status is Status.STOPPED
    # It costs no further call, and its numbers are those of any other slice.
    assert (ends[1].pdsc, ends[1].index) == (ends[0].pdsc, ends[0].index) == (1.0, 1)


def test_a_mask_on_a_slice_unlike_the_training_patients_is_never_accepted():
    masks = torch.stack([organ()] * 3)
    events = list(assess_slices(UnfamiliarQuality(), RefinementSettings(), IMAGES, masks))
    assert [event.pdsc for event in events] == [1.0] * 3
    accepted = [event.status is Status.ACCEPTED for event in events]
    assert accepted == [True, False, True]
