"""Plots of sweeps: Dice, dropped slices and silent failures over the organ's size and shift."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator, PercentFormatter

from HermesLib.evaluation.sweep_figures import TITLES, patient_dice
from HermesLib.evaluation.sweeps import WarpedOutcomes

#: Safe for colour-blind readers.
_MEAN, _WORST, _PATIENTS = "#1f6fb4", "#b2182b", "0.75"
_DROPPED, _MARKED, _SILENT = "#e08214", "#7b3294", "#b2182b"


def plot_sweeps(
    path: Path, figures: dict[str, Any], volumes: Sequence[WarpedOutcomes], title: str
) -> None:
    """Write a picture with a column for each sweep.

    Above the true Dice, of all patients together and of each; below the shares of the slices with
    the organ that are dropped, marked and silent failures.

    Args:
        path: of the PNG.
        figures: of :func:`HermesLib.evaluation.sweep_figures.sweep_figures`; a sweep without steps
            has no column.
        volumes: what they were made from.
        title: of the picture.
    """
    figures = {kind: sweep for kind, sweep in figures.items() if sweep["steps"]}
    figure = Figure((6.2 * len(figures), 7.2), layout="constrained")
    volumes = [volume for volume in volumes if volume.reached]
    patients = len({volume.patient for volume in volumes})
    counted = "1 patient" if patients == 1 else f"{patients} patients"
    figure.suptitle(f"{title}: organs of other size and place, {counted}", fontsize=12)
    grid = figure.subplots(2, len(figures), squeeze=False, sharex="col")
    for (kind, sweep), dice, shares in zip(figures.items(), grid[0], grid[1], strict=True):
        own = [volume for volume in volumes if volume.warp.kind == kind]
        _plot_dice(dice, sweep["steps"], own)
        _plot_shares(shares, sweep["steps"])
        amounts = [step["amount"] for step in sweep["steps"]]
        if kind == "size":
            shares.set_xscale("log")
        shares.xaxis.set_major_locator(FixedLocator(amounts))
        shares.xaxis.set_minor_locator(NullLocator())
        shares.xaxis.set_major_formatter(lambda amount, _: f"{amount:g}")
        shares.set_xlabel(TITLES[kind])
        for axes in (dice, shares):
            axes.grid(color="0.9")
            axes.set_axisbelow(True)
        dice.legend(loc="lower center", frameon=False, ncols=3)
        # Above the plot, as lines run everywhere in it.
        shares.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False, ncols=3)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def _plot_dice(
    axes: Axes, steps: Sequence[dict[str, Any]], volumes: Sequence[WarpedOutcomes]
) -> None:
    amounts = [step["amount"] for step in steps]
    by_amount = [
        patient_dice(volume for volume in volumes if volume.warp.amount == amount)
        for amount in amounts
    ]
    patients = sorted({volume.patient for volume in volumes})
    for number, patient in enumerate(patients if len(patients) > 1 else ()):
        places = [amount for amount, row in zip(amounts, by_amount, strict=True) if patient in row]
        axes.plot(
            places,
            [row[patient] for row in by_amount if patient in row],
            color=_PATIENTS,
            lw=1,
            label="each patient" if not number else None,
        )
    if len(patients) > 1:
        lowest = [step["worst_dice"]["true_dice"] for step in steps]
        axes.plot(amounts, lowest, "v--", color=_WORST, lw=1, ms=5, label="worst patient")
    axes.plot(amounts, [step["true_dice"] for step in steps], "o-", color=_MEAN, label="all slices")
    axes.set(ylim=(0, 1), ylabel="mean true Dice, slices with the organ")


def _plot_shares(axes: Axes, steps: Sequence[dict[str, Any]]) -> None:
    amounts = [step["amount"] for step in steps]
    marked = [step["marked"]["with_organ"] for step in steps]
    dropped = [step["dropped"]["share"] for step in steps]
    silent = [step["silent"]["share"] for step in steps]
    axes.plot(amounts, marked, "^--", color=_MARKED, lw=1, ms=5, label="marked")
    axes.plot(amounts, dropped, "s-", color=_DROPPED, ms=5, label="dropped")
    axes.plot(amounts, silent, "o-", color=_SILENT, label="silent failures")
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set(ylim=(0, max(0.1, 1.08 * max(*marked, *dropped, *silent, 0.0))))
    axes.set(ylabel="share of the slices with the organ")
