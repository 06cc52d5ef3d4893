"""One run on a phantom, in a process of its own: time and memory as one line of JSON."""

import json
import sys
import time
from pathlib import Path

from HermesLib.threads import set_threads

#: Extent of every phantom along its slices, mm.
_EXTENT = 70.0
#: Slices of a run before the measurement, which loads networks and libraries.
_FIRST = 4


def main(count: int, side: int, threads: int | None) -> None:
    """Refine a phantom of ``count`` slices of ``side`` rows and columns, and print the figures."""
    set_threads()
    from HermesLib.io.image_writing import write_image
    from HermesLib.io.owned_folder import temporary_folder
    from HermesLib.runs.model_cache import ModelCache
    from HermesLib.runs.request import RefineRequest
    from HermesLib.runs.run import Run
    from HermesLib.samples.prostate_phantom import prostate_phantom

    def run(folder: Path, slices: int) -> tuple[float, int]:
        folder.mkdir()
        spacing = (192 / side, 192 / side, _EXTENT / slices)
        write_image(prostate_phantom(1, side, slices, spacing).image, folder / "image.nii.gz")
        output = folder / "results"
        output.mkdir()
        request = RefineRequest(image=folder / "image.nii.gz", threads=threads)
        start = time.perf_counter()
        outcome = Run(request, cache).execute(output=output)
        seconds = time.perf_counter() - start
        return seconds, sum(len(result.records) for result in outcome.results)

    cache = ModelCache()
    with temporary_folder() as folder:
        run(folder / "first", _FIRST)
        before = peak_mb()
        seconds, iterations = run(folder / "measured", count)
        after = peak_mb()
    peak = None if before is None or after is None else after - before
    print(json.dumps({"seconds": seconds, "iterations": iterations, "peak_mb": peak}))


def peak_mb() -> float | None:
    """The most memory that this process has had; None where the system does not say."""
    try:
        import resource
    except ModuleNotFoundError:  # Windows
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 2**20 if sys.platform == "darwin" else most / 2**10


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if sys.argv[3:] else None)
