"""What is kept of a run, and what each slice came to."""

import numpy as np

from HermesLib.prompts.scribbles import Scribbles
from HermesLib.refinement.events import Iteration, Status
from HermesLib.refinement.history import History


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


def collect(*events: Iteration, keep: str = "best"):
    history = History(keep)
    for one in events:
        history.add(one)
    return history.results()


def test_the_result_is_the_first_iteration_of_the_best_pdsc():
    events = event(0, 0.2), event(1, 0.6), event(2, 0.6), event(3, 0.4, Status.STOPPED)
    (best,), (last,) = collect(*events), collect(*events, keep="last")
    assert (best.best, best.best_record.pdsc, best.calls) == (1, 0.6, 3)
    assert (last.best, last.best_record.pdsc) == (3, 0.4)


def test_slices_come_in_order_and_one_that_broke_off_counts_as_stopped():
    results = collect(event(0, 0.5, slice_index=9), event(0, 0.95, Status.ACCEPTED, slice_index=2))
    assert [(result.index, result.status) for result in results] == [
        (2, Status.ACCEPTED),
        (9, Status.STOPPED),
    ]


def test_an_iteration_comes_back_as_it_was():
    before = event(2, 0.5)
    (result,) = collect(before)
    after = result.best_record.unpack()
    assert np.array_equal(after.mask, before.mask) and np.array_equal(after.pgt, before.pgt)
    assert np.array_equal(after.prompt.negative, before.prompt.negative)


def test_a_long_history_of_a_large_slice_stays_small():
    (result,) = collect(*[event(index, 0.5, size=512) for index in range(21)])
    assert sum(len(record.packed) for record in result.records) < 21 * 30_000
