"""Prompts moved a little, as another person would have drawn them."""

from dataclasses import replace

import numpy as np

from HermesLib.prompts.registry import prompt_type
from HermesLib.prompts.types import Prompt, PromptMarks

_Edges = tuple[float, float, float, float]


def jittered(
    prompt: Prompt, shape: tuple[int, int], reach: float, rng: np.random.Generator
) -> Prompt:
    """A prompt of the same kind, moved at random and kept on the slice.

    Every edge of a box and every click moves by itself, all strokes of one sign move together.

    Args:
        prompt: of any kind with boxes, clicks or strokes.
        shape: (rows, columns) of the slice.
        reach: the farthest that anything moves along an axis, pixels.
        rng: random numbers.

    Raises:
        HermesError: a kind that shapes on the slice cannot express.
    """
    marks = prompt.marks()
    moved = replace(
        marks,
        boxes=tuple(_moved_box(box, shape, reach, rng) for box in marks.boxes),
        positive_points=_moved_points(marks.positive_points, shape, reach, rng),
        negative_points=_moved_points(marks.negative_points, shape, reach, rng),
        positive_strokes=_moved_strokes(marks.positive_strokes, reach, rng),
        negative_strokes=_moved_strokes(marks.negative_strokes, reach, rng),
    )
    return prompt_type(prompt.kind).from_marks(_apart(moved), shape)


def _moved_box(
    box: _Edges, shape: tuple[int, int], reach: float, rng: np.random.Generator
) -> _Edges:
    sides = (shape[1], shape[0])
    edges = np.asarray(box) + rng.uniform(-reach, reach, 4)
    ends = []
    for axis, side in enumerate(sides):
        low, high = sorted((edges[axis], edges[axis + 2]))
        # At least a pixel, inside the slice.
        low = min(max(low, 0.0), side - 1.0)
        ends.append((low, min(max(high, low + 1.0), float(side))))
    (x1, x2), (y1, y2) = ends
    return float(x1), float(y1), float(x2), float(y2)


def _moved_points(
    points: np.ndarray, shape: tuple[int, int], reach: float, rng: np.random.Generator
) -> np.ndarray:
    moved = points + np.round(rng.uniform(-reach, reach, points.shape)).astype(np.int64)
    return moved.clip(0, (shape[1] - 1, shape[0] - 1))


def _moved_strokes(
    strokes: np.ndarray | None, reach: float, rng: np.random.Generator
) -> np.ndarray | None:
    if strokes is None or not strokes.any():
        return strokes
    offset = np.round(rng.uniform(-reach, reach, 2)).astype(int)
    moved = np.zeros_like(strokes)
    pixels = np.argwhere(strokes) + offset
    inside = ((pixels >= 0) & (pixels < strokes.shape)).all(1)
    moved[tuple(pixels[inside].T)] = True
    return moved if moved.any() else strokes


def _apart(marks: PromptMarks) -> PromptMarks:
    """The marks without pixels that were moved under both signs: the positive ones stay."""
    positive, negative = marks.positive_strokes, marks.negative_strokes
    if positive is None or negative is None:
        return marks
    return replace(marks, negative_strokes=negative & ~positive)
