"""What ITK's NIfTI reader passes over in silence: a file that was cut off (it fills up with zeros) and voxels that are no numbers
(it sets them to zero)."""

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np

from HermesLib.errors import HermesError

_HEADER = 348
#: NIfTI-1 codes of floating-point voxels.
_FLOATS = {16: "f4", 64: "f8"}


def check_nifti(path: Path) -> None:
    """Read a NIfTI-1 file's bytes and see that all voxels are there and are finite numbers.

    Files of other NIfTI versions pass unseen; ITK itself is strict about those.

    Raises:
        HermesError: cut off, damaged, or not finite.
    """
    try:
        content = (
            gzip.decompress(path.read_bytes())
            if path.name.lower().endswith(".gz")
            else path.read_bytes()
        )
    except (EOFError, OSError, zlib.error) as error:
        raise HermesError(
            f"{path.name} is no readable image: damaged, cut off, or not what its name says"
        ) from error
    order = next(
        (
            sign
            for sign in "<>"
            if len(content) >= _HEADER and struct.unpack(sign + "i", content[:4])[0] == _HEADER
        ),
        None,
    )
    if order is None:
        return
    dimensions = struct.unpack(order + "8h", content[40:56])
    code, bits = struct.unpack(order + "2h", content[70:74])
    start = int(struct.unpack(order + "f", content[108:112])[0])
    count = math.prod(dimensions[1 : 1 + max(dimensions[0], 0)])
    if len(content) < start + count * bits // 8:
        raise HermesError(
            f"{path.name} is cut off: it holds {len(content)} of {start + count * bits // 8} bytes"
        )
    if (
        code in _FLOATS
        and not np.isfinite(np.frombuffer(content, order + _FLOATS[code], count, start)).all()
    ):
        raise HermesError(
            f"{path.name} has voxels that are no finite numbers (NaN or infinite); mend the image first"
        )
