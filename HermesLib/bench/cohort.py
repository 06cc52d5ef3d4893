"""A cohort on one and on several workers of this computer, in turn, as a ratio of speeds."""

import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import psutil

from HermesLib.cohorts.cluster import ClusterRun
from HermesLib.cohorts.clusters import local_workers
from HermesLib.cohorts.cohort import Cohort
from HermesLib.cohorts.row import State
from HermesLib.cohorts.task import Task
from HermesLib.errors import HermesError
from HermesLib.io.image_writing import write_image
from HermesLib.runs.request import RefineRequest
from HermesLib.samples.prostate_phantom import prostate_phantom

#: How long a turn waits, seconds.
_WAIT = 0.05


def bench_workers(
    counts: Sequence[int],
    volumes: int,
    repeats: int,
    folder: Path,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """Segment the same phantoms on so many workers, all counts in turn, networks loaded.

    Args:
        counts: numbers of workers; the first is what the others are compared with.
        volumes: in the cohort; best a multiple of all counts.
        repeats: how often each count is measured.
        folder: empty, for images and results.
        say: called with a line for people for each count.

    Returns:
        ``workers``: one dictionary for each count, with the median ``seconds`` of the cohort, of
        all measurements (``all_seconds``), and the ``ratio``: how many times as many volumes a
        minute as the first count, the median over the repeats. ``processor_seconds`` of all
        processes, and ``ratio_of_processors``, what the ratio would be if every process had a core
        to itself: it counts what workers cost each other and what Dask costs, and not other
        programs. ``volume_seconds``: of each volume on the first count.

    Raises:
        HermesError: a volume failed.
    """
    images = [folder / f"{number}.nii.gz" for number in range(volumes)]
    for number, image in enumerate(images):
        write_image(prostate_phantom(number).image, image)
    seconds: dict[int, list[float]] = {count: [] for count in counts}
    computed: dict[int, list[float]] = {count: [] for count in counts}
    each: list[float] = []
    with ExitStack() as stack:
        clients = {count: stack.enter_context(local_workers(count)) for count in counts}
        for count, client in clients.items():
            # One volume a worker loads its networks.
            _work_off(client, images[:1] * count, folder / f"first-{count}")
        for repeat in range(repeats):
            for count, client in clients.items():
                before, start = _processor_seconds(), time.perf_counter()
                rows = _work_off(client, images, folder / f"{count}-{repeat}")
                seconds[count].append(time.perf_counter() - start)
                computed[count].append(_processor_seconds() - before)
                if count == counts[0]:
                    each += [row.seconds for row in rows if row.seconds is not None]
    figures = []
    for count in counts:
        pairs = zip(seconds[counts[0]], seconds[count], strict=True)
        costs = zip(computed[counts[0]], computed[count], strict=True)
        quiet = statistics.median(first / other for first, other in costs) * count / counts[0]
        figures.append(
            {
                "workers": count,
                "seconds": statistics.median(seconds[count]),
                "all_seconds": seconds[count],
                "ratio": statistics.median(first / other for first, other in pairs),
                "processor_seconds": statistics.median(computed[count]),
                "ratio_of_processors": quiet,
            }
        )
        say(
            f"{count} workers: {volumes} volumes in {figures[-1]['seconds']:.1f} s,"
            f" {figures[-1]['ratio']:.2f} times as many as {counts[0]}; by processor time"
            f" {figures[-1]['ratio_of_processors']:.2f}"
        )
    return {"volumes": volumes, "workers": figures, "volume_seconds": each}


def _processor_seconds() -> float:
    """Of this process and its children, which are all of them."""
    here = psutil.Process()
    total = 0.0
    for process in (here, *here.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    return total


def _work_off(client: Any, images: Sequence[Path], output: Path) -> list[Any]:
    tasks = [Task(str(number), image) for number, image in enumerate(images)]
    cohort = Cohort(tasks, output, lambda task: RefineRequest(image=task.image))
    cohort.write()
    run = ClusterRun(cohort, client)
    while not run.done:
        run.turn(_WAIT)
    run.close()
    rows = list(cohort.rows.values())
    for row in rows:
        if row.state is not State.FINISHED:
            raise HermesError(
                f"a volume of the benchmark failed ({row.reason}); give fewer --workers"
            )
    return rows
