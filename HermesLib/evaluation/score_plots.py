"""Pictures of how honest the score is: score against truth, reliability, and what is accepted."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from HermesLib.evaluation.score_metrics import table_of
from HermesLib.evaluation.scored_masks import ScoredMask

#: Colour-blind safe: orange for the raw score, blue for the calibrated one.
_COLOURS = {"raw": "#e08214", "calibrated": "#1f6fb4"}
_BINS = 10
#: The mean of fewer masks says nothing.
_FEWEST = 10


def plot_scores(path: Path, judged: Sequence[ScoredMask], title: str, calibrated: bool) -> None:
    """Write one picture of three panels over the refined masks: scores against the truth, the mean truth of a tenth of the masks at a
    time, and the mean truth of what is accepted as the threshold falls. The raw score, and the calibrated one where there is one."""
    refined = [one for one in judged if one.refined]
    figure = Figure((13, 4.6), layout="constrained")
    patients = len({one.patient for one in refined})
    figure.suptitle(
        f"{title}: {len(refined)} refined masks of {patients} test patients", fontsize=12
    )
    scattered, reliable, chosen = figure.subplots(1, 3)
    for name in ("raw", "calibrated") if calibrated else ("raw",):
        pdsc, _, _, true = table_of(refined, name == "raw").T
        style = {"color": _COLOURS[name], "label": name}
        scattered.plot(pdsc, true, ".", ms=4, alpha=0.35, **style)
        parts = [part for part in np.array_split(np.argsort(pdsc), _BINS) if len(part)]
        reliable.plot(
            [pdsc[part].mean() for part in parts],
            [true[part].mean() for part in parts],
            "o-",
            ms=5,
            **style,
        )
        order, count = np.argsort(-pdsc), np.arange(1, len(pdsc) + 1)
        means = np.cumsum(true[order]) / count
        chosen.plot((count / max(len(pdsc), 1))[_FEWEST - 1 :], means[_FEWEST - 1 :], **style)
    for axes in (scattered, reliable):
        axes.plot([0, 1], [0, 1], color="0.4", lw=1, ls="--", zorder=0)
        axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xlabel="pDSC")
    scattered.set(ylabel="true Dice", title="Score against truth")
    reliable.set(ylabel="mean true Dice", title="Reliability, a tenth of the masks a point")
    chosen.set(
        xlim=(0, 1),
        xlabel="share accepted, best scores first",
        ylabel="mean true Dice of them",
        title="What is accepted",
    )
    for axes in (scattered, reliable, chosen):
        _finish(axes)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def _finish(axes: Axes) -> None:
    axes.grid(color="0.9")
    axes.set_axisbelow(True)
    axes.legend(loc="best", frameon=False)
