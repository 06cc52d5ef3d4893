"""Whole volumes: presence along all slices, and slices that are left out."""

import torch

from HermesLib.prompts.boxes import Box
from HermesLib.refinement.events import Iteration, Status
from HermesLib.refinement.refiner import Refiner
from HermesLib.refinement.volume import refine_volume
from Testing.refinement.analytic import SIZE, BoxThreshold, PixelEvidenceQuality, organ, scene
from Testing.refinement.test_refiner import same


def with_evidence(*log_odds: float) -> torch.Tensor:
    """Scenes (N, 1, H, W) with this evidence for PixelEvidenceQuality."""
    images = torch.stack([scene()] * len(log_odds))
    images[:, :, 0, 0] = torch.tensor(log_odds)[:, None] / 20 + 0.5
    return images


def test_finished_slices_are_left_out_and_the_others_are_as_they_would_be():
    images = with_evidence(6, 6, -1.5, 6, -6, -6, 2, -6)
    truth = torch.stack([organ()] * 8)
    initial = torch.stack([organ().roll(shift, 0) for shift in range(8)])
    indices = range(3, 11)

    def events(**keywords) -> list[Iteration]:
        refiner = Refiner(BoxThreshold(), PixelEvidenceQuality())
        given = {"truth": truth, "initial_masks": initial, "batch_size": 3, **keywords}
        return list(refine_volume(refiner, images, indices, **given))

    whole = [event for event in events() if event.slice_index not in (3, 4, 6)]
    assert {event.present for event in whole} != {1.0}
    rest = events(finished=(3, 4, 6))
    order = lambda event: (event.slice_index, event.index)  # noqa: E731
    assert len(whole) == len(rest)
    assert all(map(same, sorted(whole, key=order), sorted(rest, key=order)))
    assert events(finished=indices) == []


def test_presence_is_decided_along_the_whole_volume():
    images = with_evidence(6, 6, -1.5, 6, -6, -6, -6, 2, -6)
    model = BoxThreshold()
    events = list(
        refine_volume(
            Refiner(model, PixelEvidenceQuality()),
            images,
            truth=torch.stack([organ()] * 9),
            batch_size=2,
        )
    )
    last = {event.slice_index: event for event in events if event.final}
    assert [last[k].status is Status.ABSENT for k in range(9)] == [False] * 4 + [True] * 5
    assert not any(last[k].mask.any() or last[k].pgt.any() for k in range(4, 9))
    assert last[4].dsc == 0.0 and last[4].pdsc == 1 - last[4].present > 0.5
    assert model.embedded == 4, "the model was called on slices without the organ"


def test_a_user_s_prompt_implies_that_the_organ_is_present():
    box = Box(0, 0, SIZE, SIZE)
    refiner = Refiner(BoxThreshold(), PixelEvidenceQuality(present=0.0))
    events = list(refine_volume(refiner, with_evidence(-6), first_prompt=box))
    assert events[-1].status is Status.ACCEPTED
    assert events[-1].present == 1.0
