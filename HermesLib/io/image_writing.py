"""Images as files. What was written is read back: ITK says nothing where a disk is full."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK

from HermesLib.errors import ComputerError, HermesError
from HermesLib.io.nifti import NiftiVoxels, nifti_voxels
from HermesLib.io.suffixes import NIFTI_SUFFIXES
from HermesLib.io.whole_file import whole_file

_NOT_WHOLE = (
    "the image could not be written whole: what is on the disk cannot be read back; free space and"
    " try again"
)


def write_image(image: SimpleITK.Image, path: Path) -> None:
    """Write an image so that a reader never sees half of it; SimpleITK must know the suffix.

    Raises:
        ComputerError: the disk is full, or what was written is not what was meant.
        HermesError: the folder cannot be written to.
    """
    voxels = SimpleITK.GetArrayViewFromImage(image)
    with whole_file(path, lambda written: require_voxels(written, voxels)) as temporary:
        try:
            SimpleITK.WriteImage(image, str(temporary), True)
        except RuntimeError as error:
            raise ComputerError(
                f"{path.name} could not be written whole; free space and try again"
            ) from error


def require_voxels(path: Path, voxels: np.ndarray) -> None:
    """Check that a file that was just written holds an image: every byte of it, and these voxels.

    Args:
        path: of the file.
        voxels: (k, j, i), or as SimpleITK gives them.

    Raises:
        ComputerError: it does not.
    """
    try:
        parts = _written_parts(path)
    except (OSError, HermesError, RuntimeError) as error:
        raise ComputerError(_NOT_WHOLE) from error
    meant = voxels.reshape(-1, *voxels.shape[-2:])
    differs = len(parts) != len(meant) or any(
        not _same(part, expected) for part, expected in zip(parts, meant, strict=True)
    )
    if differs:
        raise ComputerError(
            "the image could not be written whole: what is on the disk differs; check the disk"
        )


def _written_parts(path: Path) -> Sequence[np.ndarray]:
    """The planes (j, i) of a file.

    ITK fills what is missing of a NIfTI file with zeros, which might be the voxels' values; and
    large masks are not read whole.

    Raises:
        OSError, HermesError, RuntimeError: it cannot be read, or is cut off.
    """
    if path.name.lower().endswith(NIFTI_SUFFIXES):
        with open(path, "rb") as stream:
            return _Planes(nifti_voxels(stream, path.name)[1])
    written = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(path)))
    return list(written.reshape(-1, *written.shape[-2:]))


class _Planes(Sequence[np.ndarray]):
    """Planes of a NIfTI file, each read when it is needed."""

    def __init__(self, voxels: NiftiVoxels) -> None:
        self._voxels = voxels

    def __len__(self) -> int:
        return self._voxels.size[2]

    def __getitem__(self, index: Any) -> Any:
        if index >= len(self):
            raise IndexError
        return self._voxels.plane(index)


def _same(written: np.ndarray, meant: np.ndarray) -> bool:
    return np.array_equal(written, meant, equal_nan=meant.dtype.kind == "f")
