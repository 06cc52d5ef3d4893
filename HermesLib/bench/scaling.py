"""Time and memory of a run with the number of slices and of iterations."""

import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from HermesLib.bench.one_volume import Measurement, measured
from HermesLib.bench.volumes import write_phantom
from HermesLib.io.owned_folder import temporary_folder

#: Slices of a run before the measurement, which loads networks and libraries.
_FIRST = 4
#: Slices of the runs with several numbers of iterations.
_ITERATED = 16


def bench_scaling(
    counts: Sequence[int],
    most_iterations: Sequence[int],
    side: int,
    repeats: int,
    threads: int | None,
    say: Callable[[str], None],
) -> dict[str, list[dict[str, Any]]]:
    """Refine phantoms of one extent, each in a process of its own.

    Gives two lists with one dictionary each run: ``slices``, runs that end as the settings have
    it, with the number of slices; ``iterations``, runs of 16 slices with so many refinements of
    every slice. ``ratio``: milliseconds an iteration over those of the first. ``peak_mb``: memory
    above what libraries and networks take; None where the system does not say. Figures are medians
    of the repeats.

    Args:
        counts: numbers of slices.
        most_iterations: numbers of refinements.
        side: rows and columns.
        repeats: how often each is measured, all in turn.
        threads: that compute; None for the physical cores.
        say: called with a line for people for each.
    """
    with temporary_folder() as folder:
        first = str(write_phantom(folder, _FIRST, side))

        def measurement(count: int, refinements: int | None) -> Measurement:
            return Measurement(
                str(write_phantom(folder, count, side)),
                first,
                max_iterations=refinements,
                all_iterations=refinements is not None,
                threads=threads,
            )

        by_slices = [(count, measurement(count, None)) for count in counts]
        by_iterations = [(_ITERATED, measurement(_ITERATED, most)) for most in most_iterations]
        return {
            "slices": _measured(by_slices, side, repeats, say),
            "iterations": _measured(by_iterations, side, repeats, say),
        }


def _measured(
    measurements: Sequence[tuple[int, Measurement]],
    side: int,
    repeats: int,
    say: Callable[[str], None],
) -> list[dict[str, Any]]:
    """The figures of runs of so many slices each."""
    runs: list[list[dict[str, Any]]] = [[] for _ in measurements]
    for _ in range(repeats):
        for (count, measurement), collected in zip(measurements, runs, strict=True):
            collected.append(measured(measurement, f"{count} slices"))
    figures: list[dict[str, Any]] = []
    for (count, _), collected in zip(measurements, runs, strict=True):
        seconds = statistics.median(run["seconds"] for run in collected)
        iterations = collected[0]["iterations"]
        peaks = [run["peak_mb"] for run in collected if run["peak_mb"] is not None]
        an_iteration = 1000 * seconds / iterations
        figures.append(
            {
                "slices": count,
                "iterations": iterations,
                "seconds": seconds,
                "ms_per_slice": 1000 * seconds / count,
                "ms_per_iteration": an_iteration,
                "ratio": an_iteration / figures[0]["ms_per_iteration"] if figures else 1.0,
                "image_mb": count * side**2 * 2 / 2**20,
                "peak_mb": statistics.median(peaks) if peaks else None,
            }
        )
        say(_line(figures[-1]))
    return figures


def plot_scaling(path: Path, figures: dict[str, list[dict[str, Any]]]) -> None:
    """Plot time and memory against slices, and time against iterations, with linear axes.

    Args:
        path: of the PNG.
        figures: as :func:`bench_scaling` gives them.
    """
    from matplotlib.figure import Figure

    runs, iterated = figures["slices"], figures["iterations"]
    panels: list[tuple[list[dict[str, Any]], str, str, str]] = [
        (runs, "slices", "seconds", "seconds a run"),
        (runs, "slices", "peak_mb", "MB above libraries and networks"),
        (iterated, "iterations", "seconds", f"seconds, {_ITERATED} slices"),
    ]
    picture = Figure((11, 3.4), layout="constrained", dpi=110)
    for axes, (measured_runs, across, up, label) in zip(
        picture.subplots(1, 3), panels, strict=True
    ):
        points = [(run[across], run[up]) for run in measured_runs if run[up] is not None]
        places, values = [point[0] for point in points], [point[1] for point in points]
        axes.plot(places, values, "o", color="#1f6fb4", label="measured")
        if up == "seconds" and len(points) > 1:
            slope, start = statistics.linear_regression(places, values)
            ends = [0, max(places)]
            line = [start + slope * end for end in ends]
            words = f"{start:.1f} s + {1000 * slope:.0f} ms each"
            axes.plot(ends, line, "--", color="#808080", label=words, zorder=0)
        if up == "peak_mb":
            images = [run["image_mb"] for run in measured_runs]
            axes.plot(places, images[: len(places)], "s--", color="#e08214", label="image file")
        top = max([1.0, *values]) * 1.25
        axes.set(xlabel=across, ylabel=label, xlim=(0, None), ylim=(0, top))
        axes.legend(frameon=False, loc="upper left")
        axes.spines[["top", "right"]].set_visible(False)
    picture.savefig(path)


def _line(run: dict[str, Any]) -> str:
    peak = "" if run["peak_mb"] is None else f", {run['peak_mb']:.0f} MB above the libraries"
    return (
        f"{run['slices']} slices, {run['iterations']} iterations: {run['seconds']:.1f} s,"
        f" {run['ms_per_iteration']:.0f} ms an iteration ({run['ratio']:.2f} of the first){peak}"
    )
