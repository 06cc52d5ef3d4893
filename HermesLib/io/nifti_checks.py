"""Checks of NIfTI files that ITK's reader does not make.

It fills a file that is cut off with zeros, and replaces NaN and infinite voxels by zero.
"""

import gzip
import math
import struct
import zlib

import numpy as np

from HermesLib.errors import HermesError

_HEADER_LENGTH = 348
#: NIfTI-1 codes of floating-point voxels.
_FLOATS = {16: "f4", 64: "f8"}


def check_nifti(content: bytes, name: str) -> None:
    """Check that a NIfTI-1 file holds all its voxels and that they are finite.

    Files of other NIfTI versions pass unchecked; ITK itself is strict about those.

    Args:
        content: the file's bytes, compressed if the name ends in ``.gz``.
        name: of the file, for messages.

    Raises:
        HermesError: cut off, damaged, or not finite.
    """
    content = _decompress(content, name)
    order = _byte_order(content)
    if order is None:
        return
    dimensions = struct.unpack(order + "8h", content[40:56])
    code, bits = struct.unpack(order + "2h", content[70:74])
    start = int(struct.unpack(order + "f", content[108:112])[0])
    count = math.prod(dimensions[1 : 1 + max(dimensions[0], 0)])
    expected = start + count * bits // 8
    if len(content) < expected:
        raise HermesError(f"{name} is cut off: it holds {len(content)} of {expected} bytes")
    if code in _FLOATS:
        voxels = np.frombuffer(content, order + _FLOATS[code], count, start)
        if not np.isfinite(voxels).all():
            raise HermesError(
                f"{name} contains NaN or infinite voxels; replace them by finite values"
            )


def _decompress(content: bytes, name: str) -> bytes:
    if not name.lower().endswith(".gz"):
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, OSError, zlib.error) as error:
        raise HermesError(
            f"{name} cannot be read as an image: damaged, cut off, or not what its name says"
        ) from error


def _byte_order(content: bytes) -> str | None:
    """``<`` or ``>`` for a NIfTI-1 file, else None."""
    if len(content) < _HEADER_LENGTH:
        return None
    lengths = {order: struct.unpack(order + "i", content[:4])[0] for order in "<>"}
    return next((order for order, length in lengths.items() if length == _HEADER_LENGTH), None)
