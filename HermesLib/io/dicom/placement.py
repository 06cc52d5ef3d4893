"""Where the slices of a stack lie, and the upright grid that holds them.

Most series are upright already: slices one behind the other at equal distances. Slices that are
shifted against each other (a tilted gantry) or at uneven distances are resampled onto an upright
grid. Lost slices are refused: nobody knows what was on them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from HermesLib.errors import HermesError
from HermesLib.io.dicom.frame import Frame
from HermesLib.io.dicom.stacks import Stack

#: A slice lies on the grid if it is off by at most this share of the distance of slices, and of a
#: pixel within the slice. 2 % of 3 mm is what manufacturers round away; a quarter of a pixel is
#: less than an outline is known by.
_OFF_THROUGH, _OFF_IN_PLANE = 0.02, 0.25
#: Rounding of positions, mm.
_ROUNDING = 0.01
#: Slices are parallel if turning them so moves no corner further than this, pixels.
_OFF_CORNER = 0.5
#: Direction cosines below this are 0.
_NOTHING = 1e-12
#: A distance counts as a gap where it is longer than the usual one by this factor.
_GAP = 1.5
#: Slices are lost where at most this share of the distances are gaps; where more are, the series
#: was taken at uneven distances.
_FEW_GAPS = 0.25
#: The longest distance that is interpolated, as a multiple of the shortest.
_LONGEST = 3.0


@dataclass(frozen=True, eq=False)
class Placement:
    """An upright grid, and where the slices of a stack lie on it.

    Attributes:
        orientation: (3, 3), unit vectors along a row, along a column and through the slices.
        origin: (3,), the centre of the first voxel, mm.
        spacing: of rows, of columns and of slices, mm.
        shape: slices, rows, columns.
        places: (n,), of the stack's slices along the third axis, in slices of the grid.
        shifts: (n, 2), of the stack's slices along rows and columns of the grid, pixels: how far
            the slice's first pixel lies from the grid's.
        tilt: angle between the normal and the line through the slices, degrees.
    """

    orientation: np.ndarray
    origin: np.ndarray
    spacing: tuple[float, float, float]
    shape: tuple[int, int, int]
    places: np.ndarray
    shifts: np.ndarray
    tilt: float

    @cached_property
    def sheared(self) -> bool:
        """Whether slices are shifted against each other."""
        return bool(np.abs(self.shifts).max() > _OFF_IN_PLANE)

    @cached_property
    def uneven(self) -> bool:
        """Whether slices lie between those of the grid."""
        return self.shape[0] != len(self.places) or bool(
            np.abs(self.places - np.arange(len(self.places))).max() > 0
        )


def place(stack: Stack) -> Placement:
    """Find the grid of a stack.

    Raises:
        HermesError: slices that are not parallel; lost slices; very uneven distances.
    """
    frames = stack.frames
    orientation = _common_orientation(frames)
    positions = np.stack([frame.position for frame in frames if frame.position is not None])
    along_row, along_column, through = orientation @ positions.T
    places, slice_spacing, slices = _places(through, frames)
    assert frames[0].spacing is not None
    row_spacing, column_spacing = frames[0].spacing
    shifts = np.stack([along_column / row_spacing, along_row / column_spacing], axis=1)
    middle = (shifts.min(axis=0) + shifts.max(axis=0)) / 2
    off = np.abs(shifts - middle).max()
    rows, columns = frames[0].size
    if off <= _OFF_IN_PLANE:
        first, shifts = middle, np.zeros_like(shifts)
    else:
        # The grid holds every slice whole.
        first = shifts.min(axis=0)
        shifts = shifts - first
        more_rows, more_columns = np.ceil(shifts.max(axis=0) - 1e-6).astype(int)
        rows, columns = rows + int(more_rows), columns + int(more_columns)
    start = float(np.mean(through - places * slice_spacing))
    origin = (
        first[1] * column_spacing * orientation[0]
        + first[0] * row_spacing * orientation[1]
        + start * orientation[2]
    )
    return Placement(
        orientation=orientation,
        origin=origin,
        spacing=(row_spacing, column_spacing, slice_spacing),
        shape=(slices, rows, columns),
        places=places,
        shifts=shifts,
        tilt=_tilt(positions, orientation[2]),
    )


def _common_orientation(frames: Sequence[Frame]) -> np.ndarray:
    """(3, 3), the mean of the slices' directions, which must hold for each of them."""
    directions = [frame.orientation for frame in frames if frame.orientation is not None]
    mean = np.mean(directions, axis=0)
    along_row = mean[0] / np.linalg.norm(mean[0])
    along_column = mean[1] - (mean[1] @ along_row) * along_row
    along_column /= np.linalg.norm(along_column)
    common = np.stack([along_row, along_column])
    moved = [
        np.linalg.norm(frame.corners() - frame.corners(common), axis=1).max() for frame in frames
    ]
    pixel = min(frames[0].spacing or (1.0, 1.0))
    if max(moved) > _OFF_CORNER * pixel:
        raise HermesError(
            f"the slices are not parallel: their directions differ by up to {2 * max(moved):.1f} mm"
            " at the corners; export the series again"
        )
    axes = np.stack([along_row, along_column, np.cross(along_row, along_column)])
    # ITK's inverse of a direction with numbers next to the smallest possible is not a number.
    axes[np.abs(axes) < _NOTHING] = 0.0
    return axes


