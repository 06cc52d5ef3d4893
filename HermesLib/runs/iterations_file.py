"""All iterations of a run in one file, ``iterations.npz``, so that a reader can go through them.

An archive of arrays without pickled objects: ``content`` has the compressed masks and pGTs one
after the other, ``ends`` where each ends, and ``numbers`` a compressed JSON object with the shape
of the volume and the numbers and prompts of every iteration. Imports no network library.
"""

import json
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from HermesLib.errors import HermesError
from HermesLib.io.orientation import SliceAxes
from HermesLib.prompts.registry import prompt_type
from HermesLib.refinement.events import Iteration, Status
from HermesLib.refinement.history import PackedArray, Record, SliceResult

FILE_NAME = "iterations.npz"
_FORMAT = 1
_NUMBERS = (
    "slice_index",
    "index",
    "pdsc",
    "pdsc_low",
    "pdsc_high",
    "dsc",
    "seconds",
    "present",
    "borderline",
    "ceiling",
)


@dataclass(frozen=True, eq=False)
class StoredIterations:
    """What the file holds, compressed: all masks of a large volume would fill the memory.

    Attributes:
        folder: of the results.
        shape: (N, H, W) of the whole volume as slices.
        axes: how voxels become slices.
        numbers: of every iteration, slice by slice.
        parts: the compressed mask and pGT of each iteration in turn.
    """

    folder: Path
    shape: tuple[int, int, int]
    axes: SliceAxes
    numbers: list[dict[str, Any]]
    parts: list[bytes]

    @property
    def slice_indices(self) -> tuple[int, ...]:
        """The slices that the run covered."""
        return tuple(sorted({entry["slice_index"] for entry in self.numbers}))

    def __iter__(self) -> Iterator[Iteration]:
        """Each slice's iterations in order, without the spread of the pGT.

        Raises:
            HermesError: the file is damaged.
        """
        pairs = zip(self.parts[::2], self.parts[1::2], strict=True)
        for entry, (mask, pgt) in zip(self.numbers, pairs, strict=True):
            try:
                iteration = _iteration(entry, self.shape, mask, pgt)
            except (KeyError, TypeError, ValueError, zlib.error) as error:
                raise _damaged(self.folder) from error
            yield iteration


def write_iterations(
    folder: Path,
    results: Sequence[SliceResult],
    shape: tuple[int, ...],
    axes: SliceAxes,
    name: str = FILE_NAME,
) -> None:
    """Write all iterations into an existing folder.

    Args:
        folder: of the result files.
        results: of all slices.
        shape: (N, H, W) of the volume.
        axes: how voxels become slices.
        name: of the file.
    """
    records = [record for result in results for record in result.records]
    parts = [array.content for record in records for array in (record.mask, record.pgt)]
    plain = {
        "format": _FORMAT,
        "shape": list(shape),
        "order": list(axes.order),
        "backwards": list(axes.backwards),
        "iterations": [_plain(record) for record in records],
    }
    np.savez(
        folder / name,
        numbers=_bytes(zlib.compress(json.dumps(plain).encode())),
        content=_bytes(b"".join(parts)),
        ends=np.cumsum([len(part) for part in parts], dtype=np.int64),
    )


def read_iterations(folder: Path, name: str = FILE_NAME) -> StoredIterations:
    """Read the iterations of a result folder.

    Raises:
        HermesError: missing, damaged, or of another format.
    """
    try:
        with np.load(folder / name, allow_pickle=False) as arrays:
            plain = json.loads(zlib.decompress(arrays["numbers"].tobytes()))
            content, ends = arrays["content"].tobytes(), arrays["ends"].tolist()
        numbers = plain["iterations"]
        axes = SliceAxes(tuple(plain["order"]), tuple(plain["backwards"]))
        slices, height, width = plain["shape"]
        known = plain["format"] == _FORMAT
    except FileNotFoundError as error:
        raise HermesError(f"there is no {FILE_NAME} in {folder.name}; run again") from error
    except (OSError, KeyError, TypeError, ValueError, zlib.error, zipfile.BadZipFile) as error:
        raise _damaged(folder) from error
    if not known:
        raise HermesError(f"{FILE_NAME} was written by another version of HERMES; run again")
    if len(ends) != 2 * len(numbers) or (ends and ends[-1] != len(content)):
        raise _damaged(folder)
    parts = [content[start:end] for start, end in pairwise([0, *ends])]
    return StoredIterations(folder, (slices, height, width), axes, numbers, parts)


def _damaged(folder: Path) -> HermesError:
    return HermesError(f"{FILE_NAME} in {folder.name} is damaged; run again")


def _plain(record: Record) -> dict[str, Any]:
    prompt = None if record.prompt is None else record.prompt.unpack()
    return {
        **{name: _number(getattr(record.numbers, name)) for name in _NUMBERS},
        "status": record.numbers.status,
        "prompt": None if prompt is None else prompt.to_plain(),
    }


def _iteration(
    plain: dict[str, Any], shape: tuple[int, int, int], mask: bytes, pgt: bytes
) -> Iteration:
    height, width = shape[1:]
    prompt = plain["prompt"]
    return Iteration(
        **{name: plain[name] for name in _NUMBERS},
        mask=PackedArray("|b1", (height, width), mask).unpack(),
        pgt=PackedArray("|b1", (height, width), pgt).unpack(),
        prompt=prompt and prompt_type(prompt["kind"]).from_plain(prompt, (height, width)),
        status=plain["status"] and Status(plain["status"]),
    )


def _number(value: Any) -> Any:
    """A number as JSON takes it, also one of numpy's."""
    return value.item() if isinstance(value, np.generic) else value


def _bytes(content: bytes) -> np.ndarray:
    return np.frombuffer(content, np.uint8)
