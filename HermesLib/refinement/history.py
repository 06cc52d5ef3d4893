"""Every iteration of every slice, compressed, and the result of each slice."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from HermesLib.prompts.registry import prompt_type
from HermesLib.prompts.types import Prompt
from HermesLib.refinement.events import Iteration, Status


@dataclass(frozen=True)
class PackedArray:
    """A compressed array; booleans are packed to bits first."""

    dtype: str
    shape: tuple[int, ...]
    content: bytes

    @classmethod
    def of(cls, array: np.ndarray) -> "PackedArray":
        """Compress an array."""
        raw = np.packbits(array) if array.dtype == bool else np.ascontiguousarray(array)
        return cls(array.dtype.str, array.shape, zlib.compress(raw.tobytes(), 1))

    def unpack(self) -> np.ndarray:
        """The array as it was."""
        content = zlib.decompress(self.content)
        dtype = np.dtype(self.dtype)
        if dtype.kind == "b":
            count = int(np.prod(self.shape))
            bits = np.unpackbits(np.frombuffer(content, np.uint8), count=count)
            return bits.astype(bool).reshape(self.shape)
        return np.frombuffer(content, dtype).reshape(self.shape)


@dataclass(frozen=True)
class PackedPrompt:
    """A compressed prompt, with its summary for reports."""

    kind: str
    summary: dict[str, Any]
    arrays: dict[str, PackedArray]

    @classmethod
    def of(cls, prompt: Prompt) -> "PackedPrompt":
        """Compress a prompt."""
        arrays = {name: PackedArray.of(array) for name, array in prompt.arrays().items()}
        return cls(prompt.kind, prompt.summary(), arrays)

    def unpack(self) -> Prompt:
        """The prompt as it was."""
        arrays = {name: packed.unpack() for name, packed in self.arrays.items()}
        return prompt_type(self.kind).from_arrays(arrays)


@dataclass(frozen=True)
class Record:
    """One iteration with its arrays compressed (a mask of 512 x 512 takes about a kilobyte).

    Attributes:
        numbers: the iteration without its arrays and prompt.
        mask, pgt: the compressed masks.
        mask_is_empty: whether the mask has no pixel.
        prompt: the compressed prompt; None if there was none.
    """

    numbers: Iteration
    mask: PackedArray
    pgt: PackedArray
    mask_is_empty: bool
    prompt: PackedPrompt | None

    @classmethod
    def of(cls, iteration: Iteration) -> "Record":
        """Compress an iteration."""
        return cls(
            numbers=iteration.without_arrays(),
            mask=PackedArray.of(iteration.mask),
            pgt=PackedArray.of(iteration.pgt),
            mask_is_empty=not iteration.mask.any(),
            prompt=None if iteration.prompt is None else PackedPrompt.of(iteration.prompt),
        )

    def unpack(self) -> Iteration:
        """The iteration as it was, with its masks and prompt."""
        return replace(
            self.numbers,
            mask=self.mask.unpack(),
            pgt=self.pgt.unpack(),
            prompt=None if self.prompt is None else self.prompt.unpack(),
        )


@dataclass(frozen=True)
class SliceResult:
    """The result of one slice.

    Attributes:
        index: of the slice in the volume.
        status: how it ended.
        best: index of the record that is the result.
        records: all iterations in order.
    """

    index: int
    status: Status
    best: int
    records: tuple[Record, ...]

    @property
    def best_record(self) -> Record:
        """The iteration that is the result."""
        return self.records[self.best]

    @property
    def calls(self) -> int:
        """How often the model was called after the first mask."""
        return len(self.records) - 1


class History:
    """Collects the events of a run, in any order of slices.

    Args:
        keep: see :func:`result_iteration`.
    """

    def __init__(self, keep: Literal["best", "last"] = "best") -> None:
        self.keep = keep
        self._records: dict[int, list[Record]] = {}

    def add(self, iteration: Iteration) -> None:
        """Add an event; the events of one slice come in order."""
        self._records.setdefault(iteration.slice_index, []).append(Record.of(iteration))

    @property
    def finished(self) -> tuple[int, ...]:
        """Indices of the slices that have their final event, in order."""
        return tuple(
            index for index, records in sorted(self._records.items()) if records[-1].numbers.final
        )

    def accepted_masks(self) -> dict[int, np.ndarray]:
        """The resulting masks (H, W, bool) of the slices that ended accepted, by index."""
        return {
            result.index: result.best_record.mask.unpack()
            for result in self.results()
            if result.status is Status.ACCEPTED
        }

    def drop_unfinished(self) -> None:
        """Forget the slices that have no final event yet."""
        self._records = {index: self._records[index] for index in self.finished}

    def results(self) -> list[SliceResult]:
        """One result per slice, by slice index; a slice without a final event counts as stopped."""
        return [
            self._result(index, tuple(records)) for index, records in sorted(self._records.items())
        ]

    def _result(self, index: int, records: tuple[Record, ...]) -> SliceResult:
        best = result_iteration([record.numbers.pdsc for record in records], self.keep)
        return SliceResult(index, records[-1].numbers.status or Status.STOPPED, best, records)


def result_iteration(pdscs: Sequence[float], keep: Literal["best", "last"] = "best") -> int:
    """Which iteration of a slice is its result.

    >>> result_iteration([0.2, 0.6, 0.6, 0.4]), result_iteration([0.2, 0.6, 0.4], "last")
    (1, 2)

    Args:
        pdscs: the pDSC of each iteration, at least one.
        keep: ``best`` for the highest pDSC (ties: first), ``last`` for the last iteration.
    """
    if keep == "last":
        return len(pdscs) - 1
    return max(range(len(pdscs)), key=lambda index: pdscs[index])
