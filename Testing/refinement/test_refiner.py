"""The loop with models and quality controls whose results are known in advance."""

from itertools import islice

import numpy as np
import pytest
import torch

from HermesLib.errors import HermesError
from HermesLib.prompts.boxes import Box
from HermesLib.refinement.events import Iteration, Status
from HermesLib.refinement.refiner import Refiner
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.refinement.volume import refine_volume
from Testing.refinement.analytic import (
    SIZE,
    BoxThreshold,
    ElsewhereQuality,
    EmptyFor,
    OrganQuality,
    RisingQuality,
    organ,
    scene,
)


def run(refiner: Refiner, *scenes: torch.Tensor, **options) -> list[Iteration]:
    return list(refiner.refine(torch.stack(scenes), **options))


def same(a: Iteration, b: Iteration) -> bool:
    """Equal in everything but the time."""
    numbers = ("slice_index", "index", "pdsc", "pdsc_low", "pdsc_high", "dsc", "prompt", "status")
    equal = all(getattr(a, name) == getattr(b, name) for name in numbers)
    return equal and np.array_equal(a.mask, b.mask) and np.array_equal(a.pgt, b.pgt)


def test_the_pgt_leads_the_model_away_from_the_distractor():
    first, second = run(Refiner(BoxThreshold(), OrganQuality()), scene())
    assert first.prompt == Box(0, 0, SIZE, SIZE)
    assert first.pdsc < 0.9 and first.status is None and not first.final
    assert np.array_equal(second.mask, organ().numpy())
    assert second.pdsc == 1.0 and second.status is Status.ACCEPTED and second.final
    assert (second.pdsc_low, second.pdsc_high) == (pytest.approx(0.9), 1.0)


def test_a_slice_stops_after_ten_iterations_without_a_better_pdsc():
    events = run(Refiner(BoxThreshold(), ElsewhereQuality()), scene())
    assert [event.index for event in events] == list(range(11))
    assert [event.status for event in events] == [None] * 10 + [Status.STOPPED]


def test_a_slice_stops_after_twenty_further_calls_of_the_model():
    model = BoxThreshold()
    events = run(Refiner(model, RisingQuality()), scene())
    assert [event.index for event in events] == list(range(21))
    assert events[-1].status is Status.STOPPED
    assert len(model.calls) == 21


def test_a_slice_without_the_organ_ends_absent_with_an_empty_mask():
    (event,) = run(Refiner(BoxThreshold(), OrganQuality(present=0.2)), scene(), truth=organ()[None])
    assert event.status is Status.ABSENT
    assert not event.mask.any() and not event.pgt.any()
    assert (event.pdsc, event.pdsc_low, event.pdsc_high) == (pytest.approx(0.8), 0.0, 1.0)
    assert event.dsc == 0.0


@pytest.mark.parametrize(
    ("present", "borderline"), [(0.02, False), (0.3, True), (0.7, True), (0.97, False)]
)
def test_a_slice_with_uncertain_presence_is_borderline_in_all_its_events(
    present: float, borderline: bool
):
    settings = RefinementSettings(threshold=0.99, max_iterations=2, pgt="fixed")
    events = list(
        Refiner(BoxThreshold(), OrganQuality(present=present), settings=settings).refine(
            scene()[None]
        )
    )
    assert [event.borderline for event in events] == [borderline] * len(events)
    assert (events[-1].status is Status.ABSENT) == (present < 0.5)


def test_an_empty_pgt_is_drawn_again_from_another_seed():
    quality = EmptyFor(times=2)
    events = run(Refiner(BoxThreshold(), quality), scene())
    assert events[-1].status is Status.ACCEPTED
    assert len({seed for seeds in quality.seeds[:3] for seed in seeds}) == 3


def test_a_pgt_that_stays_empty_fails_the_slice_even_if_the_mask_is_empty_too():
    nothing_bright = torch.zeros(1, SIZE, SIZE)
    events = run(Refiner(BoxThreshold(), EmptyFor(times=1000)), scene(), nothing_bright)
    assert [event.status for event in events] == [Status.FAILED, Status.FAILED]
    assert [event.pdsc for event in events] == [0.0, 0.0]


def test_an_empty_mask_scores_zero_and_the_loop_goes_on():
    empty = torch.zeros(1, SIZE, SIZE, dtype=torch.bool)
    first, second = run(Refiner(BoxThreshold(), OrganQuality()), scene(), initial_masks=empty)
    assert (first.pdsc, first.status) == (0.0, None)
    assert second.status is Status.ACCEPTED


def test_a_given_mask_is_assessed_before_the_model_is_called():
    model = BoxThreshold()
    (event,) = run(Refiner(model, OrganQuality()), scene(), initial_masks=organ()[None])
    assert event.status is Status.ACCEPTED and event.prompt is None
    assert model.calls == [] and model.embedded == 0


def test_a_bad_given_mask_is_refined_from_its_pgt():
    wrong = organ(52, 10, 6)
    first, second = run(Refiner(BoxThreshold(), OrganQuality()), scene(), initial_masks=wrong[None])
    assert np.array_equal(first.mask, wrong.numpy()) and first.prompt is None
    assert isinstance(second.prompt, Box) and second.status is Status.ACCEPTED


def test_only_slices_with_a_bad_given_mask_are_embedded():
    model = BoxThreshold()
    masks = torch.stack([organ(), organ(52, 10, 6), organ(12, 12, 6)])
    events = run(
        Refiner(model, OrganQuality()), scene(), scene(), scene(20, 20), initial_masks=masks
    )
    assert model.embedded == 2
    assert np.array_equal(events[-1].mask, organ(20, 20).numpy())


