"""The scheduler's share of a cohort on very many workers.

First the scheduler's time for a volume is measured: a real scheduler in a process of its own, the
client of ``hermes cohort``, and connected workers, which sleep in place of working. Then a model
says what that means for any number of workers: the scheduler serves one worker after the other, and
what it computes for workers that are merely connected slows it down.
"""

import heapq
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from HermesLib.bench.sleeping_workers import sleep_on
from HermesLib.cohorts.cluster import ClusterRun
from HermesLib.cohorts.clusters import users_cluster
from HermesLib.cohorts.cohort import Cohort
from HermesLib.cohorts.row import State
from HermesLib.cohorts.task import Task
from HermesLib.errors import ComputerError
from HermesLib.runs.request import RefineRequest

#: How long scheduler and workers may take to start, seconds, and a turn of the client.
_START, _WAIT = 300.0, 0.05
#: Sleeping workers of one process; starting more of them takes disproportionately long.
_IN_ONE_PROCESS = 200
#: How long the scheduler is watched while workers are merely connected, seconds.
_IDLE = 3.0


def bench_many_workers(
    workers: int,
    waves: int,
    volume_seconds: Sequence[float],
    folder: Path,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """Work off a cohort on sleeping workers, connected to a scheduler in a process of its own.

    Args:
        workers: how many.
        waves: volumes for each worker.
        volume_seconds: measured; the volumes take these times in turn.
        folder: empty, for files of the cluster.
        say: called with a line for people.

    Returns:
        ``seconds`` of the cohort, ``least_seconds`` with a scheduler that takes no time.
        ``share``: of the workers' time that is lost, to the scheduler, to messages, and to the few
        processes in which all workers are. ``scheduler_ms_per_volume`` and
        ``client_ms_per_volume``: of their processors. ``connected``: the share of its time that the
        scheduler computes for workers without work. ``scheduler_busy``: in all.

    Raises:
        ComputerError: the cluster does not start.
    """
    file = folder / "scheduler.json"
    scheduler_words = ["distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
    scheduler = _start([*scheduler_words, "--no-dashboard", "--scheduler-file", str(file)])
    processes = [scheduler]
    try:
        _wait(file.is_file, scheduler)
        with users_cluster(str(file)) as client:
            address = client.scheduler_info()["address"]
            for first in range(0, workers, _IN_ONE_PROCESS):
                names = [str(first), str(min(first + _IN_ONE_PROCESS, workers))]
                words = ["HermesLib.bench.sleeping_workers", address, *names, str(folder)]
                processes.append(_start(words))
            _wait(lambda: len(client.nthreads()) >= workers, processes[-1])
            return _measure(client, workers, waves, volume_seconds, folder, say)
    finally:
        for process in processes:
            process.kill()
            process.wait()


def simulated_share(
    workers: int, tasks: Sequence[float], scheduler_seconds: float, connected: float = 0.0
) -> float:
    """The share of the workers' time that a cohort loses to its scheduler.

    Args:
        workers: all ask for their first volume at the same moment.
        tasks: seconds of each volume, in their order.
        scheduler_seconds: that the scheduler computes for a volume.
        connected: share of its time that it computes for workers that are merely connected.

    >>> round(simulated_share(1, [9.0, 9.0], 1.0), 2)
    0.1
    """
    service = scheduler_seconds / (1 - connected)
    waiting = [0.0] * workers
    scheduler_free = end = 0.0
    for seconds in tasks:
        scheduler_free = max(scheduler_free, waiting[0]) + service
        end = max(end, scheduler_free + seconds)
        heapq.heapreplace(waiting, scheduler_free + seconds)
    return 1 - least_seconds(workers, tasks) / end


def least_seconds(workers: int, tasks: Sequence[float]) -> float:
    """How long tasks take, in their order, with a scheduler that takes no time.

    >>> least_seconds(2, [3.0, 1.0, 1.0, 1.0])
    3.0
    """
    free = [0.0] * workers
    for seconds in tasks:
        heapq.heapreplace(free, free[0] + seconds)
    return max(free)


def _measure(
    client: Any,
    workers: int,
    waves: int,
    volume_seconds: Sequence[float],
    folder: Path,
    say: Callable[[str], None],
) -> dict[str, Any]:
    number = workers * waves
    tasks = [volume_seconds[place % len(volume_seconds)] for place in range(number)]
    cohort = Cohort(
        [Task(str(place), None, note=str(seconds)) for place, seconds in enumerate(tasks)],
        folder / "results",
        lambda task: RefineRequest(image=task.image),
    )
    cohort.write()
    idle = client.run_on_scheduler(time.process_time)
    time.sleep(_IDLE)
    used, own = client.run_on_scheduler(time.process_time), time.process_time()
    connected = (used - idle) / _IDLE
    start = time.perf_counter()
    run = ClusterRun(cohort, client, work=sleep_on)
    while not run.done:
        run.turn(_WAIT)
    seconds = time.perf_counter() - start
    run.close()
    used, own = client.run_on_scheduler(time.process_time) - used, time.process_time() - own
    failed = sum(row.state is not State.FINISHED for row in cohort.rows.values())
    least = least_seconds(workers, tasks)
    figures = {
        "workers": workers,
        "volumes": number,
        "failed": failed,
        "seconds": seconds,
        "least_seconds": least,
        "share": 1 - least / seconds,
        "scheduler_ms_per_volume": max(0.0, 1000 * (used - connected * seconds) / number),
        "client_ms_per_volume": 1000 * own / number,
        "connected": connected,
        "scheduler_busy": used / seconds,
    }
    say(
        f"{workers} sleeping workers, {number} volumes: {100 * figures['share']:.1f} % lost; the"
        f" scheduler computed {figures['scheduler_ms_per_volume']:.1f} ms a volume and was busy"
        f" {100 * figures['scheduler_busy']:.0f} % of the time"
    )
    return figures


def _start(words: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _wait(ready: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _START
    while not ready():
        if process.poll() is not None or time.monotonic() > end:
            raise ComputerError("the cluster of the benchmark does not start")
        time.sleep(0.1)
