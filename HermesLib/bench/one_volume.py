"""One run on one volume, in a process of its own: time and memory as one line of JSON."""

import json
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from HermesLib.bench.busy import own_environment
from HermesLib.errors import HermesError
from HermesLib.threads import set_threads


@dataclass(frozen=True)
class Measurement:
    """What the process does.

    Attributes:
        image: the file.
        first: another one, refined before the measurement so that networks are loaded; "" for none.
        slices: the first and the one after the last that are refined; None for all.
        max_iterations: of each slice; None as the settings have it.
        all_iterations: no slice ends before them.
        threads: that compute; None for the physical cores.
    """

    image: str
    first: str = ""
    slices: tuple[int, int] | None = None
    max_iterations: int | None = None
    all_iterations: bool = False
    threads: int | None = None


def measured(measurement: Measurement, what: str) -> dict[str, Any]:
    """Do a measurement; gives ``seconds``, ``iterations``, ``libraries_mb`` and ``peak_mb``.

    ``peak_mb`` is memory above what libraries take, and networks if there was a first image; None
    where the system does not say.

    Args:
        measurement: what to do.
        what: in words, for the message.

    Raises:
        HermesError: it failed.
    """
    ended = subprocess.run(
        [sys.executable, "-m", "HermesLib.bench.one_volume", json.dumps(asdict(measurement))],
        capture_output=True,
        encoding="utf-8",
        env=own_environment(),
    )
    if ended.returncode:
        said = ended.stderr.strip()[-200:]
        raise HermesError(f"a run of {what} failed; choose fewer slices: {said}")
    figures: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return figures


def main(measurement: Measurement) -> None:
    """Do a measurement in this process and print its figures."""
    set_threads()
    # All that a run imports.
    from HermesLib.io.owned_folder import temporary_folder
    from HermesLib.refinement.settings import RefinementSettings
    from HermesLib.runs.model_cache import ModelCache
    from HermesLib.runs.request import RefineRequest
    from HermesLib.runs.run import Run

    libraries = peak_mb()
    changes: dict[str, Any] = {}
    if measurement.max_iterations is not None:
        changes["max_iterations"] = measurement.max_iterations
    if measurement.all_iterations:
        changes |= {"threshold": 1.0, "patience": 10_000, "hopeless_patience": 10_000}
    settings = RefinementSettings(**changes)
    cache = ModelCache()

    def run(image: str, output: Path, slices: tuple[int, int] | None) -> tuple[float, int]:
        output.mkdir()
        request = RefineRequest(
            image=Path(image), slices=slices, settings=settings, threads=measurement.threads
        )
        start = time.perf_counter()
        outcome = Run(request, cache).execute(output=output)
        seconds = time.perf_counter() - start
        return seconds, sum(len(result.records) for result in outcome.results)

    with temporary_folder() as folder:
        before = libraries
        if measurement.first:
            run(measurement.first, folder / "first", None)
            before = peak_mb()
        seconds, iterations = run(measurement.image, folder / "measured", measurement.slices)
        after = peak_mb()
    peak = None if before is None or after is None else after - before
    figures = {"seconds": seconds, "iterations": iterations, "libraries_mb": libraries}
    print(json.dumps({**figures, "peak_mb": peak}))


def peak_mb() -> float | None:
    """The most memory that this process has had; None where the system does not say.

    Linux hands ``ru_maxrss`` on from the process that started this one, so it is not asked there.
    """
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 2**10
    try:
        import resource
    except ModuleNotFoundError:  # Windows
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 2**20 if sys.platform == "darwin" else most / 2**10


if __name__ == "__main__":
    plain = json.loads(sys.argv[1])
    plain["slices"] = plain["slices"] and tuple(plain["slices"])
    main(Measurement(**plain))