def test_the_truth_is_reported_and_has_no_influence():
    without = run(Refiner(BoxThreshold(), OrganQuality(jitter=4)), scene())
    reported = run(Refiner(BoxThreshold(), OrganQuality(jitter=4)), scene(), truth=organ()[None])
    assert reported[-1].dsc is not None and without[-1].dsc is None
    assert all(
        np.array_equal(a.mask, b.mask) and a.pdsc == b.pdsc
        for a, b in zip(without, reported, strict=True)
    )


def test_the_model_gets_its_memory_back_and_embeds_a_slice_once():
    model = BoxThreshold()
    run(
        Refiner(model, ElsewhereQuality(), settings=RefinementSettings(max_iterations=3)),
        scene(),
        scene(20, 20),
    )
    assert model.embedded == 2
    assert model.calls == [[k] for k in (0, 0, 1, 1, 2, 2, 3, 3)]  # one call a slice on a CPU


def test_a_finished_slice_leaves_the_batch():
    model = BoxThreshold()
    without_distractor = scene()
    without_distractor[:, 40:, 40:] = 0
    events = run(Refiner(model, OrganQuality()), scene(), without_distractor)
    assert [(event.slice_index, event.index) for event in events] == [(0, 0), (1, 0), (0, 1)]
    assert len(model.calls) == 3


SCENES = [scene(24 + 3 * k, 34 - 4 * k, 5 + k) for k in range(5)]


def jittery_refiner(seed: int = 7) -> Refiner:
    return Refiner(
        BoxThreshold(),
        OrganQuality(jitter=5),
        settings=RefinementSettings(threshold=0.8, patience=4, seed=seed),
    )


def test_the_same_seed_gives_the_same_events_and_another_seed_different_ones():
    once, again, other = (run(jittery_refiner(seed), *SCENES) for seed in (7, 7, 8))
    assert len(once) == len(again) and all(map(same, once, again))
    assert len(once) != len(other) or not all(map(same, once, other))


def test_a_slice_has_the_same_history_alone_and_in_a_batch_that_others_leave():
    together = run(jittery_refiner(), *SCENES)
    lengths = set()
    for k, image in enumerate(SCENES):
        alone = run(jittery_refiner(), image, slice_indices=[k])
        within = [event for event in together if event.slice_index == k]
        assert len(alone) == len(within) and all(map(same, alone, within))
        lengths.add(len(alone))
    assert len(lengths) > 1, "all slices leave together: the scenes are too easy for this test"


def test_the_batch_size_does_not_change_the_events():
    images, truth = torch.stack(SCENES), torch.stack([organ()] * 5)
    whole = run(jittery_refiner(), *SCENES, truth=truth)
    parts = list(refine_volume(jittery_refiner(), images, truth=truth, batch_size=2))
    order = lambda event: (event.slice_index, event.index)  # noqa: E731
    assert all(map(same, sorted(whole, key=order), sorted(parts, key=order)))
    assert len(whole) == len(parts)


def test_nothing_is_computed_after_the_last_consumed_event():
    model = BoxThreshold()
    events = list(islice(Refiner(model, ElsewhereQuality()).refine(scene()[None]), 3))
    assert len(events) == 3 and len(model.calls) == 3


def test_a_fixed_pgt_is_drawn_once():
    quality = OrganQuality(jitter=5)
    settings = RefinementSettings(pgt="fixed", max_iterations=3, threshold=1.0)
    events = run(Refiner(BoxThreshold(), quality, settings=settings), scene())
    assert len(quality.seeds) == 1 and len(events) == 4
    assert all(np.array_equal(event.pgt, events[0].pgt) for event in events)
    assert events[-1].pdsc > events[0].pdsc


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("threshold", 0.0),
        ("threshold", 1.01),
        ("max_iterations", -1),
        ("patience", 0),
        ("seed", -1),
    ],
)
def test_settings_out_of_range_are_refused_with_a_one_line_message(option: str, value: float):
    with pytest.raises(HermesError) as error:
        RefinementSettings(**{option: value})
    assert (
        option.replace("_", "-") in str(error.value)
        and "choose" in str(error.value)
        and "\n" not in str(error.value)
    )


def test_the_evidence_is_independent_first_and_prompted_afterwards():
    class Recording(ElsewhereQuality):
        def __init__(self) -> None:
            super().__init__()
            self.evidence: list[str] = []

        def assess(self, observation, masks, seeds, evidence="independent"):
            self.evidence.append(evidence)
            return super().assess(observation, masks, seeds)

    quality = Recording()
    settings = RefinementSettings(max_iterations=2)
    run(Refiner(BoxThreshold(), quality, settings=settings), scene())
    assert quality.evidence == ["independent", "prompted", "prompted"]


def test_a_given_observation_gives_the_same_events():
    refiner = jittery_refiner()
    observation = refiner.quality.observe(torch.stack(SCENES))
    before = list(refiner.refine(observation))
    assert len(before) > len(SCENES)
    assert all(map(same, before, run(jittery_refiner(), *SCENES)))


@pytest.mark.parametrize(
    ("ceiling", "last"), [(1.0, 10), (0.95, 10), (0.85, RefinementSettings.hopeless_patience)]
)
def test_a_slice_on_which_no_mask_could_be_accepted_stops_early(ceiling: float, last: int):
    # No mask is better than the first one.
    settings = RefinementSettings(threshold=0.9, patience=10)
    events = run(
        Refiner(BoxThreshold(), ElsewhereQuality(ceiling=ceiling), settings=settings), scene()
    )
    assert events[-1].status is Status.STOPPED and events[-1].index == last
