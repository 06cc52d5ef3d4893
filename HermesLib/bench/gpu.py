"""Slices a second on a GPU and on the processor, and where a run waits for the GPU."""

import statistics
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from HermesLib.devices import select_device
from HermesLib.errors import HermesError
from HermesLib.runs.model_cache import ModelCache
from HermesLib.runs.request import RefineRequest
from HermesLib.runs.run import Run

#: What PyTorch's warnings of its synchronisation check have in common.
_SYNCHRONISES = "synchronizing CUDA operation"
#: The folder of the library, for the names of places in it.
_LIBRARY = Path(__file__).resolve().parents[1]


def bench_gpu(
    requests: Sequence[RefineRequest],
    devices: Sequence[str],
    batches: Sequence[int],
    repeats: int,
    say: Callable[[str], None],
) -> list[dict[str, Any]]:
    """Measure runs of each request on each device, with so many slices at once, one dictionary
    each.

    ``slices_per_s`` and ``iterations_per_s``: of whole runs without result files, medians of the
    repeats; networks are loaded before. ``ratio``: slices a second over those of the first device
    and number of slices at once. ``gpu_mb``: the most memory that PyTorch had on the GPU.
    ``waits``: how often an iteration waited for the GPU, by the line of the library that did, from
    a run of its own; it is empty on a processor.

    Args:
        requests: the runs, one a model.
        devices: ``cuda``, ``cpu``.
        batches: numbers of slices at once.
        repeats: how often each is measured.
        say: called with a line for people after each.

    Raises:
        HermesError: a device that is not to be had here.
    """
    for device in devices:
        if device == "cuda" and not torch.cuda.is_available():
            raise HermesError("no CUDA device is usable here; choose --devices cpu")
    figures: list[dict[str, Any]] = []
    for request in requests:
        first: float | None = None
        for device in devices:
            for at_once in batches:
                one = replace(request, device=device, slices_at_once=at_once)
                measured = _measure(one, repeats)
                first = first or measured["slices_per_s"]
                ratio = measured["slices_per_s"] / first
                figures.append(
                    {
                        "model": request.model,
                        "device": device,
                        "slices_at_once": at_once,
                        **measured,
                        "ratio": ratio,
                    }
                )
                say(_line(figures[-1]))
    return figures


def _measure(request: RefineRequest, repeats: int) -> dict[str, Any]:
    cache = ModelCache()
    device = select_device(request.device)
    slices, iterations, _ = _timed(request, cache, device)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    seconds = statistics.median(_timed(request, cache, device)[2] for _ in range(repeats))
    peak = torch.cuda.max_memory_allocated(device) / 2**20 if device.type == "cuda" else None
    with synchronisations(device) as places:
        _timed(request, cache, device)
    return {
        "slices": slices,
        "iterations": iterations,
        "seconds": seconds,
        "slices_per_s": slices / seconds,
        "iterations_per_s": iterations / seconds,
        "gpu_mb": peak,
        "waits": {place: count / iterations for place, count in places.most_common()},
    }


def _timed(
    request: RefineRequest, cache: ModelCache, device: torch.device
) -> tuple[int, int, float]:
    """Slices, iterations and seconds of a run that has read nothing of the image before."""
    cache.observations.clear()
    cache.embeddings.clear()
    start = time.perf_counter()
    outcome = Run(request, cache).execute()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    seconds = time.perf_counter() - start
    return len(outcome.results), sum(len(result.records) for result in outcome.results), seconds


@contextmanager
def synchronisations(device: torch.device) -> Iterator[Counter[str]]:
    """Count, by the line that calls it, what makes the processor wait for the GPU.

    Args:
        device: nothing is counted on a processor.
    """
    places: Counter[str] = Counter()
    if device.type != "cuda":
        yield places
        return
    before = torch.cuda.get_sync_debug_mode()
    torch.cuda.set_sync_debug_mode("warn")
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield places
    finally:
        torch.cuda.set_sync_debug_mode(before)
    places.update(
        f"{_name(Path(warning.filename))}:{warning.lineno}"
        for warning in caught
        if _SYNCHRONISES in str(warning.message)
    )


def _name(path: Path) -> str:
    """A file's name for people, without the folders of this computer."""
    if path.is_relative_to(_LIBRARY):
        return path.relative_to(_LIBRARY.parent).as_posix()
    return "/".join(path.parts[-2:])


def _line(run: dict[str, Any]) -> str:
    memory = "" if run["gpu_mb"] is None else f", {run['gpu_mb']:.0f} MB on the GPU"
    waits = sum(run["waits"].values())
    waiting = f", {waits:.1f} waits an iteration" if run["device"] == "cuda" else ""
    return (
        f"{run['model']} on {run['device']}, {run['slices_at_once']} at once:"
        f" {run['slices_per_s']:.2f} slices/s, {run['iterations_per_s']:.2f} iterations/s"
        f" ({run['ratio']:.2f} of the first){memory}{waiting}"
    )
