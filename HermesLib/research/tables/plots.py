"""Pictures of the page, as PNG bytes."""

import io
from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from HermesLib.evaluation.bootstrap import with_interval
from HermesLib.evaluation.loop_metrics import SliceOutcome
from HermesLib.evaluation.traces import Trace, replay
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.research.tables.design import TITLES

#: Paul Tol's bright scheme, which colour-blind people can distinguish, and black; by source.
_COLOURS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#bbbbbb", "#000000")
#: Means of fewer masks are not drawn.
_FEWEST = 5
#: Width of a bin of the pDSC.
_BIN = 0.05


def plot_risk_coverage(outcomes: Mapping[str, Sequence[SliceOutcome]]) -> bytes:
    """Mean true Dice of the masks that rank highest by their score, over the share accepted."""
    figure = Figure((8.6, 4.4), layout="constrained")
    axes = figure.subplots()
    for colour, (source, slices) in zip(cycle(_COLOURS), outcomes.items(), strict=False):
        with_organ = [outcome for outcome in slices if outcome.organ]
        ranked = sorted(with_organ, key=lambda outcome: -outcome.pdsc)
        true = np.array([outcome.final_dsc for outcome in ranked])
        count = np.arange(1, len(true) + 1)
        enough = slice(_FEWEST - 1, None)
        axes.plot(
            (count / len(true))[enough],
            (np.cumsum(true) / count)[enough],
            color=colour,
            label=TITLES.get(source, source),
        )
    axes.set(
        xlabel="share of slices accepted, best score first",
        ylabel="mean true Dice",
        xlim=(0, 1),
        ylim=(0, 1),
    )
    axes.grid(color="0.9")
    # Beside the plot, as lines of poor sources run along its lower edge.
    axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.01, 0.5))
    return _png(figure)


def plot_iterations(traces: Mapping[str, Sequence[Trace]], threshold: float) -> bytes:
    """True Dice of the best mask so far (by its pDSC), by iteration.

    Finished slices keep their mask. Bands are 95 % intervals by patient bootstrap.
    """
    figure = Figure((6.2, 4.4), layout="constrained")
    axes = figure.subplots()
    for colour, (name, slices) in zip(cycle(_COLOURS), traces.items(), strict=False):
        with_organ = [trace for trace in slices if trace.organ]
        calls = range(RefinementSettings.max_iterations + 1)
        limits = [RefinementSettings(threshold=threshold, max_iterations=most) for most in calls]
        table = np.array(
            [[replay(trace, limit).final_dsc for limit in limits] for trace in with_organ]
        )
        patients = [trace.patient for trace in with_organ]
        bands = np.array(
            [
                with_interval(table[:, most : most + 1], patients, lambda rows: float(rows.mean()))
                for most in calls
            ]
        )
        axes.plot(calls, bands[:, 0], color=colour, label=name)
        axes.fill_between(calls, bands[:, 1], bands[:, 2], color=colour, alpha=0.15, lw=0)
    axes.set(xlabel="calls of the model after the first", ylabel="mean true Dice", ylim=(0, 1))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(color="0.9")
    axes.legend(fontsize=8, loc="lower right")
    return _png(figure)


def plot_reliability(outcomes: Mapping[str, Sequence[SliceOutcome]]) -> bytes:
    """Mean true Dice of final masks in bins of their pDSC, with the count of each bin."""
    figure = Figure((6.2, 4.4), layout="constrained")
    axes = figure.subplots()
    lows = np.arange(0.5, 0.999, _BIN)
    for colour, (name, slices) in zip(cycle(_COLOURS), outcomes.items(), strict=False):
        scores = np.array([(slice_.pdsc, slice_.final_dsc) for slice_ in slices if slice_.organ])
        bins = [scores[(scores[:, 0] >= low) & (scores[:, 0] < low + _BIN)] for low in lows]
        means = np.array([part.mean(0) for part in bins if len(part) >= _FEWEST]).reshape(-1, 2)
        axes.plot(means[:, 0], means[:, 1], "o-", color=colour, label=name)
        sizes = [len(part) for part in bins if len(part) >= _FEWEST]
        for (x, y), size in zip(means, sizes, strict=True):
            axes.annotate(
                str(size),
                (x, y),
                xytext=(4, -10),
                textcoords="offset points",
                fontsize=7,
                color=colour,
            )
    axes.plot([0, 1], [0, 1], color="0.4", lw=1, ls="--")
    axes.set(xlabel="pDSC", ylabel="mean true Dice", xlim=(0.5, 1), ylim=(0.5, 1))
    axes.grid(color="0.9")
    axes.legend(fontsize=8, loc="upper left")
    return _png(figure)


def plot_detection(rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> bytes:
    """The score of every judge against the true Dice, on the same masks."""
    columns = min(3, len(rows))
    lines = -(-len(rows) // columns)
    figure = Figure((3.4 * columns, 3.5 * lines), layout="constrained")
    panels = np.atleast_1d(figure.subplots(lines, columns, sharex=True, sharey=True)).ravel()
    for colour, axes, (source, masks) in zip(cycle(_COLOURS), panels, rows.items(), strict=False):
        axes.plot(
            [row["pdsc"] for row in masks],
            [row["true"] for row in masks],
            ".",
            ms=3,
            alpha=0.4,
            color=colour,
        )
        axes.plot([0, 1], [0, 1], color="0.4", lw=1, ls="--")
        axes.set(
            xlim=(-0.02, 1.02),
            ylim=(-0.02, 1.02),
            aspect="equal",
            xlabel="pDSC",
            ylabel="true Dice",
        )
        axes.set_title(TITLES.get(source, source), fontsize=9)
    for axes in panels[len(rows) :]:
        axes.set_axis_off()
    return _png(figure)


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return buffer.getvalue()
