"""Time and memory of a run with the number of slices, each in a process of its own."""

import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from HermesLib.bench.busy import own_environment
from HermesLib.errors import HermesError


def bench_scaling(
    counts: Sequence[int],
    side: int,
    repeats: int,
    threads: int | None,
    say: Callable[[str], None],
) -> list[dict[str, Any]]:
    """Refine phantoms of one extent with so many slices, one dictionary each.

    ``ms_per_slice`` and ``ms_per_iteration``: medians of the repeats. ``ratio``: milliseconds an
    iteration over those of the first count. ``peak_mb``: memory above what libraries and networks
    take; None where the system does not say.

    Args:
        counts: numbers of slices.
        side: rows and columns.
        repeats: how often each is measured, all counts in turn.
        threads: that compute; None for the physical cores.
        say: called with a line for people for each count.
    """
    runs: dict[int, list[dict[str, Any]]] = {count: [] for count in counts}
    for _ in range(repeats):
        for count in counts:
            runs[count].append(_run(count, side, threads))
    figures: list[dict[str, Any]] = []
    for count in counts:
        seconds = statistics.median(run["seconds"] for run in runs[count])
        iterations = runs[count][0]["iterations"]
        peaks = [run["peak_mb"] for run in runs[count] if run["peak_mb"] is not None]
        figures.append(
            {
                "slices": count,
                "iterations": iterations,
                "seconds": seconds,
                "ms_per_slice": 1000 * seconds / count,
                "ms_per_iteration": 1000 * seconds / iterations,
                "ratio": 1000 * seconds / iterations / figures[0]["ms_per_iteration"]
                if figures
                else 1.0,
                "image_mb": count * side**2 * 4 / 2**20,
                "peak_mb": statistics.median(peaks) if peaks else None,
            }
        )
        say(_line(figures[-1]))
    return figures


def plot_scaling(path: Path, figures: Sequence[dict[str, Any]]) -> None:
    """Plot time and memory against the number of slices.

    Args:
        path: of the PNG.
        figures: as :func:`bench_scaling` gives them.
    """
    from matplotlib.figure import Figure

    counts = [figure["slices"] for figure in figures]
    picture = Figure((9, 3.4), layout="constrained", dpi=110)
    time_axes, memory_axes = picture.subplots(1, 2)
    seconds = [figure["seconds"] for figure in figures]
    time_axes.loglog(counts, seconds, "o-", color="#1f6fb4", label="measured")
    linear = [seconds[0] * count / counts[0] for count in counts]
    time_axes.loglog(counts, linear, "--", color="#808080", label="proportional to slices")
    time_axes.set(ylabel="seconds a run")
    time_axes.legend(frameon=False)
    memory_axes.plot(
        counts, [figure["peak_mb"] for figure in figures], "o-", color="#1f6fb4", label="run"
    )
    memory_axes.plot(
        counts, [figure["image_mb"] for figure in figures], "s--", color="#e08214", label="image"
    )
    memory_axes.set_xscale("log")
    memory_axes.set(ylabel="MB above libraries and networks", ylim=(0, None))
    memory_axes.legend(frameon=False)
    for axes in (time_axes, memory_axes):
        axes.set(xlabel="slices", xticks=counts, xticklabels=[str(count) for count in counts])
        axes.minorticks_off()
        axes.spines[["top", "right"]].set_visible(False)
    picture.savefig(path)


def _run(count: int, side: int, threads: int | None) -> dict[str, Any]:
    words = [str(count), str(side), *([] if threads is None else [str(threads)])]
    ended = subprocess.run(
        [sys.executable, "-m", "HermesLib.bench.one_volume", *words],
        capture_output=True,
        encoding="utf-8",
        env=own_environment(),
    )
    if ended.returncode:
        said = ended.stderr.strip()[-200:]
        raise HermesError(f"a run of {count} slices failed; choose fewer slices: {said}")
    figures: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return figures


def _line(run: dict[str, Any]) -> str:
    peak = "" if run["peak_mb"] is None else f", {run['peak_mb']:.0f} MB above the libraries"
    return (
        f"{run['slices']} slices: {run['seconds']:.1f} s, {run['ms_per_iteration']:.0f} ms an"
        f" iteration ({run['ratio']:.2f} of the first){peak}"
    )
