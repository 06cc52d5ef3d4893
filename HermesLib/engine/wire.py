"""Frames on a pipe: a JSON header followed by arrays. Nothing that is read can run code.

Layout: ``HRMS``, the header's length (uint32) and the body's (uint64), little-endian; the header
(UTF-8 JSON) lists the arrays under ``arrays`` with name, dtype, shape and length in the body. There
they follow one after the other, booleans as packed bits, all of them deflated: a mask of 512 x 512
takes about a kilobyte of the 64 that a pipe holds.

A reader takes whatever the pipe holds in one read. Each read needs Python's interpreter lock, and
Slicer's main thread, which keeps it in Qt's event loop, gives it away once a turn.
"""

import json
import math
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np

_MAGIC = b"HRMS"
_SIZES = struct.Struct("<IQ")
_LARGEST_HEADER = 1 << 26
#: The most that one read takes; more than a pipe holds.
_READ_SIZE = 1 << 20
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
    """Write one frame and flush.

    Raises:
        FrameError: an array of a type that cannot be sent.
    """
    entries = []
    parts = []
    for name, array in frame.arrays.items():
        if array.dtype.name not in _DTYPES:
            raise FrameError(f"arrays of {array.dtype} cannot be sent")
        packed = np.packbits(array) if array.dtype == bool else np.ascontiguousarray(array)
        part = zlib.compress(packed.tobytes(), 1)
        dtype, shape = array.dtype.name, array.shape
        entries.append({"name": name, "dtype": dtype, "shape": shape, "length": len(part)})
        parts.append(part)
    header = json.dumps({"fields": frame.fields, "arrays": entries}).encode()
    sizes = _SIZES.pack(len(header), sum(map(len, parts)))
    stream.write(b"".join([_MAGIC, sizes, header, *parts]))
    stream.flush()


def read_frames(read: Callable[[int], bytes]) -> Iterator[Frame]:
    """All frames up to the end of the input.

    Args:
        read: waits for input and gives what there is, at most so many bytes; nothing at the end.

    Raises:
        FrameError: the bytes are not a frame, or the last frame is cut off.
    """
    buffer = bytearray()
    while chunk := read(_READ_SIZE):
        buffer += chunk
        while (size := _frame_size(buffer)) is not None and size <= len(buffer):
            yield _read_frame(bytes(buffer[:size]))
            del buffer[:size]
    if buffer:
        raise FrameError("a frame is cut off")


def _frame_size(buffer: bytearray) -> int | None:
    """How long the first frame is, bytes; None where too little of it is there."""
    start = len(_MAGIC)
    if not _MAGIC.startswith(buffer[:start]):
        raise FrameError("the bytes on the pipe are not a frame")
    if len(buffer) < start + _SIZES.size:
        return None
    header_length, body_length = _SIZES.unpack_from(buffer, start)
    if header_length > _LARGEST_HEADER:
        raise FrameError(f"a frame's header is too long ({header_length} bytes)")
    return start + _SIZES.size + header_length + body_length


def _read_frame(content: bytes) -> Frame:
    start = len(_MAGIC) + _SIZES.size
    header_length, _ = _SIZES.unpack_from(content, len(_MAGIC))
    try:
        header = json.loads(content[start : start + header_length])
        arrays = _read_arrays(header["arrays"], content[start + header_length :])
        return Frame(header["fields"], arrays)
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise FrameError(f"a frame cannot be decoded ({error})") from error


def _read_arrays(entries: list[dict[str, Any]], body: bytes) -> dict[str, np.ndarray]:
    arrays = {}
    offset = 0
    for entry in entries:
        name, dtype, shape = entry["name"], entry["dtype"], tuple(entry["shape"])
        if dtype not in _DTYPES:
            raise ValueError(f"arrays of {dtype} cannot be sent")
        end = offset + entry["length"]
        content = _inflate(body[offset:end], _packed_length(dtype, math.prod(shape)))
        if dtype == "bool":
            bits = np.unpackbits(np.frombuffer(content, np.uint8), count=math.prod(shape))
            arrays[name] = bits.view(bool).reshape(shape)
        else:
            arrays[name] = np.frombuffer(content, dtype).reshape(shape)
        offset = end
    return arrays


def _packed_length(dtype: str, count: int) -> int:
    return (count + 7) // 8 if dtype == "bool" else count * np.dtype(dtype).itemsize


def _inflate(part: bytes, length: int) -> bytes:
    """The content of an array, which has ``length`` bytes: never more, whatever the part says."""
    content = zlib.decompressobj().decompress(part, length + 1)
    if len(content) != length:
        raise ValueError("an array has another size than its header says")
    return content
