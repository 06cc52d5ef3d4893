"""Small NIfTI files with any header: written byte by byte, as no library would write them."""

import gzip
import struct
from collections.abc import Sequence

import numpy as np

#: Voxels of the files, (i, j, k): each differs from all others.
VOXELS = (np.arange(6 * 5 * 4, dtype=np.int16).reshape(6, 5, 4) * 7 - 100).astype(np.int16)
#: Codes of voxel types.
CODES = {
    "u1": 2, "i2": 4, "i4": 8, "f4": 16, "c8": 32, "f8": 64, "i1": 256, "u2": 512, "u4": 768,
    "i8": 1024, "u8": 1280, "c16": 1792,
}  # fmt: skip
#: The sform of a right-angled grid.
SFORM = ((2.0, 0, 0, 10), (0, 3.0, 0, 20), (0, 0, 4.0, 30))
#: A slightly turned grid with right angles: 0.3 rad about the patient's long axis.
_C, _S = float(np.cos(0.3)), float(np.sin(0.3))
OBLIQUE = ((2 * _C, -3 * _S, 0, 10), (2 * _S, 3 * _C, 0, 20), (0, 0, 4.0, 30))

Matrix = Sequence[Sequence[float]]


def nifti(
    voxels: np.ndarray = VOXELS,
    *,
    order: str = "<",
    version: int = 1,
    dim: Sequence[int] | None = None,
    code: int | None = None,
    pixdim: Sequence[float] = (1, 2, 3, 4, 0, 0, 0, 0),
    offset: float | None = None,
    slope: float = 1,
    inter: float = 0,
    units: int = 2,
    qform_code: int = 0,
    sform_code: int = 1,
    quaternion: Sequence[float] = (0, 0, 0),
    qoffset: Sequence[float] = (10, 20, 30),
    sform: Matrix = SFORM,
    magic: bytes | None = None,
    zipped: bool = False,
    cut: int = 0,
) -> bytes:
    """The bytes of a file; what is not named is an ordinary header of ``voxels``."""
    first = 352 if version == 1 else 544
    dimensions = [*(dim or (voxels.ndim, *voxels.shape))]
    dimensions += [1] * (8 - len(dimensions))
    kind = voxels.dtype.newbyteorder("=").str[1:]
    number = CODES.get(kind, 0) if code is None else code
    place = float(first) if offset is None else offset
    if version == 1:
        header = bytearray(352)
        mark = b"n+1\0" if magic is None else magic
        fields = [
            (0, "i", [348]), (40, "8h", dimensions), (70, "2h", [number, 8 * voxels.itemsize]),
            (76, "8f", pixdim), (108, "3f", [place, slope, inter]), (123, "B", [units]),
            (252, "2h", [qform_code, sform_code]), (256, "6f", [*quaternion, *qoffset]),
            (280, "12f", [value for row in sform for value in row]), (344, "4s", [mark]),
        ]  # fmt: skip
    else:
        header = bytearray(544)
        mark = b"n+2\0\r\n\032\n" if magic is None else magic
        fields = [
            (0, "i", [540]), (4, "8s", [mark]), (12, "2h", [number, 8 * voxels.itemsize]),
            (16, "8q", dimensions), (104, "8d", pixdim), (168, "q", [int(place)]),
            (176, "2d", [slope, inter]), (344, "2i", [qform_code, sform_code]),
            (352, "6d", [*quaternion, *qoffset]),
            (400, "12d", [value for row in sform for value in row]), (500, "i", [units]),
        ]  # fmt: skip
    for position, form, values in fields:
        struct.pack_into(order + form, header, position, *values)
    stored = voxels.astype(voxels.dtype.newbyteorder(order)) if not voxels.dtype.names else voxels
    content = bytes(header) + stored.tobytes(order="F")
    content = content[: len(content) - cut]
    return gzip.compress(content, 1, mtime=0) if zipped else content
