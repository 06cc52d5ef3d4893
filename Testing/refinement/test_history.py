"""The history of a run: every iteration, compressed, and the result of each slice."""

import dataclasses

import numpy as np
import pytest

from HermesLib.prompts.boxes import Box
from HermesLib.prompts.clicks import Clicks
from HermesLib.prompts.scribbles import Scribbles
from HermesLib.refinement.events import Iteration, Status
from HermesLib.refinement.history import History, Record, SliceResult


def event(
    index: int, pdsc: float, status: Status | None = None, slice_index: int = 3, size: int = 16
) -> Iteration:
    mask = np.zeros((size, size), bool)
    mask[2 : 4 + index, 2:6] = True
    prompt = Scribbles(mask, ~mask)
    return Iteration(
        slice_index=slice_index,
        index=index,
        mask=mask,
        pgt=mask,
        pdsc=pdsc,
        pdsc_low=pdsc,
        pdsc_high=pdsc,
        dsc=None,
        prompt=prompt,
        seconds=0.1,
        status=status,
    )


def collect(*events: Iteration, keep: str = "best") -> list[SliceResult]:
    history = History(keep)
    for iteration in events:
        history.add(iteration)
    return history.results()


def packed_size(record: Record) -> int:
    """Bytes of a record's arrays."""
    prompt = [] if record.prompt is None else record.prompt.arrays.values()
    return sum(len(packed.content) for packed in (record.mask, record.pgt, *prompt))


def test_the_result_is_the_iteration_of_the_best_pdsc_ties_first():
    events = event(0, 0.2), event(1, 0.6), event(2, 0.6), event(3, 0.4, Status.STOPPED)
    (best,) = collect(*events)
    (last,) = collect(*events, keep="last")
    assert (best.best, best.best_record.numbers.pdsc, best.calls) == (1, 0.6, 3)
    assert (last.best, last.best_record.numbers.pdsc) == (3, 0.4)


def test_results_are_ordered_by_slice_and_an_unfinished_slice_counts_as_stopped():
    results = collect(event(0, 0.5, slice_index=9), event(0, 0.95, Status.ACCEPTED, slice_index=2))
    assert [(result.index, result.status) for result in results] == [
        (2, Status.ACCEPTED),
        (9, Status.STOPPED),
    ]


@pytest.mark.parametrize(
    "prompt",
    [
        None,
        Box(1.0, 2.0, 7.5, 9.0),
        Clicks(np.array([[3, 4]]), np.zeros((0, 2), np.int64)),
        Scribbles(np.eye(16, dtype=bool), ~np.eye(16, dtype=bool)),
    ],
    ids=lambda prompt: type(prompt).__name__,
)
def test_every_field_of_an_iteration_survives_compression(prompt):
    before = dataclasses.replace(
        event(2, 0.5), prompt=prompt, present=0.3, borderline=True, ceiling=0.8, dsc=0.75
    )
    (result,) = collect(before)
    after = result.best_record.unpack()
    for field in dataclasses.fields(Iteration):
        old, new = getattr(before, field.name), getattr(after, field.name)
        if field.name == "prompt" and prompt is not None:
            assert type(new) is type(old)
            assert all(
                np.array_equal(new.arrays()[name], old.arrays()[name]) for name in old.arrays()
            )
        else:
            assert np.array_equal(new, old), field.name


def test_reports_need_no_unpacking_to_know_the_prompt_and_whether_the_mask_is_empty():
    empty = np.zeros((16, 16), bool)
    (result,) = collect(event(0, 0.1), dataclasses.replace(event(1, 0.9), mask=empty))
    first, second = result.records
    assert first.prompt.summary == event(0, 0.1).prompt.summary()
    assert not first.mask_is_empty and second.mask_is_empty
    assert first.numbers.mask.size == first.numbers.pgt.size == 0


def test_a_long_history_of_a_large_slice_stays_small():
    (result,) = collect(*[event(index, 0.5, size=512) for index in range(21)])
    assert sum(packed_size(record) for record in result.records) < 21 * 5_000


def test_the_masks_of_accepted_slices_are_those_of_their_results():
    history = History()
    for iteration in (
        event(0, 0.5, slice_index=2),
        event(1, 0.95, Status.ACCEPTED, slice_index=2),
        event(0, 0.4, Status.STOPPED, slice_index=5),
        event(0, 0.4, slice_index=6),
    ):
        history.add(iteration)
    masks = history.accepted_masks()
    assert list(masks) == [2]
    assert np.array_equal(masks[2], event(1, 0.95).mask)
