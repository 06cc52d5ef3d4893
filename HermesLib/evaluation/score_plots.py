"""Plots of the score's calibration: score against truth, reliability, and acceptance."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from HermesLib.evaluation.score_metrics import ScoreTable
from HermesLib.evaluation.scored_masks import ScoredMask
from HermesLib.quality.protocol import ScoreKind

#: Safe for colour-blind readers: orange for the raw score, blue for the calibrated one.
_COLOURS: dict[ScoreKind, str] = {"raw": "#e08214", "calibrated": "#1f6fb4"}
_BINS = 10
#: A mean of fewer masks is not plotted.
_FEWEST = 10


def plot_scores(
    path: Path, masks: Sequence[ScoredMask], title: str, kinds: Sequence[ScoreKind]
) -> None:
    """Write a picture of three panels over the refined masks.

    Score against truth; mean truth in tenths of the masks, sorted by score; mean truth of accepted
    masks as the threshold falls.

    Args:
        path: of the PNG.
        masks: scored masks; those without prompts from a pGT are ignored.
        title: of the picture.
        kinds: the scores to plot.
    """
    refined = [mask for mask in masks if mask.refined]
    figure = Figure((13, 4.6), layout="constrained")
    patients = len({mask.patient for mask in refined})
    figure.suptitle(
        f"{title}: {len(refined)} refined masks of {patients} test patients", fontsize=12
    )
    scatter, reliability, acceptance = figure.subplots(1, 3)
    for kind in kinds:
        table = ScoreTable.of(refined, kind)
        style = {"color": _COLOURS[kind], "label": kind}
        scatter.plot(table.pdsc, table.true, ".", ms=4, alpha=0.35, **style)
        bins = [rows for rows in np.array_split(np.argsort(table.pdsc), _BINS) if len(rows)]
        scores = [table.pdsc[rows].mean() for rows in bins]
        truths = [table.true[rows].mean() for rows in bins]
        reliability.plot(scores, truths, "o-", ms=5, **style)
        count = np.arange(1, len(table) + 1)
        means = np.cumsum(table.true[np.argsort(-table.pdsc)]) / count
        shares = count / max(len(table), 1)
        acceptance.plot(shares[_FEWEST - 1 :], means[_FEWEST - 1 :], **style)
    for axes in (scatter, reliability):
        axes.plot([0, 1], [0, 1], color="0.4", lw=1, ls="--", zorder=0)
        axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xlabel="pDSC")
    scatter.set(ylabel="true Dice", title="Score against truth")
    reliability.set(ylabel="mean true Dice", title="Reliability, a tenth of the masks a point")
    acceptance.set(
        xlim=(0, 1),
        xlabel="share accepted, highest scores first",
        ylabel="mean true Dice of accepted masks",
        title="Accepted masks",
    )
    for axes in (scatter, reliability, acceptance):
        _finish(axes)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def _finish(axes: Axes) -> None:
    axes.grid(color="0.9")
    axes.set_axisbelow(True)
    axes.legend(loc="best", frameon=False)
