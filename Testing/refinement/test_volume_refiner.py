"""The loop on a whole volume: what it asks a 3D model, when it ends, how its slices end."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from HermesLib.errors import HermesError
from HermesLib.metrics.whole import whole_quality
from HermesLib.prompts.volume import BoxOnSlice, EarlierMask, InitialMask, Points3D
from HermesLib.prompts.volume_drawn import StrokesOnSlice
from HermesLib.refinement.events import Iteration, Status
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.refinement.volume_refiner import VolumeRefiner
from Testing.refinement.analytic import EmptyFor, OrganQuality, UnfamiliarQuality
from Testing.refinement.analytic_volume import AnsweringModel, task_of, volume_of

IMAGES, ORGAN = volume_of(4, 8, 10, 8)
SMALLER = volume_of(4, 8, 5, 8)[1]
STRAY = ORGAN.copy()
STRAY[1:3, 2:18, 2:18] = True


def run(model: AnsweringModel, quality=None, images=IMAGES, kind="clicks", **fields) -> list:
    quality = quality or OrganQuality()
    settings = fields.pop("settings", RefinementSettings())
    return list(
        VolumeRefiner(model, quality, kind, settings).refine(task_of(images, quality, **fields))
    )


def by_round(events: list[Iteration]) -> list[list[Iteration]]:
    rounds: list[list[Iteration]] = []
    for event in events:
        rounds += [[]] * (event.index + 1 - len(rounds))
        rounds[event.index] = [*rounds[event.index], event]
    return rounds


def last(events: list[Iteration]) -> dict[int, Iteration]:
    return {event.slice_index: event for event in events if event.final}


def test_the_first_prompt_is_the_whole_pgt_and_the_further_ones_are_the_largest_errors():
    model = AnsweringModel(STRAY, SMALLER, ORGAN)
    settings = RefinementSettings(threshold=0.999)
    first, second, third = by_round(run(model, settings=settings))
    assert isinstance(model.rounds[0][0], InitialMask) and len(model.rounds[0]) == 1
    assert (model.rounds[0][0].mask == ORGAN).all()
    (negative,) = model.rounds[1]
    assert isinstance(negative, Points3D) and not len(negative.positive)
    assert (STRAY & ~ORGAN)[tuple(negative.negative[0])]
    # SMALLER is better than STRAY, so that nothing is taken back.
    (positive,) = model.rounds[2]
    assert (ORGAN & ~SMALLER)[tuple(positive.positive[0])] and not len(positive.negative)
    assert [event.status for event in third] == [Status.ACCEPTED] * 4
    assert all(event.status is None for event in (*first, *second))
    assert first[0].prompt.initial_mask and not second[0].prompt.initial_mask
    marked = [event.prompt.marks().negative_points.tolist() for event in second]
    row, column = negative.negative[0][1:].tolist()
    assert sorted(marked) == [[], [], [], [[column, row]]]
    assert model.open_sessions == 0


def test_a_model_that_takes_strokes_gets_strokes():
    model = AnsweringModel(STRAY, ORGAN)
    run(model, kind="scribbles", settings=RefinementSettings(threshold=0.999))
    (stroke,) = model.rounds[1]
    assert isinstance(stroke, StrokesOnSlice) and not stroke.positive


def test_slices_without_a_pgt_in_between_are_filled_for_the_model_but_end_failed():
    class Missing(OrganQuality):
        def predict_pgt(self, image, seed):
            pgt = super().predict_pgt(image, seed)
            return torch.zeros_like(pgt) if image[0, 0, 0] == 1 else pgt

    images = IMAGES.clone()
    images[1, 0, 0, 0] = 1
    model = AnsweringModel(ORGAN)
    ended = last(run(model, Missing(), images, settings=RefinementSettings(threshold=0.5)))
    filled = model.rounds[0][0].mask[1]
    assert ORGAN[0].sum() < filled.sum() < ORGAN[2].sum()
    assert [ended[k].status for k in range(4)] == [
        Status.ACCEPTED,
        Status.FAILED,
        Status.ACCEPTED,
        Status.ACCEPTED,
    ]


@pytest.mark.parametrize("along_the_volume", [True, False])
def test_where_the_organ_is_absent_the_result_is_empty_whatever_the_model_says(along_the_volume):
    class Absent(OrganQuality):
        def assess(self, observation, masks, seeds, evidence="independent"):
            found = super().assess(observation, masks, seeds, evidence)
            gone = torch.tensor([float(own[0, 0, 0]) for own in observation.features])
            return replace(found, present=1 - gone)

    images = IMAGES.clone()
    images[3, 0, 0, 0] = 1
    quality = Absent()
    observation = quality.observe(images)
    if along_the_volume:
        observation = replace(observation, present=torch.tensor([1.0, 1.0, 1.0, 0.0]))
    model = AnsweringModel(SMALLER, ORGAN)
    fields = {"observation": observation, "truth": torch.from_numpy(ORGAN)}
    settings = RefinementSettings(threshold=0.999)
    events = run(model, quality, images, settings=settings, **fields)
    ended = last(events)
    assert [ended[k].status for k in range(4)] == [Status.ACCEPTED] * 3 + [Status.ABSENT]
    assert not ended[3].mask.any() and not ended[3].pgt.any() and ended[3].prompt is None
    assert ended[3].pdsc == 1.0 and ended[3].dsc == 0.0
    assert not model.rounds[0][0].mask[3].any()
    assert len([event for event in events if event.slice_index == 3]) == 1
    # What the model has there is no error to correct: the organ's own is.
    assert [point.bounds[0] for point in model.rounds[1]] == [(2, 3)]


def test_a_round_that_makes_the_whole_worse_is_taken_back():
    model = AnsweringModel(SMALLER, STRAY, ORGAN)
    rounds = by_round(run(model, settings=RefinementSettings(threshold=0.999)))
    back, *further = model.rounds[2]
    assert isinstance(back, InitialMask) and (back.mask == SMALLER).all()
    # The corrections are of the better mask, and the first one's point is not given again.
    assert all((ORGAN & ~SMALLER)[tuple(point.positive[0])] for point in further)
    assert model.rounds[1][0].to_plain() not in [point.to_plain() for point in further]
    assert rounds[2][0].prompt.initial_mask


def test_a_model_that_starts_from_a_box_gets_that_of_the_largest_section():
    model = AnsweringModel(STRAY, ORGAN, starts_from="box-on-slice")
    settings = RefinementSettings(threshold=0.999)
    first, second = by_round(run(model, settings=settings))
    (start,) = model.rounds[0]
    assert isinstance(start, BoxOnSlice)
    assert (start.axis, start.index) == (0, ORGAN.sum((1, 2)).argmax())
    assert model.needed == range(4)
    boxes = [event.prompt.marks().boxes for event in first]
    assert [index for index, found in enumerate(boxes) if found] == [start.index]
    assert isinstance(model.rounds[1][0], Points3D)
    assert not any(event.prompt.initial_mask for event in (*first, *second))


def test_a_model_that_starts_from_a_box_is_not_sent_back_to_a_mask_that_is_not_its_own():
    settings = RefinementSettings(threshold=0.999)
    given = torch.from_numpy(SMALLER)
    for starts_from, goes_back in (("initial-mask", True), ("box-on-slice", False)):
        model = AnsweringModel(STRAY, ORGAN, starts_from=starts_from)
        run(model, settings=settings, initial_masks=given)
        # STRAY is worse than the given mask.
        assert any(isinstance(prompt, EarlierMask) for prompt in model.rounds[1]) == goes_back
        (point,) = [prompt for prompt in model.rounds[1] if isinstance(prompt, Points3D)]
        wrong = (ORGAN & ~SMALLER) if goes_back else (STRAY & ~ORGAN)
        assert wrong[tuple(np.concatenate([point.positive, point.negative])[0])]


def test_the_loop_ends_when_the_whole_reaches_the_threshold_and_each_slice_by_its_own():
    model = AnsweringModel(SMALLER)
    settings = RefinementSettings(threshold=0.8)
    events = run(model, settings=settings)
    assert len(by_round(events)) == 1
    ended = last(events)
    pixels = [(int(SMALLER[k].sum()), int(ORGAN[k].sum()), ended[k].pdsc) for k in range(4)]
    assert whole_quality(pixels) >= 0.8 > ended[2].pdsc
    assert [ended[k].status for k in range(4)] == [
        Status.ACCEPTED,
        Status.ACCEPTED,
        Status.STOPPED,
        Status.ACCEPTED,
    ]


@pytest.mark.parametrize(("limit", "rounds"), [("patience", 4), ("max_iterations", 4)])
def test_the_loop_gives_up(limit, rounds):
    # Random pGTs give new corrections in every round, without any better mask.
    settings = RefinementSettings(threshold=0.999, **{limit: 3})
    quality = OrganQuality(jitter=3)
    model = AnsweringModel(np.roll(ORGAN, 20, 2))
    events = run(model, quality, settings=settings)
    if limit == "max_iterations":
        assert len(by_round(events)) == rounds
    assert all(event.status is Status.STOPPED for event in last(events).values())
    assert len(last(events)) == 4


def test_the_loop_ends_when_there_is_nothing_new_to_correct():
    answer = ORGAN.copy()
    answer[2, 30, 30] = False
    model = AnsweringModel(answer)
    events = run(model, settings=RefinementSettings(threshold=1.0))
    assert [point.positive.tolist() for point in model.rounds[1]] == [[[2, 30, 30]]]
    assert len(by_round(events)) == 2 and last(events)[2].status is Status.STOPPED
    assert last(events)[1].status is Status.ACCEPTED


def test_a_given_mask_is_judged_first_and_the_pgt_is_the_model_s_first_prompt():
    model = AnsweringModel(ORGAN)
    first, second = by_round(run(model, initial_masks=torch.from_numpy(STRAY)))
    assert all(event.prompt is None for event in first)
    assert (np.stack([event.mask for event in first]) == STRAY).all()
    assert (model.rounds[0][0].mask == ORGAN).all()
    assert all(event.status is Status.ACCEPTED for event in second)


@pytest.mark.parametrize("given", [False, True])
def test_only_masks_that_no_pgt_has_prompted_count_as_independent(given):
    class Listening(OrganQuality):
        heard: list = []  # noqa: RUF012

        def assess(self, observation, masks, seeds, evidence="independent"):
            self.heard.append((evidence, bool(masks.any())))
            return super().assess(observation, masks, seeds, evidence)

    quality = Listening()
    quality.heard = []
    masks = torch.from_numpy(STRAY) if given else None
    run(AnsweringModel(ORGAN), quality, initial_masks=masks)
    # Without a given mask, the QC first sees none, and then its own pGT, slice by slice.
    opening = [("independent", True)] * 4 if given else [("independent", False)] * 4
    between = [] if given else [("independent", True)] * 4
    assert quality.heard == [*opening, *between, *[("prompted", True)] * 4]


def test_a_fixed_pgt_stays_that_of_the_first_round():
    quality = OrganQuality(jitter=3)
    settings = RefinementSettings(threshold=0.999, pgt="fixed", max_iterations=3)
    rounds = by_round(run(AnsweringModel(STRAY, SMALLER), quality, settings=settings))
    assert len(rounds) > 1
    for before, after in pairwise(rounds):
        assert all((a.pgt == b.pgt).all() for a, b in zip(before, after, strict=True))


def test_without_any_pgt_the_model_is_never_called():
    model = AnsweringModel(ORGAN)
    events = run(model, EmptyFor(1000))
    assert model.image is None and not model.rounds
    assert [event.status for event in events] == [Status.FAILED] * 4
    assert not any(event.mask.any() for event in events)


def test_slices_unlike_the_training_patients_are_never_accepted():
    ended = last(run(AnsweringModel(ORGAN), UnfamiliarQuality()))
    assert [ended[k].status for k in range(4)] == [
        Status.ACCEPTED,
        Status.STOPPED,
        Status.ACCEPTED,
        Status.STOPPED,
    ]


def test_selected_slices_are_placed_in_the_whole_volume():
    quality = OrganQuality()
    observation = quality.observe(IMAGES).select([1, 2])
    model = AnsweringModel(STRAY, ORGAN)
    settings = RefinementSettings(threshold=0.999)
    fields = {"observation": observation, "indices": range(1, 3), "settings": settings}
    ended = last(run(model, quality, **fields))
    initial = model.rounds[0][0].mask
    assert (initial[1:3] == ORGAN[1:3]).all() and not initial[[0, 3]].any()
    assert model.rounds[1][0].negative[0][0] in (1, 2)
    assert list(ended) == [1, 2] and (ended[2].mask == ORGAN[2]).all()


def test_finished_slices_have_no_events_and_the_others_are_as_they_would_be():
    settings = RefinementSettings(threshold=0.999)
    answers = (STRAY, SMALLER, ORGAN)
    whole = run(AnsweringModel(*answers), settings=settings)
    rest = run(AnsweringModel(*answers), settings=settings, finished=(0, 2), batch_size=1)
    expected = [event for event in whole if event.slice_index in (1, 3)]
    assert len(rest) == len(expected)
    for one, other in zip(rest, expected, strict=True):
        assert (one.mask == other.mask).all() and (one.pgt == other.pgt).all()
        assert (one.slice_index, one.index, one.pdsc) == (
            other.slice_index,
            other.index,
            other.pdsc,
        )
        assert one.prompt.to_plain() == other.prompt.to_plain()


def test_the_session_is_closed_however_the_loop_ends():
    class Broken(AnsweringModel):
        def predict(self, prompts):
            raise HermesError("the connection was lost")

    broken = Broken()
    with pytest.raises(HermesError, match="lost"):
        run(broken)
    assert broken.image is not None and broken.open_sessions == 0
    left = AnsweringModel(STRAY)
    quality = OrganQuality()
    settings = RefinementSettings(threshold=0.999)
    events = VolumeRefiner(left, quality, "clicks", settings).refine(task_of(IMAGES, quality))
    next(events)
    assert left.open_sessions == 1
    events.close()
    assert left.open_sessions == 0
