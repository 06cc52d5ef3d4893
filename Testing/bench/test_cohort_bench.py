"""The benchmark of cohorts: what its figures say."""

import math
from pathlib import Path

import pytest

from HermesLib.bench.many_workers import bench_many_workers, least_seconds, simulated_share


def test_the_least_time_is_that_of_workers_who_never_wait():
    # In their order: 3 and 1, then 1 and 1 on the worker that is free first.
    assert least_seconds(2, [3.0, 1.0, 1.0, 1.0]) == 3.0
    assert least_seconds(1, [3.0, 1.0]) == 4.0
    assert least_seconds(10, [2.0] * 30) == 6.0


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
