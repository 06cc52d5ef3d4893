"""Slices as examples of others: their order, their choice, and what must not change them."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from HermesLib.prompts.boxes import Box
from HermesLib.prompts.examples import Example, examples_of
from HermesLib.prompts.registry import strategy_for
from HermesLib.prompts.settings import PromptSettings
from HermesLib.prompts.similarity import thumbnail
from HermesLib.quality.presence import PresenceRule
from HermesLib.refinement.events import Iteration, Status
from HermesLib.refinement.in_context import ExampleSources, choose_examples
from HermesLib.refinement.order import middle_out
from HermesLib.refinement.refiner import Refiner
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.refinement.volume import refine_volume
from Testing.refinement.analytic import (
    SIZE,
    ExampleThreshold,
    OrganQuality,
    PixelEvidenceQuality,
    organ,
    scene,
)

RULE = PresenceRule()


def volume(count: int = 7, seed: int = 0) -> torch.Tensor:
    """Scenes (N, 1, H, W) with an organ that moves and noise, so that masks are imperfect."""
    noise = torch.from_numpy(np.random.default_rng(seed).normal(0, 0.03, (count, 1, SIZE, SIZE)))
    scenes = torch.stack([scene(26 + k, 30, 10) for k in range(count)])
    return (scenes + noise.float()).clamp(0, 1)


class SeenEvidence(OrganQuality):
    """Notes what each assessment was called."""

    def __init__(self, jitter: int = 0) -> None:
        super().__init__(jitter)
        self.evidence: list[str] = []

    def assess(self, observation, masks, seeds, evidence="independent"):
        self.evidence.append(evidence)
        return super().assess(observation, masks, seeds, evidence)


def events_of(images, quality=None, kind="examples", threshold=0.9, most=3, **more):
    refiner = Refiner(
        ExampleThreshold(),
        quality or OrganQuality(jitter=2),
        strategy_for(kind, PromptSettings(most_examples=most)),
        RefinementSettings(threshold=threshold, max_iterations=3),
    )
    return list(refine_volume(refiner, images, **more))


def described(events: list[Iteration]) -> list[tuple]:
    return [
        (
            event.slice_index,
            event.index,
            event.status,
            event.pdsc,
            event.mask.tobytes(),
            None if event.prompt is None else str(event.prompt.to_plain()),
        )
        for event in events
    ]


def given_example(number: int = 0) -> Example:
    return Example(number, scene()[0].numpy(), organ().numpy(), given=True)


def test_slices_are_refined_from_the_middle_of_their_run_outwards():
    present = torch.tensor([0.0, 1, 1, 1, 1, 0.0])
    assert middle_out(range(10, 16), present, RULE) == [0, 5, 2, 3, 1, 4]
    assert middle_out([4, 5, 6], None, RULE) == [1, 0, 2]
    assert middle_out([3], torch.tensor([0.0]), RULE) == [0]


@given(st.sets(st.integers(0, 40), min_size=1), st.integers(0, 99))
def test_every_selected_slice_has_its_turn_once(indices, seed):
    present = torch.from_numpy(np.random.default_rng(seed).random(len(indices)))
    rows = middle_out(sorted(indices), present, RULE)
    assert sorted(rows) == list(range(len(indices)))


def test_accepted_slices_and_given_examples_are_taken_in_turn_the_nearest_and_most_alike_first():
    accepted = [Example(k) for k in (2, 9, 5, 7)]
    levels = [scene(20 + 5 * k)[0].numpy() for k in range(3)]
    given_ones = [Example(k, level, given=True) for k, level in enumerate(levels)]
    thumbnails = [thumbnail(level) for level in levels]

    def chosen(most: int, accepted=accepted) -> list[tuple[bool, int]]:
        found = choose_examples(levels[2], 6, accepted, given_ones, thumbnails, most)
        return [(example.given, example.number) for example in found]

    assert chosen(4) == [(False, 5), (True, 2), (False, 7), (True, 1)]
    assert chosen(1) == [(False, 5)]
    assert chosen(9)[4:] == [(False, 9), (True, 0), (False, 2)]
    assert chosen(9, []) == [(True, 2), (True, 1), (True, 0)]


def test_accepted_slices_and_only_these_become_examples_of_the_slices_that_follow():
    events = events_of(volume())
    last = {event.slice_index: event for event in events if event.final}
    assert {event.status for event in last.values()} == {Status.ACCEPTED, Status.STOPPED}
    done: list[int] = []
    for event in events:
        nearest = sorted(done, key=lambda k: (abs(k - event.slice_index), k))[:3]
        assert examples_of(event.prompt).slices == nearest
        assert (examples_of(event.prompt).own is not None) == (event.index > 0)
        for example in examples_of(event.prompt).context:
            assert np.array_equal(example.mask, last[example.number].mask)
        if event.status is Status.ACCEPTED:
            done.append(event.slice_index)
    assert len(done) >= 3


def test_before_anything_is_accepted_the_slice_s_own_pgt_is_the_only_example():
    first, second, *_ = events_of(volume())
    assert first.slice_index == second.slice_index == 3
    assert not first.mask.any() and first.pdsc == 0 and examples_of(first.prompt).context == ()
    assert second.mask.any()
    assert np.array_equal(examples_of(second.prompt).own, first.pgt)


@pytest.mark.parametrize("batch_size", [1, 2, 50])
def test_a_slice_s_result_does_not_depend_on_how_many_are_computed_at_once(batch_size):
    images = volume(6, seed=1)
    assert described(events_of(images, batch_size=batch_size)) == described(events_of(images))


def test_a_run_that_starts_again_gives_the_other_slices_the_same_examples():
    images = volume(seed=2)
    whole = events_of(images)
    last = {event.slice_index: event for event in whole if event.final}
    for done in range(1, len(last)):
        finished = list(last)[:done]
        accepted = {k: last[k].mask for k in finished if last[k].status is Status.ACCEPTED}
        rest = events_of(images, finished=finished, examples=ExampleSources((), accepted))
        assert described(rest) == described([e for e in whole if e.slice_index not in finished])


def test_slices_without_the_organ_are_no_examples_and_come_first():
    images = volume(6)
    evidence = torch.tensor([-6.0, 6, 6, 6, 6, -6])
    images[:, 0, 0, 0] = evidence / 20 + 0.5
    events = events_of(images, PixelEvidenceQuality(), threshold=0.5)
    assert [event.slice_index for event in events[:2]] == [0, 5]
    assert all(event.status is Status.ABSENT for event in events[:2])
    named = {k for event in events[2:] for k in examples_of(event.prompt).slices}
    assert named == {1, 2, 3}


def test_only_masks_from_given_examples_count_as_independent_of_the_quality_control():
    quality = SeenEvidence()
    sources = ExampleSources([given_example()])
    events = events_of(volume(2), quality, threshold=0.3, examples=sources)
    # The first slice is accepted at once and is an example of the second.
    assert [examples_of(event.prompt).given for event in events] == [[0], [0]]
    assert [examples_of(event.prompt).slices for event in events] == [[], [0]]
    assert quality.evidence == ["independent", "prompted"]
    quality = SeenEvidence(jitter=2)
    events_of(volume(1), quality, threshold=0.999)
    assert quality.evidence == ["independent", "prompted", "prompted", "prompted"]


def test_a_user_s_prompt_is_used_with_the_examples():
    sources = ExampleSources([given_example()])
    box = Box(5.0, 5.0, 50.0, 50.0)
    events = events_of(volume(3), kind="box+examples", first_prompt=box, examples=sources)
    for event in events:
        assert event.prompt.kind == "box+examples" and examples_of(event.prompt).given == [0]
        if event.index == 0:
            assert event.prompt.parts[0] == box


def test_an_initial_mask_is_judged_first():
    masks = torch.stack([organ(26 + k, 30, 10) for k in range(3)])
    events = events_of(volume(3), OrganQuality(), threshold=0.8, initial_masks=masks)
    assert [(event.slice_index, event.index) for event in events] == [(1, 0), (0, 0), (2, 0)]
    assert all(event.prompt is None and event.status is Status.ACCEPTED for event in events)