def _places(through: np.ndarray, frames: Sequence[Frame]) -> tuple[np.ndarray, float, int]:
    """Places of the slices on the grid, its distance of slices, and how many it has."""
    count = len(through)
    if count == 1:
        return np.zeros(1), frames[0].thickness or 1.0, 1
    spacing = float(through[-1] - through[0]) / (count - 1)
    even = np.arange(count)
    residual = through - through.mean() - (even - even.mean()) * spacing
    if np.abs(residual).max() <= max(_OFF_THROUGH * spacing, _ROUNDING):
        return even.astype(float), spacing, count
    gaps = np.diff(through)
    usual = float(np.quantile(gaps, 0.5, method="lower"))
    wide = gaps > _GAP * usual
    if wide.any() and wide.sum() <= max(1, _FEW_GAPS * len(gaps)):
        raise HermesError(_lost(gaps, wide, usual))
    if gaps.max() > _LONGEST * gaps.min():
        raise HermesError(
            f"the slices lie {gaps.min():.2f} to {gaps.max():.2f} mm apart, too unevenly to be"
            " resampled; choose a series with even distances"
        )
    fine = float(np.quantile(gaps, 0.25, method="lower"))
    slices = round(float(through[-1] - through[0]) / fine) + 1
    spacing = float(through[-1] - through[0]) / (slices - 1)
    return (through - through[0]) / spacing, spacing, slices


def _lost(gaps: np.ndarray, wide: np.ndarray, usual: float) -> str:
    """One line that says which slices are missing."""
    places = np.flatnonzero(wide)
    missing = [max(1, round(float(gaps[place]) / usual) - 1) for place in places]
    where = ", ".join(
        f"{count} between slices {place + 1} and {place + 2} ({gaps[place]:.1f} mm apart)"
        for place, count in zip(places, missing, strict=True)
    )
    total = sum(missing)
    return (
        f"{total} {'slice is' if total == 1 else 'slices are'} missing from the series, whose"
        f" slices lie {usual:.2f} mm apart: {where}; export the series again"
    )


def _tilt(positions: np.ndarray, normal: np.ndarray) -> float:
    line = positions[-1] - positions[0]
    length = float(np.linalg.norm(line))
    if length == 0:
        return 0.0
    return float(np.degrees(np.arccos(np.clip(abs(line @ normal) / length, 0, 1))))
