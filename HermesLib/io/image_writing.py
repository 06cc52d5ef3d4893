"""Images as files. What was written is read back: ITK says nothing where a disk is full."""

import gzip
import zlib
from pathlib import Path

import numpy as np
import SimpleITK

from HermesLib.errors import ComputerError
from HermesLib.io.suffixes import NIFTI_SUFFIXES
from HermesLib.io.whole_file import whole_file

#: Bytes before the voxels of a NIfTI-1 file, at the least.
_NIFTI_HEADER = 348
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
        written = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(path)))
        # ITK fills what is missing of a NIfTI file with zeros, which might be the voxels' values.
        whole = not path.name.lower().endswith(NIFTI_SUFFIXES) or _content_bytes(path) > (
            _NIFTI_HEADER + written.nbytes
        )
    except (OSError, EOFError, zlib.error, RuntimeError) as error:
        raise ComputerError(_NOT_WHOLE) from error
    if not whole:
        raise ComputerError(_NOT_WHOLE)
    if written.shape != voxels.shape or not np.array_equal(
        written, voxels, equal_nan=voxels.dtype.kind == "f"
    ):
        raise ComputerError(
            "the image could not be written whole: what is on the disk differs; check the disk"
        )


def _content_bytes(path: Path) -> int:
    """How long the content of a file is, bytes, decompressed if need be.

    Raises:
        OSError, EOFError, zlib.error: its compressed content is cut off or damaged.
    """
    if not path.name.lower().endswith(".gz"):
        return path.stat().st_size
    return len(gzip.decompress(path.read_bytes()))
