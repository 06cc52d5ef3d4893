"""What was read of a folder, held against each slice's own header."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import SimpleITK

from HermesLib.io.dicom.series import Series, read_series
from HermesLib.notices import Notice, heard_by
from Testing.io.dicom.made import points_of, value_at

#: Stored values are rounded; resampling adds two more roundings of float32.
_ROUNDING = 0.6


def read(folder: Path, series: str | None = None) -> tuple[Series, list[str]]:
    """A series, and the kinds of the notices it gave."""
    heard: list[Notice] = []
    with heard_by(heard.append):
        found = read_series(folder, series)
    return found, [notice.kind for notice in heard]


def assert_in_place(found: Series, add: float = 0.0, border: int = 0) -> None:
    """Every pixel of every slice lies in the image where its own header says, with its value.

    Values are a plane in space, which linear interpolation keeps.

    Args:
        found: what was read.
        add: what the slices' values have more than the plane.
        border: pixels at the edge of a slice that are left out, as resampling mixes them.
    """
    for frame in found.stack.frames:
        assert frame.position is not None and frame.orientation is not None
        points = points_of(
            frame.position.tolist(), frame.orientation.ravel().tolist(), frame.size, frame.spacing
        )
        inner = (slice(border, -border or None),) * 2
        expected = value_at(points)[inner].ravel() + add
        values = sample(found.image, points[inner].reshape(-1, 3))
        assert np.abs(values - expected).max() <= _ROUNDING, np.abs(values - expected).max()


def sample(image: SimpleITK.Image, points: np.ndarray) -> np.ndarray:
    """Values of an image at points (n, 3) in the patient, by linear interpolation."""
    return np.array([_at(image, point.tolist()) for point in points])


def _at(image: SimpleITK.Image, point: Sequence[float]) -> float:
    # Rounding must not carry a point at the edge out of the image.
    index = np.array(image.TransformPhysicalPointToContinuousIndex(point))
    last = np.array(image.GetSize()) - 1
    assert (index > -0.01).all() and (index < last + 0.01).all(), (index, last)
    inside = np.clip(index, 0, last).tolist()
    nearest = image.TransformContinuousIndexToPhysicalPoint(inside)
    return float(image.EvaluateAtPhysicalPoint(nearest, SimpleITK.sitkLinear))
