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
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, cast

import numpy as np
import SimpleITK

from HermesLib.errors import HermesError
from HermesLib.io.metadata_keys import ORIENTATION
from HermesLib.io.nifti_geometry import nifti_grid
from HermesLib.io.scratch import Scratch
from HermesLib.io.voxel_grid import VoxelGrid, numbers

if TYPE_CHECKING:
    from nibabel.nifti1 import Nifti1Header

#: Files by the length of their header: their mark, and the first byte that may hold voxels.
_VERSIONS = {348: (b"n+1", 352), 540: (b"n+2", 544)}
_LONGEST_HEADER = max(_VERSIONS)
#: Bytes that are read at a time.
_PART = 2**20


@dataclass(frozen=True, eq=False)
class NiftiVoxels:
    """The voxels of a NIfTI file, read plane by plane.

    Attributes:
        size: voxels along i, j, k.
    """

    size: tuple[int, int, int]
    _type: np.dtype
    _scaling: tuple[float, float] | None
    _stored: Scratch

    def plane(self, k: int) -> np.ndarray:
        """Plane k (j, i), scaled as the header says, in a type that SimpleITK has.

        Scaled voxels are float32. A slope of 0, or none, leaves them as stored.
        """
        columns, rows, _ = self.size
        count = rows * columns * self._type.itemsize
        raw = np.frombuffer(self._stored.read(k * count, count), self._type)
        plane = raw.reshape(rows, columns)
        if self._scaling is not None:
            slope, offset = self._scaling
            with np.errstate(over="ignore"):
                return (plane.astype(np.float64) * slope + offset).astype(np.float32)
        native = self._type.newbyteorder("=")
        # SimpleITK has no extended precision.
        return plane.astype(np.float64 if native.itemsize > 8 else native, copy=False)

    def array(self) -> np.ndarray:
        """All planes (k, j, i)."""
        first = self.plane(0)
        voxels = np.empty((self.size[2], *first.shape), first.dtype)
        for k in range(self.size[2]):
            voxels[k] = self.plane(k)
        return voxels


@dataclass(frozen=True, eq=False)
class NiftiFile:
    """A NIfTI file that has been read to its end.

    Attributes:
        voxels: kept where they need no memory.
        grid: where they lie.
        oriented: whether the header states how the patient lies.
    """

    voxels: NiftiVoxels
    grid: VoxelGrid
    oriented: bool


def open_nifti(
    stream: IO[bytes], name: str, role: str = "the image", channel: int | None = None
) -> NiftiFile:
    """Read a NIfTI file whose voxels are needed plane by plane.

    Args:
        stream: of the file's bytes, compressed if the name ends in ``.gz``.
        name: of the file, for messages.
        role: what the image is to the run, for notices.
        channel: which volume of a 4D image is read; without it, 4D is refused.

    Raises:
        HermesError: see :func:`nifti_voxels`; also a header whose geometry cannot be used.
    """
    header, voxels = nifti_voxels(stream, name, channel)
    found = nifti_grid(header, voxels.size, name, role)
    grid = VoxelGrid(
        voxels.size,
        numbers(found.spacing),
        numbers(found.origin),
        numbers(found.direction.ravel()),
    )
    return NiftiFile(voxels, grid, found.oriented)


def nifti_voxels(
    stream: IO[bytes], name: str, channel: int | None = None
) -> "tuple[Nifti1Header, NiftiVoxels]":
    """The header and the voxels of a NIfTI file.

    Args:
        stream, name, channel: as in :func:`open_nifti`.

    Raises:
        HermesError: damaged, cut off, 4D without a channel, colour, complex, or without a voxel.
    """
    from nibabel.nifti1 import Nifti1Header
    from nibabel.nifti2 import Nifti2Header
    from nibabel.spatialimages import HeaderDataError

    plain = stream
    if name.lower().endswith(".gz"):
        plain = cast(IO[bytes], gzip.GzipFile(fileobj=stream))
    try:
        head = plain.read(_LONGEST_HEADER)
        lengths = [int.from_bytes(head[:4], "little"), int.from_bytes(head[:4], "big")]
        length = next((length for length in lengths if length in _VERSIONS), None)
        if length is None or len(head) < length:
            raise _unreadable(name)
        kind = Nifti1Header if length == 348 else Nifti2Header
        # Without its extensions, which may be longer than the part that has been read.
        header = kind(head[:length], check=False)
        size, volumes = _checked_size(header, name, channel)
        stored = _stored_voxels(header, head, plain, (size, volumes, channel or 0), name)
        slope, offset = header.get_slope_inter()
    except (HeaderDataError, ValueError, OverflowError, OSError, KeyError, EOFError) as error:
        if isinstance(error, HermesError):
            raise
        raise _unreadable(name) from error
    except zlib.error as error:
        raise _unreadable(name) from error
    scaling = None if slope is None or (slope, offset) == (1.0, 0.0) else (slope, offset)
    return header, NiftiVoxels(size, header.get_data_dtype(), scaling, stored)


def read_nifti(
    content: bytes, name: str, role: str = "the image", channel: int | None = None
) -> SimpleITK.Image:
    """A NIfTI file as a 3D image of its own voxel type; scaled voxels are float32.

    Args:
        content: the file's bytes.
        name, role, channel: as in :func:`open_nifti`.

    Raises:
        HermesError: as there; also voxels that are not finite.
    """
    opened = open_nifti(io.BytesIO(content), name, role, channel)
    voxels = opened.voxels.array()
    if voxels.dtype.kind == "f" and not np.isfinite(voxels).all():
        raise HermesError(f"{name} contains NaN or infinite voxels; replace them by finite values")
    image = opened.grid.place(SimpleITK.GetImageFromArray(voxels))
    if not opened.oriented:
        image.SetMetaData(ORIENTATION, "unknown")
    return image


def _stored_voxels(
    header: "Nifti1Header",
    head: bytes,
    stream: IO[bytes],
    wanted: tuple[tuple[int, int, int], int, int],
    name: str,
) -> Scratch:
    """The bytes of one volume's voxels.

    Args:
        header: of the file.
        head: what has been read of it.
        stream: the rest, which is read to its end: compressed files end with a checksum.
        wanted: size of a volume, number of volumes, and which of them.
        name: of the file, for messages.

    Raises:
        HermesError: the file is cut off.
    """
    size, volumes, chosen = wanted
    offset = int(float(header["vox_offset"]))
    length = math.prod(size) * int(header.get_data_dtype().itemsize)
    expected = offset + length * volumes
    first, last = offset + chosen * length, offset + (chosen + 1) * length
    kept = Scratch()
    position, part = 0, head
    while part:
        inside = part[max(0, first - position) : max(0, last - position)]
        if inside:
            kept.append(inside)
        position += len(part)
        part = stream.read(_PART)
    if position < expected:
        raise HermesError(f"{name} is cut off: it holds {position} of {expected} bytes")
    return kept


def _checked_size(
    header: "Nifti1Header", name: str, channel: int | None
) -> tuple[tuple[int, int, int], int]:
    """Voxels along i, j, k of grey-value volumes, and the number of volumes.

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
    columns, rows, slices = (*size, 1, 1)[:3]
    return (columns, rows, slices), volumes


def _unreadable(name: str) -> HermesError:
    return HermesError(
        f"{name} cannot be read as an image: damaged, cut off, or not what its name says"
    )
