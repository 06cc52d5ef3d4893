"""A share of `make reliability` in every run of the tests."""

import sys
from pathlib import Path

import pytest

from Testing.reliability.kills import kill_runs
from Testing.reliability.random_inputs import try_inputs
from Testing.reliability.volumes import run_volumes

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@linux
def test_a_process_that_is_killed_loses_and_mixes_nothing(tmp_path: Path):
    found = kill_runs(tmp_path, 3, seed=4)
    assert found.pop("killed") == 3
    found.pop("completed")
    assert not any(found.values()), found


def test_an_input_is_right_or_refused_in_one_line(tmp_path: Path):
    found = try_inputs(tmp_path, 60, first=100_000)
    assert found.examples == []
    assert found.counts["right"] > 10 and found.counts["refused"] > 10


@linux
def test_an_engine_keeps_its_memory_and_handles_over_many_volumes(tmp_path: Path):
    found = run_volumes(tmp_path, 12)
    assert found["failed"] == 0 and found["growth"] < 0.02, found
    assert found["handles_first"] == found["handles_last"]
