"""Corrupted masks that the QC core learns from.

There are gross failures (blank, full, beside the organ, boxes, strokes, regions of equal
brightness) and graded errors of the outline. A QC core that was trained on mild errors alone does
not detect a blank mask.
"""

from collections.abc import Callable

import numpy as np
from scipy import ndimage

from HermesLib.datasets.augmentation import smooth_fields

#: (mask (S, S) bool, image (S, S) float32 of 0..1, rng) -> corrupted mask (S, S) bool
Corruption = Callable[[np.ndarray, np.ndarray, np.random.Generator], np.ndarray]


def _field(rng: np.random.Generator, side: int, cells: int) -> np.ndarray:
    return smooth_fields(rng, 1, side, cells)[0, 0].numpy()


def _distance(mask: np.ndarray) -> np.ndarray:
    """Signed distance to the outline, pixels, positive inside."""
    return ndimage.distance_transform_edt(mask) - ndimage.distance_transform_edt(~mask)


def _ellipse(rng: np.random.Generator, side: int) -> np.ndarray:
    rows, columns = np.mgrid[:side, :side]
    centre, radii = rng.uniform(0.1, 0.9, 2) * side, rng.uniform(0.04, 0.3, 2) * side
    return ((rows - centre[0]) / radii[0]) ** 2 + ((columns - centre[1]) / radii[1]) ** 2 < 1


def blank(mask: np.ndarray, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Nothing segmented."""
    return np.zeros_like(mask)


def full(mask: np.ndarray, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Everything segmented, or all of the body."""
    return np.ones_like(mask) if rng.random() < 0.6 else image > rng.uniform(0.05, 0.2)


def elsewhere(mask: np.ndarray, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """An ellipse anywhere, or the organ's own shape shifted far away."""
    if rng.random() < 0.5 or not mask.any():
        return _ellipse(rng, len(mask))
    shift = rng.uniform(0.1, 0.35, 2) * len(mask) * rng.choice([-1, 1], 2)
    return ndimage.shift(mask.astype(np.uint8), shift, order=0) > 0


def box(mask: np.ndarray, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A rectangle anywhere: a box-prompted model that fills its box."""
    wrong = np.zeros_like(mask)
    first, last = np.sort(rng.uniform(0, len(mask), (2, 2)), 0).astype(int)
    wrong[first[0] : last[0] + 2, first[1] : last[1] + 2] = True
    return wrong


def blobs(mask: np.ndarray, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Cloudy regions without relation to the image."""
    return _field(rng, len(mask), int(rng.integers(3, 10))) > rng.uniform(0.2, 1.5)


def equally_bright(mask: np.ndarray, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The surroundings of a random pixel that are about as bright: the result of a wrong stroke."""
    side = len(mask)
    smooth = ndimage.gaussian_filter(image, rng.uniform(0.5, 2.0))
    row, column = rng.integers(0, side, 2)
    wrong = np.abs(smooth - smooth[row, column]) < rng.uniform(0.03, 0.15)
    rows, columns = np.mgrid[:side, :side]
    near = (rows - row) ** 2 + (columns - column) ** 2 < (rng.uniform(0.1, 0.7) * side) ** 2
    return wrong & near


def strokes(mask: np.ndarray, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A few thick lines: a model that follows its scribbles and nothing else."""
    side = len(mask)
    rows, columns = np.mgrid[:side, :side]
    wrong = np.zeros_like(mask)
    for _ in range(rng.integers(1, 4)):
        (r0, c0), (r1, c1) = rng.uniform(0, side, (2, 2))
        length = max(np.hypot(r1 - r0, c1 - c0), 1.0)
        along = ((rows - r0) * (r1 - r0) + (columns - c0) * (c1 - c0)) / length
        across = ((rows - r0) * (c1 - c0) - (columns - c0) * (r1 - r0)) / length
        wrong |= (np.abs(across) < rng.uniform(1, 0.08 * side)) & (along > 0) & (along < length)
    return wrong


def outline(mask: np.ndarray, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The outline moved in or out by a smooth random amount."""
    amount = rng.uniform(0, 0.06) * len(mask)
    bias = rng.normal(0, 0.5)
    return _distance(mask) + amount * (_field(rng, len(mask), int(rng.integers(4, 12))) + bias) > 0


def shifted(mask: np.ndarray, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The mask moved by a few pixels."""
    return ndimage.shift(mask.astype(np.uint8), rng.normal(0, 0.05, 2) * len(mask), order=0) > 0


def cut(mask: np.ndarray, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A part of the organ missing, behind a straight line through it."""
    inside = np.argwhere(mask)
    if len(inside) == 0:
        return mask.copy()
    row, column = inside[rng.integers(len(inside))]
    angle = rng.uniform(0, 2 * np.pi)
    rows, columns = np.mgrid[: len(mask), : len(mask)]
    return mask & ((rows - row) * np.sin(angle) + (columns - column) * np.cos(angle) > 0)


def patched(mask: np.ndarray, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Islands added or holes cut."""
    wrong = mask.copy()
    for _ in range(rng.integers(1, 4)):
        patch = (
            _ellipse(rng, len(mask)) & _ellipse(rng, len(mask))
            if rng.random() < 0.3
            else _ellipse(rng, len(mask))
        )
        wrong = wrong | patch if rng.random() < 0.6 else wrong & ~patch
    return wrong


def leaked(mask: np.ndarray, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The organ and what is equally bright around it."""
    return mask | (equally_bright(mask, image, rng) & (_distance(mask) > -0.15 * len(mask)))


def intact(mask: np.ndarray, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """No error."""
    return mask.copy()


GROSS: tuple[Corruption, ...] = (blank, full, elsewhere, box, blobs, equally_bright, strokes)
GRADED: tuple[Corruption, ...] = (outline, outline, shifted, cut, patched, leaked, intact)


def corrupt(
    mask: np.ndarray, image: np.ndarray, rng: np.random.Generator, gross: float = 0.55
) -> np.ndarray:
    """Corrupt a mask (S, S) bool; ``gross`` is the share of gross failures."""
    choices = GROSS if rng.random() < gross else GRADED
    return choices[rng.integers(len(choices))](mask, image, rng)
