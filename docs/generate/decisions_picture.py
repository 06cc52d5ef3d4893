"""The figure of *How HERMES decides*: the loop on a real slice, and what its decisions mean.

Usage: python docs/generate/decisions_picture.py docs/images/decisions.png
"""

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import SimpleITK
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle

import HermesLib as hermes
from HermesLib.prompts.types import PromptMarks
from HermesLib.refinement.events import Iteration
from HermesLib.report.colours import EXPECTED, MASK, NEGATIVE_PROMPT, POSITIVE_PROMPT
from HermesLib.samples.prostate_phantom import SAMPLE_SEED, prostate_phantom

#: The slices of the sample that are run, the one that is shown, and pixels around its organ.
SLICES, SLICE, MARGIN = (4, 14), 9, 24
#: The threshold of a run, and the true Dice below which a mask counts as wrong.
THRESHOLD, WRONG = 0.9, 0.7
#: Dots of tries that ended nothing, of those that were accepted, and the ground of each outcome.
_OPEN, _ACCEPTED = "#6B7280", "#009E73"
_GOOD, _LOOK, _SILENT = "#D5F0E5", "#EEF0F3", "#FBD3D0"


def main(path: Path) -> None:
    """Run the sample and draw the figure to ``path``."""
    phantom = prostate_phantom(SAMPLE_SEED)
    iterations: list[Iteration] = []
    hermes.refine(
        phantom.image,
        preset="prostate-t2",
        truth=phantom.label,
        slices=SLICES,
        threshold=THRESHOLD,
        on_iteration=iterations.append,
    )
    image = SimpleITK.GetArrayFromImage(phantom.image)[SLICE]
    draw(image, iterations).savefig(path)


def draw(image: np.ndarray, iterations: list[Iteration]) -> Figure:
    """The figure: the loop at the left, the outcomes at the right."""
    figure = plt.figure(figsize=(13, 6.2), dpi=110)
    draw_loop(figure, image, [step for step in iterations if step.slice_index == SLICE])
    figure.text(0.60, 0.945, "What a decision means, on the sample", fontsize=14, weight="bold")
    draw_outcomes(figure.add_axes((0.645, 0.27, 0.335, 0.62)), iterations)
    return figure


def draw_loop(figure: Figure, image: np.ndarray, steps: list[Iteration]) -> None:
    """Four pictures in a circle: the expected outline, the next prompts, the mask, the score."""
    first, second = steps[0], steps[1]
    frames = [
        ("1  The quality control draws\nthe outline that it expects", (0.05, 0.50), first),
        ("2  Prompts are drawn from it:\ninside, and outside", (0.33, 0.50), second),
        ("3  The promptable model\nsegments what they mark", (0.33, 0.02), second),
        (f"4  Mask and expectation\ngive the score: {second.pdsc:.2f}", (0.05, 0.02), second),
    ]
    figure.text(0.02, 0.945, "On every slice", fontsize=14, weight="bold")
    rows, columns = _window(first.pgt)
    for place, (title, corner, step) in enumerate(frames):
        axes = figure.add_axes((*corner, 0.225, 0.35))
        axes.imshow(image[rows, columns], cmap="gray")
        axes.set_axis_off()
        axes.set_title(title, fontsize=10.5)
        if place == 1 and step.prompt is not None:
            _strokes(axes, step.prompt.marks(), rows, columns)
        if place in (0, 3):
            axes.contour(step.pgt[rows, columns], [0.5], colors=EXPECTED, linewidths=2)
        if place in (2, 3):
            axes.contour(step.mask[rows, columns], [0.5], colors=MASK, linewidths=2)
    arrows = [((0.28, 0.675), (0.325, 0.675)), ((0.564, 0.66), (0.564, 0.21))]
    arrows += [((0.325, 0.195), (0.28, 0.195)), ((0.04, 0.21), (0.04, 0.66))]
    for start, end in arrows:
        arrow = FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=20, lw=2, color="#333")
        figure.add_artist(arrow)
    figure.text(0.012, 0.36, "until the score\nis high enough", fontsize=9.5, rotation=90)


def draw_outcomes(axes: Axes, iterations: list[Iteration]) -> None:
    """Every mask of the sample by its score and its true Dice, over the three outcomes."""
    right, top = 1.005, 1.02
    for corner, width, height, colour, words in (
        ((0, 0), THRESHOLD, top, _LOOK, "not accepted: a reader looks, good or not"),
        ((THRESHOLD, WRONG), right - THRESHOLD, top - WRONG, _GOOD, "accepted, and right"),
        ((THRESHOLD, 0), right - THRESHOLD, WRONG, _SILENT, "accepted, but wrong: none here"),
    ):
        axes.add_patch(Rectangle(corner, width, height, fc=colour, zorder=0, lw=0, label=words))
    drawn = [step for step in iterations if step.dsc is not None and step.prompt is not None]
    for colour, words, accepted in (
        (_OPEN, "a try", False),
        (_ACCEPTED, "an accepted try", True),
    ):
        chosen = [step for step in drawn if (step.status == "accepted") is accepted]
        scores, truths = [step.pdsc for step in chosen], [step.dsc for step in chosen]
        axes.plot(scores, truths, "o", ms=6, mec="white", c=colour, label=words)
    axes.axvline(THRESHOLD, color="#333", lw=1)
    axes.text(THRESHOLD - 0.01, 0.03, f"threshold {THRESHOLD}", rotation=90, ha="right", fontsize=9)
    axes.set(xlim=(0, right), ylim=(0, top))
    axes.set_xlabel("score: the estimate of the true Dice (pDSC)")
    axes.set_ylabel("true Dice, unknown outside a test")
    axes.legend(loc="upper left", bbox_to_anchor=(-0.1, -0.15), ncols=2, frameon=False, fontsize=9)


def _window(mask: np.ndarray) -> tuple[slice, slice]:
    """Rows and columns around a mask."""
    bounds = []
    for axis in (1, 0):
        occupied = np.flatnonzero(mask.any(axis=axis))
        margin = MARGIN if axis else round(MARGIN * 1.5)
        bounds.append(slice(max(0, occupied[0] - margin), occupied[-1] + margin))
    return bounds[0], bounds[1]


def _strokes(axes: Axes, marks: PromptMarks, rows: slice, columns: slice) -> None:
    for raster, colour in (
        (marks.positive_strokes, POSITIVE_PROMPT),
        (marks.negative_strokes, NEGATIVE_PROMPT),
    ):
        if raster is not None:
            y, x = np.nonzero(raster[rows, columns])
            axes.plot(x, y, "s", ms=2, color=colour)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
