"""Prompts as Segment Anything takes them: labelled points and at most one box."""

from dataclasses import dataclass

import numpy as np
import torch

from HermesLib.prompts.types import Prompt

#: A box that overlaps the earlier one by less (intersection over union) is about something else.
_SAME_OBJECT = 0.5


@dataclass(frozen=True, eq=False)
class SamPrompt:
    """A prompt in pixels of the slice.

    Attributes:
        points: (N, 2) int64 of (x, y): clicks, positive ones first, then pixels of strokes.
        labels: (N,) int64, 1 positive and 0 negative.
        clicks: how many of the points are clicks.
        box: (x1, y1, x2, y2) in pixel edges, None if there is none.
    """

    points: torch.Tensor
    labels: torch.Tensor
    clicks: int
    box: tuple[float, float, float, float] | None

    def continues(self, earlier: "SamPrompt") -> bool:
        """Whether this prompt goes on from an earlier one, so that its mask may be fed back.

        It does while marks are only added and the box, if there is one, stays about the same.
        """
        marks, before = (
            {(*point, label) for point, label in zip(points, labels, strict=True)}
            for points, labels in (
                (part.points.tolist(), part.labels.tolist()) for part in (self, earlier)
            )
        )
        if not before <= marks:
            return False
        if self.box is None or earlier.box is None:
            return earlier.box is None
        return _overlap(self.box, earlier.box) >= _SAME_OBJECT


def sam_prompt(prompt: Prompt, most_pixels: int) -> SamPrompt:
    """The tokens of a prompt of one or several kinds.

    Every pixel of a stroke is a click; of more than ``most_pixels`` positive or negative ones,
    those are taken that lie farthest from each other.
    """
    marks = prompt.marks()
    strokes = [
        np.zeros((0, 2), np.int64)
        if raster is None
        else spread(np.argwhere(raster)[:, ::-1], most_pixels)
        for raster in (marks.positive_strokes, marks.negative_strokes)
    ]
    clicks = [np.asarray(points) for points in (marks.positive_points, marks.negative_points)]
    signs = [
        np.full(len(part), sign) for part, sign in zip(clicks + strokes, (1, 0, 1, 0), strict=True)
    ]
    return SamPrompt(
        points=torch.from_numpy(np.concatenate(clicks + strokes).astype(np.int64)),
        labels=torch.from_numpy(np.concatenate(signs).astype(np.int64)),
        clicks=sum(map(len, clicks)),
        box=marks.boxes[0] if marks.boxes else None,
    )


def spread(pixels: np.ndarray, most: int) -> np.ndarray:
    """At most ``most`` of pixels (N, 2), far from each other, in their order.

    Each is the farthest from those before it; the first is the first pixel.

    >>> spread(np.array([[0, 0], [1, 0], [2, 0], [9, 0]]), 2).tolist()
    [[0, 0], [9, 0]]
    """
    if len(pixels) <= most:
        return pixels
    chosen = [0]
    nearest = ((pixels - pixels[0]) ** 2).sum(1)
    while len(chosen) < most:
        chosen.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, ((pixels - pixels[chosen[-1]]) ** 2).sum(1))
    return pixels[np.sort(chosen)]


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Intersection over union of two boxes."""
    width, height = (min(a[k + 2], b[k + 2]) - max(a[k], b[k]) for k in (0, 1))
    shared = max(width, 0.0) * max(height, 0.0)
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b))
    return shared / (areas - shared)
