"""A cohort on one and on several workers of this computer, in turn, as a ratio of speeds."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from HermesLib.bench.many_workers import least_seconds
from HermesLib.cohorts.cluster import ClusterRun
from HermesLib.cohorts.clusters import local_workers
from HermesLib.cohorts.cohort import Cohort
from HermesLib.cohorts.row import Row, State
from HermesLib.cohorts.task import Task
from HermesLib.errors import HermesError
from HermesLib.io.image_writing import write_image
from HermesLib.runs.request import RefineRequest
from HermesLib.samples.prostate_phantom import prostate_phantom

#: How long a turn waits, as in the command, seconds.
_WAIT = 0.25
#: Stands in the command of every engine.
_ENGINE = "HermesLib.engine.worker"


@dataclass(frozen=True)
class WorkedOff:
    """A cohort that has been worked off.

    Attributes:
        seconds: by the clock.
        volumes: seconds of each volume, in their order.
        engines: processor seconds of the engines.
        beside: processor seconds of all other processes: the command, its scheduler, the workers.
    """

    seconds: float
    volumes: Sequence[float]
    engines: float
    beside: float


def bench_workers(
    counts: Sequence[int],
    volumes: int,
    repeats: int,
    folder: Path,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """Segment the same phantoms on so many workers, all counts in turn, networks loaded.

    Each measurement has processes of its own, which have not seen its images.

    Args:
        counts: numbers of workers; the first is what the others are compared with.
        volumes: in the cohort; best a multiple of all counts.
        repeats: how often each count is measured.
        folder: empty, for images and results.
        say: called with a line for people for each count.

    Returns:
        ``workers``: of each count, see :func:`compared`. ``volume_seconds``: of each volume on the
        first count.

    Raises:
        HermesError: a volume failed.
    """
    first, *images = (folder / f"{number}.nii.gz" for number in range(volumes + 1))
    for number, image in enumerate((first, *images)):
        write_image(prostate_phantom(number).image, image)
    runs: dict[int, list[WorkedOff]] = {count: [] for count in counts}
    for repeat in range(repeats):
        for count in counts:
            runs[count].append(_measure(count, first, images, folder / f"{count}-{repeat}"))
    figures = compared(runs)
    for one in figures:
        say(
            f"{one['workers']} workers: {volumes} volumes in {one['seconds']:.1f} s,"
            f" {one['ratio']:.2f} times as many as {counts[0]} (with these volumes at most"
            f" {one['most']:.2f}); by processor time {one['ratio_of_processors']:.2f};"
            f" {one['beside_seconds']:.2f} processor seconds a volume beside the engines"
        )
    each = [seconds for run in runs[counts[0]] for seconds in run.volumes]
    return {"volumes": volumes, "workers": figures, "volume_seconds": each}


def compared(runs: Mapping[int, Sequence[WorkedOff]]) -> list[dict[str, Any]]:
    """The figures of each number of workers, compared with the first; medians over the repeats.

    Args:
        runs: of each number of workers, as many for each.

    Returns:
        ``workers``; ``seconds`` of the cohort, all of them in ``all_seconds``; ``ratio``, how many
        times as many volumes a minute; ``most``, the ratio if a volume took as long as on the first
        number of workers and nothing else took time: the last volumes may leave workers without
        work. ``processor_seconds`` of all processes, and ``ratio_of_processors``, what the ratio
        would be if every process had a core to itself: it counts what workers cost each other and
        what Dask costs, and not other programs. ``beside_seconds``: processor seconds a volume of
        all processes but the engines.
    """
    first = next(iter(runs))
    return [
        {
            "workers": count,
            "seconds": statistics.median(run.seconds for run in several),
            "all_seconds": [run.seconds for run in several],
            "ratio": _median_ratio(runs[first], several, lambda run: run.seconds),
            "most": statistics.median(
                least_seconds(first, run.volumes) / least_seconds(count, run.volumes)
                for run in runs[first]
            ),
            "processor_seconds": statistics.median(run.engines + run.beside for run in several),
            "ratio_of_processors": count
            / first
            * _median_ratio(runs[first], several, lambda run: run.engines + run.beside),
            "beside_seconds": statistics.median(run.beside / len(run.volumes) for run in several),
        }
        for count, several in runs.items()
    ]


def _median_ratio(
    first: Sequence[WorkedOff], others: Sequence[WorkedOff], cost: Callable[[WorkedOff], float]
) -> float:
    pairs = zip(first, others, strict=True)
    return statistics.median(cost(one) / cost(other) for one, other in pairs)


def _measure(count: int, first: Path, images: Sequence[Path], folder: Path) -> WorkedOff:
    with local_workers(count) as client:
        # One volume a worker loads its networks.
        _work_off(client, [first] * count, folder / "first")
        engines, beside = _processor_seconds()
        start = time.perf_counter()
        rows = _work_off(client, images, folder / "all")
        seconds = time.perf_counter() - start
        engines_after, beside_after = _processor_seconds()
    volumes = [row.seconds or 0.0 for row in rows]
    return WorkedOff(seconds, volumes, engines_after - engines, beside_after - beside)


def _processor_seconds() -> tuple[float, float]:
    """Of the engines, and of this process and its other children."""
    here = psutil.Process()
    engines = beside = 0.0
    for process in (here, *here.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            is_engine, times = _ENGINE in process.cmdline(), process.cpu_times()
            engines += is_engine * (times.user + times.system)
            beside += (not is_engine) * (times.user + times.system)
    return engines, beside


def _work_off(client: Any, images: Sequence[Path], output: Path) -> list[Row]:
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
