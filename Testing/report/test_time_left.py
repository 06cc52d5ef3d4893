"""How long a run will still take: said in words, from the slices that cost time."""

import numpy as np
import pytest
import torch

from HermesLib.progress import followed_by
from HermesLib.refinement import slow_reading
from HermesLib.refinement.events import Iteration, Status
from HermesLib.refinement.refiner import Refiner
from HermesLib.refinement.volume import refine_volume
from HermesLib.report.time_left import TimeLeft
from Testing.refinement.analytic import BoxThreshold, OrganQuality, scene


def event(index: int, status: Status | None) -> Iteration:
    mask = np.zeros((1, 1), bool)
    return Iteration(index, 0, mask, mask, 0.5, 0.5, 0.5, None, None, seconds=0.1, status=status)


def test_slices_without_the_organ_do_not_make_the_others_look_fast():
    time_left = TimeLeft(started=100.0)
    for index in range(6):
        time_left.take(event(index, Status.ABSENT))
    assert time_left.seconds(slices=4, now=101.0) is None
    time_left.take(event(6, None))
    time_left.take(event(6, Status.STOPPED))
    assert time_left.seconds(slices=3, now=120.0) == 60.0


@pytest.mark.parametrize(
    ("seconds", "slices", "line"),
    [
        (15.2, 12, "the model takes 15 s to read a slice: about 3 min left for 12 slices"),
        (2.0, 1, "the model takes 2 s to read a slice: about 2 s left for 1 slice"),
    ],
)
def test_what_a_slow_model_takes_is_said_once_it_has_read_a_slice(seconds, slices, line):
    said: list[str] = []
    with followed_by(said.append):
        slow_reading.say_reading_time(seconds, slices)
        slow_reading.say_reading_time(seconds, 0)
        slow_reading.say_reading_time(0.5, slices)
    assert said == [line]


def test_the_wait_is_said_before_the_first_slice_is_finished(monkeypatch):
    monkeypatch.setattr(slow_reading, "SLOW", 0.0)
    said: list[str] = []
    with followed_by(said.append):
        events = refine_volume(Refiner(BoxThreshold(), OrganQuality()), torch.stack([scene()] * 3))
        next(events)
        assert len(said) == 1 and said[0].endswith("left for 2 slices")
        list(events)
    assert len(said) == 2
