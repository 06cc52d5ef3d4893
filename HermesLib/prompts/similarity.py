"""Which images are most like a slice: the choice among many examples, without any network."""

from collections.abc import Sequence

import numpy as np

#: Side of the thumbnails that are compared.
_SIDE = 16


def thumbnail(image: np.ndarray) -> np.ndarray:
    """An image (H, W) as a vector of its mean brightness by parts: mean 0, length 1.

    Rows and columns are divided alike whatever the image's size. Zeros for a flat image.
    """
    small = _means(_means(np.asarray(image, np.float64), 0), 1).ravel()
    small -= small.mean()
    length = float(np.linalg.norm(small))
    # A flat image has only rounding errors about its mean.
    return small / length if length > 1e-9 else np.zeros_like(small)


def most_similar(image: np.ndarray, thumbnails: Sequence[np.ndarray], count: int) -> list[int]:
    """Places of the ``count`` thumbnails that correlate best with an image (H, W), best first.

    Of equal ones the first comes first.
    """
    if not len(thumbnails):
        return []
    correlation = np.stack(thumbnails) @ thumbnail(image)
    # Rounded, so that the order does not depend on how a processor adds up.
    order = np.argsort(-correlation.round(9), kind="stable")
    return [int(place) for place in order[:count]]


def _means(values: np.ndarray, axis: int) -> np.ndarray:
    edges = np.linspace(0, values.shape[axis], _SIDE + 1).round().astype(int)
    starts = np.minimum(edges[:-1], values.shape[axis] - 1)
    ends = np.maximum(edges[1:], starts + 1)
    parts = [values.take(range(a, b), axis).mean(axis) for a, b in zip(starts, ends, strict=True)]
    return np.stack(parts, axis)
