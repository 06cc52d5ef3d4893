"""Frames on a pipe: a JSON header and raw arrays after it. Nothing that is read can run code.

Layout: ``HRMS``, the header's length (uint32) and the body's (uint64), little-endian; the header (UTF-8 JSON) lists the arrays under
``arrays`` with name, dtype, shape and whether they are packed bits; the body holds them one after the other.
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
#: What may travel: masks, probabilities, coordinates.
_DTYPES = ("bool", "uint8", "int16", "int64", "float16", "float32", "float64")


class FrameError(Exception):
    """What was read is no frame."""


@dataclass(frozen=True, eq=False)
class Frame:
    """One message: plain values under ``fields``, and arrays by name."""

    fields: Mapping[str, Any]
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)


def write_frame(stream: BinaryIO, frame: Frame) -> None:
    """Write and flush one frame; bool arrays travel as bits."""
    listed, parts = [], []
    for name, array in frame.arrays.items():
        if array.dtype.name not in _DTYPES:
            raise FrameError(f"arrays of {array.dtype} do not travel")
        packed = np.packbits(array) if array.dtype == bool else np.ascontiguousarray(array)
        listed.append({"name": name, "dtype": array.dtype.name, "shape": array.shape})
        parts.append(packed.tobytes())
    header = json.dumps({"fields": frame.fields, "arrays": listed}).encode()
    stream.write(_MAGIC + _SIZES.pack(len(header), sum(map(len, parts))))
    stream.write(header)
    for part in parts:
        stream.write(part)
    stream.flush()


def read_frame(stream: BinaryIO) -> Frame | None:
    """Read one frame; None where the stream has ended.

    Raises:
        FrameError: something else than a frame, or one that breaks off.
    """
    # The mark by itself first: whoever sends a few bytes of something else and waits must not make the reader wait too.
    mark = stream.read(len(_MAGIC))
    if not mark:
        return None
    if mark != _MAGIC:
        raise FrameError("no frame begins here")
    header_length, body_length = _SIZES.unpack(_exactly(stream, _SIZES.size))
    if header_length > _LARGEST_HEADER:
        raise FrameError("a header of that length is no header")
    try:
        header = json.loads(_exactly(stream, header_length))
        return Frame(
            header["fields"], _read_arrays(header["arrays"], _exactly(stream, body_length))
        )
    except (ValueError, KeyError, TypeError) as error:
        raise FrameError(f"a frame that makes no sense ({error})") from error


def _exactly(stream: BinaryIO, length: int) -> bytes:
    content = stream.read(length)
    if len(content) != length:
        raise FrameError("a frame breaks off")
    return content


def _read_arrays(listed: list[dict[str, Any]], body: bytes) -> dict[str, np.ndarray]:
    arrays, offset = {}, 0
    for entry in listed:
        shape = tuple(entry["shape"])
        if entry["dtype"] not in _DTYPES:
            raise ValueError(f"arrays of {entry['dtype']} do not travel")
        count = math.prod(shape)
        if entry["dtype"] == "bool":
            length = (count + 7) // 8
            bits = np.frombuffer(body, np.uint8, length, offset)
            arrays[entry["name"]] = np.unpackbits(bits, count=count).astype(bool).reshape(shape)
        else:
            kind = np.dtype(entry["dtype"])
            length = count * kind.itemsize
            arrays[entry["name"]] = np.frombuffer(body, kind, count, offset).reshape(shape)
        offset += length
    return arrays
