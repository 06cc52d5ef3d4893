"""The suite's pictures, as PNG bytes for the page."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from HermesLib.evaluation.loop import SliceOutcome
from HermesLib.evaluation.tables.plan import TITLES

#: Paul Tol's bright scheme, told apart by the colour-blind.
_COLOURS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#bbbbbb")
#: The mean of fewer masks says nothing.
_FEWEST = 5


def plot_risk_coverage(outcomes: Mapping[str, Sequence[SliceOutcome]]) -> bytes:
    """The true Dice of the masks that each source's score ranks highest, as more of them are taken."""
    figure = Figure((6.2, 4.4), layout="constrained")
    axes = figure.subplots()
    for colour, (source, found) in zip(_COLOURS, outcomes.items(), strict=False):
        shown = [one for one in found if one.organ]
        true = np.array([one.final_dsc for one in sorted(shown, key=lambda one: -one.pdsc)])
        count = np.arange(1, len(true) + 1)
        taken = slice(_FEWEST - 1, None)
        axes.plot((count / len(true))[taken], (np.cumsum(true) / count)[taken], color=colour, label=TITLES.get(source, source))
    axes.set(xlabel="share of slices taken, best score first", ylabel="mean true Dice", xlim=(0, 1), ylim=(0, 1))
    axes.grid(color="0.9")
    axes.legend(fontsize=8, loc="lower left")
    return _png(figure)


def plot_detection(rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> bytes:
    """Each judge's word against the truth, on the same masks."""
    columns = min(3, len(rows))
    lines = -(-len(rows) // columns)
    figure = Figure((3.4 * columns, 3.5 * lines), layout="constrained")
    panels = np.atleast_1d(figure.subplots(lines, columns, sharex=True, sharey=True)).ravel()
    for colour, axes, (source, found) in zip(_COLOURS, panels, rows.items(), strict=False):
        axes.plot([row["pdsc"] for row in found], [row["true"] for row in found], ".", ms=3, alpha=0.4, color=colour)
        axes.plot([0, 1], [0, 1], color="0.4", lw=1, ls="--")
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal", xlabel="pDSC", ylabel="true Dice")
        axes.set_title(TITLES.get(source, source), fontsize=9)
    for axes in panels[len(rows) :]:
        axes.set_axis_off()
    return _png(figure)


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return buffer.getvalue()
