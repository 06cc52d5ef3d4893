"""Frames on a pipe: a JSON header followed by raw arrays. Nothing that is read can run code.

Layout: ``HRMS``, the header's length (uint32) and the body's (uint64), little-endian; the header
(UTF-8 JSON) lists the arrays under ``arrays`` with name, dtype and shape; the body holds them one
after the other, booleans as packed bits.
"""

import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np

_MAGIC = b"HRMS"
_SIZES = struct.Struct("<IQ")
_LARGEST_HEADER = 1 << 26
#: Array types that may be sent: masks, probabilities, coordinates.
_DTYPES = ("bool", "uint8", "int16", "int64", "float16", "float32", "float64")


class FrameError(Exception):
    """The bytes on the pipe are not a valid frame."""


@dataclass(frozen=True, eq=False)
class Frame:
    """One message: plain values under ``fields``, and arrays by name."""

    fields: Mapping[str, Any]
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)


def write_frame(stream: BinaryIO, frame: Frame) -> None:
    """Write one frame and flush; boolean arrays are sent as bits.

    Raises:
        FrameError: an array of a type that cannot be sent.
    """
    entries = []
    parts = []
    for name, array in frame.arrays.items():
        if array.dtype.name not in _DTYPES:
            raise FrameError(f"arrays of {array.dtype} cannot be sent")
        packed = np.packbits(array) if array.dtype == bool else np.ascontiguousarray(array)
        entries.append({"name": name, "dtype": array.dtype.name, "shape": array.shape})
        parts.append(packed.tobytes())
    header = json.dumps({"fields": frame.fields, "arrays": entries}).encode()
    stream.write(_MAGIC + _SIZES.pack(len(header), sum(map(len, parts))))
    stream.write(header)
    for part in parts:
        stream.write(part)
    stream.flush()


def read_frame(stream: BinaryIO) -> Frame | None:
    """Read one frame; None at the end of the stream.

    Raises:
        FrameError: the bytes are not a frame, or the frame is cut off.
    """
    # Read the magic bytes alone: a sender of a few other bytes must not block the reader.
    magic = stream.read(len(_MAGIC))
    if not magic:
        return None
    if magic != _MAGIC:
        raise FrameError("the bytes on the pipe are not a frame")
    header_length, body_length = _SIZES.unpack(_read_exactly(stream, _SIZES.size))
    if header_length > _LARGEST_HEADER:
        raise FrameError(f"a frame's header is too long ({header_length} bytes)")
    try:
        header = json.loads(_read_exactly(stream, header_length))
        arrays = _read_arrays(header["arrays"], _read_exactly(stream, body_length))
        return Frame(header["fields"], arrays)
    except (ValueError, KeyError, TypeError) as error:
        raise FrameError(f"a frame cannot be decoded ({error})") from error


def _read_exactly(stream: BinaryIO, length: int) -> bytes:
    content = stream.read(length)
    if len(content) != length:
        raise FrameError("a frame is cut off")
    return content


def _read_arrays(entries: list[dict[str, Any]], body: bytes) -> dict[str, np.ndarray]:
    arrays = {}
    offset = 0
    for entry in entries:
        shape = tuple(entry["shape"])
        if entry["dtype"] not in _DTYPES:
            raise ValueError(f"arrays of {entry['dtype']} cannot be sent")
        count = math.prod(shape)
        if entry["dtype"] == "bool":
            length = (count + 7) // 8
            bits = np.frombuffer(body, np.uint8, length, offset)
            arrays[entry["name"]] = np.unpackbits(bits, count=count).astype(bool).reshape(shape)
        else:
            dtype = np.dtype(entry["dtype"])
            length = count * dtype.itemsize
            arrays[entry["name"]] = np.frombuffer(body, dtype, count, offset).reshape(shape)
        offset += length
    return arrays
