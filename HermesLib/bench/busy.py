"""``hermes demo`` alone, and beside other programs that compute all the time."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from HermesLib.errors import HermesError
from HermesLib.io.owned_folder import temporary_folder

#: A program that computes until its parent ends it or has gone.
_BUSY = """
import os
parent = os.getppid()
while os.getppid() == parent:
    sum(range(100_000))
"""
DEMO = ("-m", "HermesLib", "demo", "-o")


def bench_busy(
    programs: Sequence[int],
    repeats: int,
    say: Callable[[str], None],
    command: Sequence[str] = DEMO,
) -> list[dict[str, Any]]:
    """Time the demonstration beside so many busy programs, one dictionary each, alone first.

    All numbers of programs take turns, so that what else the computer does concerns all alike.
    ``ratio``: the median over that of the demonstration alone.

    Args:
        programs: numbers of programs.
        repeats: how often each is timed.
        say: called with a line for people for each number.
        command: what Python is started with, before the name of a new folder.
    """
    beside = [0, *programs]
    seconds: dict[int, list[float]] = {number: [] for number in beside}
    with temporary_folder() as folder:
        for turn in range(repeats):
            for number in beside:
                with _busy(number):
                    seconds[number].append(_time(command, folder / f"{turn}-{number}"))
    alone = statistics.median(seconds[0])
    figures = []
    for number in beside:
        median = statistics.median(seconds[number])
        figures.append(
            {"programs": number, "median_s": median, "ratio": median / alone, "s": seconds[number]}
        )
        say(f"beside {number} busy programs: {median:.1f} s, {median / alone:.2f} of alone")
    return figures


def _time(command: Sequence[str], output: Path) -> float:
    start = time.perf_counter()
    ended = subprocess.run(
        [sys.executable, *command, str(output)],
        capture_output=True,
        encoding="utf-8",
        env=own_environment(),
    )
    if ended.returncode:
        words = ended.stderr.strip()[-200:]
        raise HermesError(f"'hermes demo' failed; run it alone to see why: {words}")
    return time.perf_counter() - start


def own_environment() -> dict[str, str]:
    """The environment in which Python finds this HermesLib."""
    home = str(Path(__file__).resolve().parents[2])
    inherited = os.environ.get("PYTHONPATH")
    path = home if not inherited else os.pathsep.join([home, inherited])
    return {**os.environ, "PYTHONPATH": path}


@contextmanager
def _busy(number: int) -> Iterator[None]:
    running = [subprocess.Popen([sys.executable, "-c", _BUSY]) for _ in range(number)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()
