"""A slice that may be silently wrong bears a mark, and a plausible organ bears none."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from HermesLib.errors import HermesError
from HermesLib.quality.anatomy import AnatomyRule
from HermesLib.refinement.events import Iteration, Status
from HermesLib.refinement.history import History, PackedArray
from HermesLib.refinement.marks import (
    FinalSlice,
    Grid,
    Mark,
    common_with_next,
    result_marks,
    volume_marks,
)

#: Cross-sections of a plausible organ in slices 3 mm apart, mm2.
PLAUSIBLE = (0, 0, 300, 1200, 2400, 3000, 2600, 1500, 500, 0, 0)


def slices_of(areas, first: int = 0, **of_slice) -> list[FinalSlice]:
    """Slices with a mask are accepted, the others absent."""
    return [
        FinalSlice(
            first + place,
            Status.ACCEPTED if area else Status.ABSENT,
            float(area),
            **{name: place in places for name, places in of_slice.items()},
        )
        for place, area in enumerate(areas)
    ]


def marked(slices: list[FinalSlice], mark: Mark, thickness: float = 3.0) -> list[int]:
    marks = volume_marks(slices, thickness)
    assert list(marks) == [item.index for item in slices]
    return [index for index, reasons in marks.items() if mark in reasons]


def test_a_plausible_organ_bears_no_mark():
    assert set(volume_marks(slices_of(PLAUSIBLE), 3.0).values()) == {()}


@pytest.mark.parametrize("cut", range(4, 8))
def test_an_abrupt_end_and_all_slices_beyond_it_are_marked(cut: int):
    areas = [area if place < cut else 0 for place, area in enumerate(PLAUSIBLE)]
    last = len(PLAUSIBLE)
    assert marked(slices_of(areas), Mark.ABRUPT_END) == list(range(cut - 1, last))
    mirrored = slices_of(areas[::-1], first=5)
    assert marked(mirrored, Mark.ABRUPT_END) == list(range(5, 5 + last - cut + 1))


def test_an_organ_may_leave_the_image():
    assert marked(slices_of(PLAUSIBLE[5:]), Mark.ABRUPT_END) == []
    assert marked(slices_of(PLAUSIBLE[:6]), Mark.ABRUPT_END) == []


def test_thick_slices_may_end_with_a_larger_cross_section():
    areas = (0, 1300, 3000, 500, 0)
    assert marked(slices_of(areas), Mark.ABRUPT_END, 3.0) == [0, 1]
    assert marked(slices_of(areas), Mark.ABRUPT_END, 6.0) == []


def test_a_dropped_slice_in_the_middle_is_a_gap_between_abrupt_ends():
    areas = [0 if place == 5 else area for place, area in enumerate(PLAUSIBLE)]
    marks = volume_marks(slices_of(areas), 3.0)
    assert marks[5] == (Mark.ABRUPT_END, Mark.GAP)
    assert marks[4] == marks[6] == (Mark.ABRUPT_END,)


def test_a_small_gap_is_marked_too():
    assert marked(slices_of((0, 300, 0, 200, 900, 2000, 800, 100, 0)), Mark.GAP) == [2]


def disks(places, radius: int = 20) -> list[FinalSlice]:
    """Slices of 1 mm pixels with a disk centred on each column; none where it is None."""
    rows, columns = np.mgrid[:64, :128]
    masks = {
        index: PackedArray.of(
            np.zeros((64, 128), bool)
            if place is None
            else (rows - 32) ** 2 + (columns - place) ** 2 <= radius**2
        )
        for index, place in enumerate(places)
    }
    common = common_with_next(masks)
    return [
        FinalSlice(
            index,
            Status.ABSENT if places[index] is None else Status.ACCEPTED,
            float(mask.unpack().sum()),
            common_with_next=common.get(index),
        )
        for index, mask in masks.items()
    ]


def test_where_the_outline_jumps_to_another_organ_all_of_that_organ_is_marked():
    slices = disks((40, 42, 44, 46, 48, 80, 82, 84))
    assert marked(slices, Mark.JUMP) == [4, 5, 6, 7]
    assert marked(disks((84, 82, 80, 48, 46, 44, 42, 40)), Mark.JUMP) == [0, 1, 2, 3]


def test_an_outline_that_moves_as_organs_do_is_no_jump_and_thick_slices_may_move_more():
    assert marked(disks(range(40, 80, 6)), Mark.JUMP) == []
    assert marked(disks((40, 40, 54, 54)), Mark.JUMP) != []
    assert marked(disks((40, 40, 54, 54)), Mark.JUMP, 6.0) == []


def test_small_cross_sections_and_the_other_side_of_a_gap_are_no_jump():
    assert marked(disks((40, 42, 80, 82), radius=15), Mark.JUMP) == []
    assert marked(disks((40, 42, None, 80, 82)), Mark.JUMP) == []


def test_the_mask_of_a_failed_slice_is_no_jump():
    slices = disks((40, 42, 90, 44, 46))
    assert marked(slices, Mark.JUMP) == [1, 2, 3, 4]
    slices[2] = replace(slices[2], status=Status.FAILED)
    assert marked(slices, Mark.JUMP) == []


def test_slices_that_were_not_run_are_no_end():
    slices = [item for item in slices_of(PLAUSIBLE) if item.index not in (6, 7, 8)]
    assert marked(slices, Mark.ABRUPT_END) == marked(slices, Mark.GAP) == []


def test_a_large_given_mask_where_the_organ_is_called_absent_is_marked():
    slices = slices_of(PLAUSIBLE)
    slices[4] = FinalSlice(4, Status.ABSENT, 2400.0)
    assert {3, 4, 5} >= set(marked(slices, Mark.ABRUPT_END)) >= {4, 5}
    assert marked([FinalSlice(0, Status.ABSENT, 2400.0)], Mark.ABRUPT_END) == [0]


def test_a_failed_slices_mask_of_any_size_says_nothing():
    slices = slices_of(PLAUSIBLE)
    slices[9] = FinalSlice(9, Status.FAILED, 90000.0)
    assert marked(slices, Mark.ABRUPT_END) == []


def test_a_volume_without_the_organ_is_marked_on_every_slice_also_a_lone_one():
    assert marked(slices_of((0, 0, 0), first=7), Mark.NOT_FOUND) == [7, 8, 9]
    assert marked(slices_of((0,)), Mark.NOT_FOUND) == [0]
    some = volume_marks(slices_of((0, 0, 0), first=7), 3.0, count=20)
    assert set(some.values()) == {()}, "the organ may be on the slices that were not run"
    assert marked(slices_of((0, 200, 0)), Mark.NOT_FOUND) == []


def test_unfamiliar_slices_are_marked_and_no_others():
    few = slices_of(PLAUSIBLE, out_of_distribution={1, 2, 3})
    assert marked(few, Mark.UNFAMILIAR) == [1, 2, 3]


@given(st.lists(st.integers(0, 5000), min_size=2, max_size=12), st.data())
def test_no_slice_within_a_large_organ_can_be_dropped_without_a_mark(areas, data):
    areas = [2000, *areas, 2000]
    place = data.draw(st.integers(1, len(areas) - 2))
    areas[place] = 0
    assert volume_marks(slices_of(areas), 3.0)[place]


def test_marks_of_results_use_the_final_mask_and_the_first_presence():
    history = History()
    for index, borderline in ((0, False), (1, True), (2, False)):
        mask = np.zeros((50, 50), bool)
        mask[:40, : 40 if index < 2 else 0] = True
        status = Status.ACCEPTED if index < 2 else Status.ABSENT
        numbers = (0.9, 0.8, 1.0, None, None, 0.0, status, 1.0, borderline)
        history.add(Iteration(index, 0, mask, mask, *numbers))
    marks = result_marks(history.results(), Grid(1.0, 3.0), None)
    assert marks == {
        0: (),
        1: (Mark.BORDERLINE, Mark.ABRUPT_END),
        2: (Mark.ABRUPT_END,),
    }
    assert result_marks(history.results(), Grid(0.1, 3.0), (0,), AnatomyRule(whole_share=1.0)) == {
        0: (Mark.UNFAMILIAR,),
        1: (Mark.BORDERLINE,),
        2: (),
    }


@pytest.mark.parametrize("numbers", [(-0.1,), (0.8, 100.0, 0.7), (0.3, -1.0), (0.3, 1.0, 1.2)])
def test_numbers_out_of_range_are_refused(numbers):
    with pytest.raises(HermesError, match="anatomy rule"):
        AnatomyRule(*numbers)
