"""Reading NIfTI files, version 1 and 2, with the geometry that their headers state.

The voxels come from nibabel. ITK's own reader takes the spacing from another field than the
standard says where two disagree, replaces a spacing that is not a number by 1 mm, applies an
offset whose slope is 0, reads no version 2, fills files that are cut off with zeros, and refuses
axes that rounding left askew.
"""

import gzip
import io
import math
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import SimpleITK

from HermesLib.errors import HermesError
from HermesLib.io.metadata_keys import ORIENTATION
from HermesLib.io.nifti_geometry import nifti_grid

if TYPE_CHECKING:
    from nibabel.nifti1 import Nifti1Header

#: Files by the length of their header: their mark, and the first byte that may hold voxels.
_VERSIONS = {348: (b"n+1", 352), 540: (b"n+2", 544)}


def read_nifti(
    content: bytes, name: str, role: str = "the image", channel: int | None = None
) -> SimpleITK.Image:
    """A NIfTI file as a 3D image of its own voxel type; scaled voxels are float32.

    Args:
        content: the file's bytes, compressed if the name ends in ``.gz``.
        name: of the file, for messages.
        role: what the image is to the run, for notices.
        channel: which volume of a 4D image is read; without it, 4D is refused.

    Raises:
        HermesError: damaged, cut off, 4D without a channel, colour, complex, without a voxel,
            voxels that are not finite, or a header whose geometry cannot be used.
    """
    from nibabel.nifti1 import Nifti1Header
    from nibabel.nifti2 import Nifti2Header
    from nibabel.spatialimages import HeaderDataError

    content = _decompress(content, name)
    lengths = [int.from_bytes(content[:4], "little"), int.from_bytes(content[:4], "big")]
    length = next((length for length in lengths if length in _VERSIONS), None)
    if length is None or len(content) < length:
        raise _unreadable(name)
    stream = io.BytesIO(content)
    try:
        kind = Nifti1Header if length == 348 else Nifti2Header
        header = kind.from_fileobj(stream, check=False)
        size, volumes = _checked_size(header, len(content), name, channel)
        voxels = _scaled(header, stream)
    except (HeaderDataError, ValueError, OverflowError, OSError, KeyError) as error:
        if isinstance(error, HermesError):
            raise
        raise _unreadable(name) from error
    voxels = voxels.reshape((*size, volumes), order="F")[..., channel or 0]
    if voxels.dtype.kind == "f" and not np.isfinite(voxels).all():
        raise HermesError(f"{name} contains NaN or infinite voxels; replace them by finite values")
    image = SimpleITK.GetImageFromArray(np.ascontiguousarray(voxels.T))
    grid = nifti_grid(header, size, name, role)
    image.SetSpacing(grid.spacing.tolist())
    image.SetDirection(grid.direction.ravel().tolist())
    image.SetOrigin(grid.origin.tolist())
    if not grid.oriented:
        image.SetMetaData(ORIENTATION, "unknown")
    return image


def _checked_size(
    header: "Nifti1Header", available: int, name: str, channel: int | None
) -> tuple[tuple[int, int, int], int]:
    """Voxels along i, j, k of grey-value volumes whose voxels are all there, and their number.

    Raises:
        HermesError: anything else.
        HeaderDataError: a voxel type that nibabel does not know.
    """
    mark, first = _VERSIONS[int(header["sizeof_hdr"])]
    if not bytes(header["magic"]).startswith(mark):
        raise HermesError(
            f"{name} is no NIfTI file of one part: its header lacks the mark {mark!r}"
        )
    offset = float(header["vox_offset"])
    if not (math.isfinite(offset) and offset >= first):
        raise HermesError(f"{name} is damaged: its voxels would begin within its header")
    dimensions = [int(value) for value in header["dim"]]
    if not 1 <= dimensions[0] <= 7:
        raise _unreadable(name)
    size = dimensions[1 : 1 + dimensions[0]]
    while len(size) > 3 and size[-1] == 1:
        size.pop()
    if min(size) < 1:
        raise HermesError(f"{name} contains no slices")
    kind = header.get_data_dtype()
    if kind.names or (len(size) == 5 and size[3] == 1):
        raise HermesError(
            f"{name} is a colour or vector image; use an image with one grey value per voxel"
        )
    if kind.kind == "c":
        raise HermesError(f"{name} holds complex voxels; export their magnitude")
    if kind.kind not in "iuf":  # single bits
        raise _unreadable(name)
    volumes = 1
    if len(size) == 4 and channel is not None:
        volumes = size.pop()
    if len(size) > 3:
        sizes = " x ".join(map(str, size))
        raise HermesError(
            f"{name} has {len(size)} dimensions ({sizes}); use a single volume or slice"
        )
    if channel is not None and not 0 <= channel < volumes:
        raise HermesError(f"{name} has no channel {channel}; it has {volumes}, counted from 0")
    expected = int(offset) + math.prod(size) * volumes * kind.itemsize
    if available < expected:
        raise HermesError(f"{name} is cut off: it holds {available} of {expected} bytes")
    columns, rows, slices = (*size, 1, 1)[:3]
    return (columns, rows, slices), volumes


def _scaled(header: "Nifti1Header", stream: Any) -> np.ndarray:
    """The voxels, scaled as the header says: a slope of 0, or none, leaves them as stored.

    Raises:
        HeaderDataError: a slope with an offset that is not a number.
    """
    raw: np.ndarray = header.raw_data_from_fileobj(stream)
    slope, offset = header.get_slope_inter()
    native = raw.dtype.newbyteorder("=")
    if slope is None or (slope, offset) == (1.0, 0.0):
        # SimpleITK has no extended precision.
        return raw.astype(np.float64 if native.itemsize > 8 else native, copy=False)
    with np.errstate(over="ignore"):
        return (raw.astype(np.float64) * slope + offset).astype(np.float32)


def _decompress(content: bytes, name: str) -> bytes:
    if not name.lower().endswith(".gz"):
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, OSError, zlib.error) as error:
        raise _unreadable(name) from error


def _unreadable(name: str) -> HermesError:
    return HermesError(
        f"{name} cannot be read as an image: damaged, cut off, or not what its name says"
    )
