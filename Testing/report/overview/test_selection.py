"""The overview selects the worst slices, useful iterations, and the part of a slice to show."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from HermesLib.refinement.events import Iteration, Status
from HermesLib.refinement.marks import Mark
from HermesLib.report.overview.selection import select_iterations, view_of, worst_slices
from Testing.report.runs import results_of, slice_events


def test_failed_slices_come_first_then_the_lowest_pdsc_and_blank_ones_never():
    results = results_of(
        slice_events(0, [0.9], Status.ACCEPTED),
        slice_events(1, [0.4, 0.6], Status.STOPPED),
        slice_events(2, [0.8], Status.FAILED),
        slice_events(3, [0.5], Status.STOPPED),
        slice_events(4, [0.9], Status.ABSENT, None, empty=True),
        slice_events(5, [0.1], Status.ABSENT, None),
    )
    assert [result.index for result in worst_slices(results, 8, {})] == [2, 5, 3, 1, 0]
    assert [result.index for result in worst_slices(results, 2, {})] == [2, 5]


def test_marked_slices_come_before_others_even_if_they_are_blank():
    results = results_of(
        slice_events(0, [0.9], Status.ACCEPTED),
        slice_events(1, [0.6], Status.STOPPED),
        slice_events(2, [0.8], Status.FAILED),
        slice_events(4, [0.99], Status.ABSENT, None, empty=True),
    )
    marks = {0: (Mark.ABRUPT_END,), 4: (Mark.GAP,)}
    assert [result.index for result in worst_slices(results, 8, marks)] == [2, 0, 4, 1]


@given(
    st.integers(1, 21).flatmap(lambda count: st.tuples(st.just(count), st.integers(0, count - 1))),
    st.integers(3, 8),
)
def test_first_best_and_last_iteration_are_always_selected(count_best: tuple[int, int], most: int):
    count, best = count_best
    selected = select_iterations(count, best, most)
    assert {0, best, count - 1} <= set(selected) <= set(range(count))
    assert len(selected) == min(most, count) and selected == sorted(set(selected))


def iteration_of(mask: np.ndarray, pgt: np.ndarray, index: int = 0) -> Iteration:
    return Iteration(
        slice_index=0,
        index=index,
        mask=mask,
        pgt=pgt,
        pdsc=0.0,
        pdsc_low=0.0,
        pdsc_high=0.0,
        dsc=None,
        prompt=None,
        seconds=0.0,
        status=None,
    )


@st.composite
def iterations(draw) -> tuple[Iteration, tuple[float, float]]:
    height = draw(st.integers(8, 60))
    width = draw(st.integers(8, 60))
    mask = np.zeros((height, width), bool)
    top = draw(st.integers(0, height - 1))
    left = draw(st.integers(0, width - 1))
    mask[top : top + draw(st.integers(0, 20)), left : left + draw(st.integers(0, 20))] = True
    spacing = draw(st.floats(0.3, 3)), draw(st.floats(0.3, 3))
    return iteration_of(mask, mask), spacing


@given(iterations())
def test_the_view_contains_all_masks_and_stays_in_the_slice(
    iteration_and_spacing: tuple[Iteration, tuple[float, float]],
):
    iteration, spacing = iteration_and_spacing
    left, right, top, bottom = view_of([iteration], spacing)
    height, width = iteration.mask.shape
    assert 0 <= left < right <= width + 1e-6 and 0 <= top < bottom <= height + 1e-6
    rows, columns = np.nonzero(iteration.mask)
    if len(rows):
        assert top <= rows.min() and bottom + 1e-6 >= rows.max() + 1
        assert left <= columns.min() and right + 1e-6 >= columns.max() + 1


def test_the_view_of_a_small_organ_is_square_in_millimetres_and_small():
    mask = np.zeros((400, 200), bool)
    mask[200:220, 100:110] = True
    iteration = iteration_of(mask, mask)
    left, right, top, bottom = view_of([iteration], (0.5, 1.0))
    assert (bottom - top) * 0.5 == (right - left) * 1.0 == 50.0


def test_a_first_mask_that_fills_the_slice_does_not_widen_the_view():
    everywhere = np.ones((400, 400), bool)
    organ = np.zeros((400, 400), bool)
    organ[200:240, 100:140] = True
    first, refined = (
        iteration_of(mask, organ, index) for index, mask in enumerate((everywhere, organ))
    )
    assert view_of([first, refined], (1.0, 1.0)) == view_of([refined], (1.0, 1.0))
    assert view_of([first], (1.0, 1.0)) == (0.0, 400.0, 0.0, 400.0)
