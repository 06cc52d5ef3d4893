"""The benchmark of cohorts: what its figures say."""

import math
from pathlib import Path

import pytest

from HermesLib.bench.cohort import WorkedOff, compared
from HermesLib.bench.many_workers import bench_many_workers, least_seconds, simulated_share


def test_the_least_time_is_that_of_workers_who_never_wait():
    # In their order: 3 and 1, then 1 and 1 on the worker that is free first.
    assert least_seconds(2, [3.0, 1.0, 1.0, 1.0]) == 3.0
    assert least_seconds(1, [3.0, 1.0]) == 4.0
    assert least_seconds(10, [2.0] * 30) == 6.0


def test_a_ratio_stands_beside_the_most_that_the_volumes_allow():
    one = [WorkedOff(10.0, [4.0, 4.0, 2.0], engines=9.0, beside=1.0)] * 2
    two = [
        WorkedOff(8.0, [4.5, 4.5, 2.0], engines=10.0, beside=0.3),
        WorkedOff(6.4, [4.5, 4.5, 2.0], engines=11.0, beside=0.9),
    ]
    alone, beside = compared({1: one, 2: two})
    assert (alone["workers"], alone["ratio"], alone["most"]) == (1, 1.0, 1.0)
    assert (beside["seconds"], beside["all_seconds"]) == (pytest.approx(7.2), [8.0, 6.4])
    assert beside["ratio"] == pytest.approx((10 / 8 + 10 / 6.4) / 2)
    # In their order: 4 and 2 on one worker, 4 on the other.
    assert beside["most"] == pytest.approx(10 / 6)
    assert beside["ratio_of_processors"] == pytest.approx(2 * (10 / 10.3 + 10 / 11.9) / 2)
    assert beside["beside_seconds"] == pytest.approx((0.3 + 0.9) / 2 / 3)


def test_a_slow_scheduler_takes_its_share():
    # Ten workers wait for one another: the last begins after ten times 0.1 s.
    assert simulated_share(10, [9.0] * 10, 0.1) == pytest.approx(0.1)
    assert simulated_share(10, [9.0] * 10, 0.05, connected=0.5) == pytest.approx(0.1)
    assert simulated_share(10, [9.0] * 10, 0.0) == 0.0
    # Where it is slower than the volumes come, all wait for it.
    assert simulated_share(100, [1.0] * 1000, 0.1) > 0.8


def test_sleeping_workers_end_a_cohort_and_the_share_is_what_exceeds_their_sleep(tmp_path: Path):
    lines: list[str] = []
    figures = bench_many_workers(4, 2, [0.2, 0.4], tmp_path, lines.append)
    assert (figures["volumes"], figures["failed"]) == (8, 0)
    assert figures["least_seconds"] == pytest.approx(0.8)
    assert figures["seconds"] >= figures["least_seconds"]
    assert figures["share"] == pytest.approx(1 - 0.8 / figures["seconds"])
    assert figures["scheduler_busy"] > 0
    assert all(math.isfinite(value) for value in figures.values())
    assert len(lines) == 1 and "4 sleeping workers, 8 volumes" in lines[0]
