"""The count of results that look right and are not."""

from dataclasses import replace

import pytest

from HermesLib.evaluation.loop_metrics import SliceOutcome
from HermesLib.evaluation.silent_failures import (
    failure_table,
    is_dropped,
    is_silent,
    silent_failure_figures,
)

GOOD = SliceOutcome(
    patient="p-1",
    case="c",
    index=3,
    status="accepted",
    calls=1,
    first_dsc=0.1,
    final_dsc=0.95,
    pgt_dsc=0.9,
    pdsc=0.93,
    present=0.99,
    organ=100,
    drawn=100,
    common=95,
    position=0.5,
    area_mm2=400.0,
)
DROPPED = replace(GOOD, status="absent", final_dsc=0.0, drawn=0, common=0, present=0.1)
LOW = replace(GOOD, final_dsc=0.5)
EMPTY = replace(
    GOOD, status="absent", final_dsc=1.0, organ=0, drawn=0, present=0.02, position=None, area_mm2=0
)
FALSE = replace(EMPTY, status="accepted", final_dsc=0.0, drawn=50, present=0.9)


def test_a_wrong_result_without_a_mark_is_silent_and_one_with_a_mark_is_not():
    for wrong in (DROPPED, LOW, FALSE):
        assert is_silent(wrong)
        assert not is_silent(replace(wrong, marks=("borderline",)))


def test_right_results_and_results_below_the_threshold_are_not_silent_failures():
    for right in (GOOD, EMPTY, replace(LOW, status="stopped"), replace(LOW, status="failed")):
        assert not is_silent(right)


def test_a_dropped_slice_is_counted_marked_or_not():
    assert is_dropped(replace(DROPPED, marks=("borderline",)))
    assert not is_dropped(EMPTY)


def test_patients_are_listed_worst_first_with_their_counts():
    outcomes = [GOOD] * 8 + [EMPTY] * 4
    outcomes += [replace(item, patient="p-2") for item in (GOOD, DROPPED, LOW, FALSE, EMPTY)]
    marked = replace(DROPPED, patient="p-3", marks=("borderline",))
    outcomes += [marked, replace(GOOD, patient="p-3")]
    figures = silent_failure_figures(outcomes)
    assert next(iter(figures["patients"])) == "p-2"
    worst = figures["patients"]["p-2"]
    assert worst["silent"] == {"slices": 2, "share": 0.6667}
    assert worst["dropped"] == {"slices": 1, "share": 0.3333, "unmarked": 1}
    assert worst["accepted"]["low"] == 1
    assert worst["drawn_without_organ"] == {"slices": 1, "share": 0.5, "silent": 1}
    assert figures["patients"]["p-3"]["dropped"]["unmarked"] == 0
    everyone = figures["all"]
    assert everyone["with_organ"] == 13
    assert everyone["silent"]["slices"] == 2
    low, high = everyone["silent_interval"][1:]
    assert low <= everyone["silent"]["share"] <= high
    lines = failure_table(figures).splitlines()
    assert [line.split()[0] for line in lines[1:3]] == ["all", "p-2"]


def test_what_a_reader_may_accept_together_is_counted_without_the_marked_slices():
    low = replace(LOW, marks=("jump",))
    figures = silent_failure_figures([GOOD, GOOD, low, EMPTY])["all"]
    assert (figures["accepted"]["slices"], figures["accepted"]["low"]) == (3, 1)
    unmarked = figures["accepted_unmarked"]
    assert (unmarked["slices"], unmarked["low"], unmarked["share"]) == (2, 0, 0.6667)
    assert unmarked["true_dice"] == pytest.approx(GOOD.final_dsc)


def test_dice_is_reported_at_the_ends_of_the_organ_and_by_its_size():
    ends = [replace(GOOD, position=place, area_mm2=50.0, pgt_dsc=0.4) for place in (0.0, 1.0)]
    middle = [replace(GOOD, area_mm2=area) for area in (300.0, 400.0, 500.0, 600.0)]
    figures = silent_failure_figures([*ends, *middle])
    assert figures["by_position"]["ends"] == {
        "slices": 2,
        "true_dice": 0.95,
        "pgt_dice": 0.4,
        "accepted": 1.0,
        "dropped": 0,
        "silent": 0,
    }
    assert [row["slices"] for row in figures["by_size"]] == [2, 2, 2]
    assert figures["by_size"][0]["pgt_dice"] == 0.4


def test_with_lone_slices_only_the_output_says_that_whole_volumes_were_not_tested():
    lone = [replace(GOOD, position=None, case=f"c-{number}") for number in range(3)]
    assert "whole volumes were not tested" in failure_table(silent_failure_figures(lone))
    ends = [replace(GOOD, position=float(place), index=place) for place in (0, 1)]
    assert "not tested" not in failure_table(silent_failure_figures([*lone, *ends]))


def test_a_volume_without_the_organ_that_gets_masks_ranks_before_a_good_one():
    masks = [replace(FALSE, patient="p-2", case="d", index=index) for index in range(5)]
    figures = silent_failure_figures([GOOD, EMPTY, *masks])
    assert next(iter(figures["patients"])) == "p-2"
    assert figures["patients"]["p-2"]["drawn_without_organ"]["silent"] == 5


def test_dropping_a_slice_does_not_improve_the_risk_coverage_curve():
    wrong = replace(LOW, status="stopped", final_dsc=0.2, pdsc=0.3)
    kept = silent_failure_figures([GOOD, wrong])["all"]["aurc"]
    dropped = silent_failure_figures([GOOD, replace(DROPPED, pdsc=0.9)])["all"]["aurc"]
    assert dropped > kept
