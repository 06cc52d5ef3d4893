"""The time of a run over its floor: what the networks' necessary calls take by themselves."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from HermesLib.bench.watch import WatchedCache
from HermesLib.io.owned_folder import temporary_folder
from HermesLib.refinement.events import Iteration
from HermesLib.runs.request import RefineRequest
from HermesLib.runs.run import Run

#: The threshold of the second run on the same image.
_OTHER_THRESHOLD = 0.8


def bench_loop(
    requests: Sequence[RefineRequest], repeats: int, say: Callable[[str], None]
) -> list[dict[str, Any]]:
    """Measure runs of each request, one dictionary each.

    ``ratio``: the loop, from the reading of the quality control to the last event, over its floor:
    one embedding, one reading, all decodes, and the pGTs that differ. ``report_share``: writing
    report and overview, of the whole run. ``again``: another threshold on the same image, over the
    first run. Ratios are medians of the repeats; seconds are those of the repeat with the median
    ratio.

    Args:
        requests: the runs; networks are loaded before the measurement.
        repeats: how often each is measured.
        say: called with a line for people after each request.
    """
    figures = []
    for request in requests:
        cache = WatchedCache()
        with temporary_folder() as folder:
            _measure(request, cache, folder / "first")
            runs = [_measure(request, cache, folder / str(k)) for k in range(repeats)]
        middle = sorted(runs, key=lambda run: run["ratio"])[(repeats - 1) // 2]
        medians = {
            name: statistics.median(run[name] for run in runs)
            for name in ("ratio", "report_share", "again")
        }
        figures.append({"model": request.model, **middle, **medians})
        say(_line(figures[-1]))
    return figures


def _measure(request: RefineRequest, cache: WatchedCache, folder: Path) -> dict[str, Any]:
    """One run and a second one with another threshold; folder: for their results."""
    cache.restart()
    run, again = folder / "run", folder / "again"
    for place in (run, again):
        place.mkdir(parents=True)
    figures = _timed(request, cache, run)
    first = cache.calls
    figures["floor_s"] = first.floor
    figures["ratio"] = figures["loop_s"] / first.floor
    figures |= {f"{stage}_s": seconds for stage, seconds in first.seconds.items()}
    figures["other_s"] = figures["loop_s"] - sum(first.seconds.values())
    figures |= {name: getattr(first, name) for name in ("embedded", "decoded", "drawn")}
    settings = replace(request.settings, threshold=_OTHER_THRESHOLD)
    second = _timed(replace(request, settings=settings), cache, again)
    figures["again"] = second["run_s"] / figures["run_s"]
    figures["embedded_again"] = cache.calls.embedded - figures["embedded"]
    return figures


def _timed(request: RefineRequest, cache: WatchedCache, folder: Path) -> dict[str, Any]:
    """Seconds of a run, without what watching took."""
    observed, watching = cache.calls.seconds["observe"], cache.calls.own
    opened = last = start = time.perf_counter()
    events = 0

    def on_opened(_opened: Any) -> None:
        nonlocal opened
        opened = time.perf_counter()

    def on_event(_event: Iteration) -> None:
        nonlocal last, events
        last, events = time.perf_counter(), events + 1

    outcome = Run(request, cache).execute(output=folder, on_opened=on_opened, on_event=on_event)
    end = time.perf_counter()
    own = cache.calls.own - watching
    reading = cache.calls.seconds["observe"] - observed
    return {
        "slices": len(outcome.results),
        "iterations": events,
        "run_s": end - start - own,
        "open_s": opened - start - reading,
        "loop_s": reading + last - opened - own,
        "report_s": end - last,
        "report_share": (end - last) / (end - start - own),
    }


def _line(run: dict[str, Any]) -> str:
    stages = ", ".join(
        f"{name} {run[f'{name}_s']:.2f}"
        for name in ("observe", "embed", "decode", "assess", "other")
    )
    return (
        f"{run['model']}: loop {run['loop_s']:.2f} s over a floor of {run['floor_s']:.2f} s:"
        f" {run['ratio']:.2f} ({stages}); report {run['report_share']:.1%} of the run;"
        f" another threshold {run['again']:.2f} of it, {run['embedded_again']} embedded again"
    )
