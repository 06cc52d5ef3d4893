"""One slice as a DICOM file stores it: where it lies, and what tells it from others."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np


@dataclass(frozen=True, eq=False)
class Frame:
    """A single-frame file, or one frame of a multi-frame file. Positions are in mm (LPS).

    Attributes:
        path: of the file.
        number: of the frame in a multi-frame file, from 0; None for a single-frame file.
        sop_instance, series: UIDs of the file and of its series.
        instance: instance number; None where there is none, and for multi-frame files.
        size: rows and columns.
        position: (3,), of the centre of the first pixel; None where it is missing.
        orientation: (2, 3), directions along a row and along a column; None where missing.
        spacing: of rows and of columns, mm; None where it is missing.
        thickness: distance to the next slice as the header says it, mm; None where missing.
        frame_of_reference: UID of the space of the position; "" where there is none.
        identity: what all slices of one series have in common: frames that differ here never
            make one volume.
        attributes: what may tell frames at one position apart, by name
            (:mod:`HermesLib.io.dicom.attributes`).
        series_number: of the series, for the order of lists; None where there is none.
        description, modality, body_part: of the series, for lists and checks.
        scout: whether the file calls itself a localizer.
        slope, intercept: of the rescaling to the modality's units.
        padding: lowest and highest stored value that stands for "no pixel"; None without.
        inverted: whether low values are shown bright (MONOCHROME1).
        problem: why it cannot be a slice of a volume; "" for none.
    """

    path: Path
    number: int | None
    sop_instance: str
    series: str
    instance: int | None
    size: tuple[int, int]
    position: np.ndarray | None
    orientation: np.ndarray | None
    spacing: tuple[float, float] | None
    thickness: float | None
    frame_of_reference: str
    identity: tuple[Hashable, ...]
    attributes: Mapping[str, Hashable] = field(default_factory=dict)
    series_number: int | None = None
    description: str = ""
    modality: str = ""
    body_part: str = ""
    scout: bool = False
    slope: float = 1.0
    intercept: float = 0.0
    padding: tuple[int, int] | None = None
    inverted: bool = False
    problem: str = ""

    @property
    def normal(self) -> np.ndarray:
        """(3,), the direction in which slices are stacked: along a row x along a column."""
        assert self.orientation is not None
        return np.cross(self.orientation[0], self.orientation[1])

    def corners(self, orientation: np.ndarray | None = None) -> np.ndarray:
        """(4, 3), centres of the corner pixels, with the own or another orientation, mm."""
        assert self.position is not None and self.spacing is not None
        along_row, along_column = self.orientation if orientation is None else orientation  # type: ignore[misc]
        rows, columns = self.size
        right = along_row * self.spacing[1] * (columns - 1)
        down = along_column * self.spacing[0] * (rows - 1)
        return self.position + np.stack([0 * right, right, down, right + down])
