"""Where the voxels of a NIfTI file lie, as its header states it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from HermesLib.errors import HermesError
from HermesLib.io.right_angles import right_angled
from HermesLib.notices import notice

if TYPE_CHECKING:
    from nibabel.nifti1 import Nifti1Header

#: Millimetres in the units that a header may state for lengths; 0 means that it states none.
_MILLIMETRES = {0: 1.0, 1: 1e3, 2: 1.0, 3: 1e-3}
#: From NIfTI's axes (right, anterior, superior) to DICOM's and ITK's (left, posterior, superior).
_TO_LPS = np.array([-1.0, -1.0, 1.0])
#: Two statements of one spacing may differ by this share.
_SAME_SPACING = 0.01
#: Two statements of one place may differ by this share of a voxel.
_SAME_PLACE = 0.5
#: A rotation's quaternion may be longer than 1 by as much, from rounding.
_UNIT = 1e-3


@dataclass(frozen=True, eq=False)
class NiftiGrid:
    """A right-angled voxel grid in DICOM's axes.

    Attributes:
        spacing: (3,) mm.
        direction: (3, 3).
        origin: (3,) mm.
        oriented: whether the header states how the patient lies.
    """

    spacing: np.ndarray
    direction: np.ndarray
    origin: np.ndarray
    oriented: bool


def nifti_grid(
    header: "Nifti1Header", size: tuple[int, int, int], name: str, role: str
) -> NiftiGrid:
    """The grid of a header: of its sform, else of its qform, else of its spacing alone.

    Raises:
        HermesError: a sheared grid, or numbers that place no voxel.
    """
    scale = _MILLIMETRES.get(int(header["xyzt_units"]) & 7, 1.0)
    lengths = np.abs(np.array(header["pixdim"][1:4], np.float64)) * scale
    by_matrix = _by_matrix(header, scale) if header["sform_code"] > 0 else None
    by_rotation = _by_rotation(header, lengths, scale) if header["qform_code"] > 0 else None
    stated = by_rotation if by_matrix is None else by_matrix
    if stated is None:
        if header["sform_code"] > 0 or header["qform_code"] > 0:
            raise HermesError(f"the header of {name} places no voxel grid: its rotation is not one")
        notice(
            "orientation-unknown",
            f"the file of {role} does not state how the patient lies; its slices are taken as"
            " stored",
        )
        stated = np.diag(lengths), np.zeros(3)
    axes, origin = stated
    spacing, direction, origin = right_angled(axes, origin, size, name, role)
    if by_matrix is not None:
        _compare(by_matrix, by_rotation, lengths, spacing, size, role)
    oriented = by_matrix is not None or by_rotation is not None
    return NiftiGrid(spacing, direction, origin, oriented)


def _by_matrix(header: "Nifti1Header", scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Axes (3, 3) and origin of the sform in DICOM's axes, mm."""
    rows = np.array([header[f"srow_{axis}"] for axis in "xyz"], np.float64) * scale
    rows *= _TO_LPS[:, None]
    return rows[:, :3], rows[:, 3]


def _by_rotation(
    header: "Nifti1Header", lengths: np.ndarray, scale: float
) -> tuple[np.ndarray, np.ndarray] | None:
    """Axes (3, 3) and origin of the qform in DICOM's axes, mm; None where it is not a rotation."""
    b, c, d = (float(header[f"quatern_{axis}"]) for axis in "bcd")
    length = b * b + c * c + d * d
    if not length <= 1 + _UNIT:  # also no number
        return None
    from scipy.spatial.transform import Rotation

    turned = Rotation.from_quat([b, c, d, np.sqrt(max(0.0, 1 - length))]).as_matrix()
    signs = np.array([1.0, 1.0, -1.0 if header["pixdim"][0] < 0 else 1.0])
    offset = np.array([float(header[f"qoffset_{axis}"]) for axis in "xyz"]) * scale
    return _TO_LPS[:, None] * turned * (signs * lengths), _TO_LPS * offset


def _compare(
    by_matrix: tuple[np.ndarray, np.ndarray],
    by_rotation: tuple[np.ndarray, np.ndarray] | None,
    lengths: np.ndarray,
    spacing: np.ndarray,
    size: tuple[int, int, int],
    role: str,
) -> None:
    """Say where other fields of the header contradict the sform, which is used."""
    if not np.allclose(lengths, spacing, rtol=_SAME_SPACING):
        notice(
            "header-spacing",
            f"the header of {role} states two spacings: {_mm(lengths)}, and by its sform"
            f" {_mm(spacing)}, which is used",
        )
    elif by_rotation is not None:
        last = np.array(size) - 1
        corners = np.array(np.meshgrid(*([0, end] for end in last))).reshape(3, -1)
        apart = (by_matrix[0] - by_rotation[0]) @ corners
        apart += (by_matrix[1] - by_rotation[1])[:, None]
        if not np.abs(apart).max() <= _SAME_PLACE * spacing.min():
            notice(
                "header-places",
                f"the header of {role} states two places, by sform and by qform, up to"
                f" {np.abs(apart).max():.3g} mm apart; the sform is used",
            )


def _mm(lengths: np.ndarray) -> str:
    return " x ".join(f"{length:.4g}" for length in lengths) + " mm"
