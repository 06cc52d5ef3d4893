"""The masks and pGTs of all iterations of a run, each slice packed to the bits of its extent."""

import base64
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np


@dataclass(frozen=True, eq=False)
class PackedMask:
    """A mask of one slice: the rectangle around its pixels, one bit a pixel.

    Attributes:
        shape: (H, W) of the slice.
        rows, columns: the rectangle; empty slices for an empty mask.
        bits: (B,) uint8.
    """

    shape: tuple[int, int]
    rows: slice
    columns: slice
    bits: np.ndarray

    @classmethod
    def pack(cls, mask: np.ndarray) -> Self:
        """Pack a mask (H, W)."""
        mask = np.asarray(mask, bool)
        rows, columns = extent(mask.max(1, initial=False)), extent(mask.max(0, initial=False))
        height, width = mask.shape
        return cls((height, width), rows, columns, np.packbits(mask[rows, columns]))

    def unpack(self) -> np.ndarray:
        """The mask (H, W), bool."""
        mask = np.zeros(self.shape, bool)
        self.paste(mask)
        return mask

    def paste(self, pixels: np.ndarray, row: int = 0, column: int = 0) -> None:
        """Set the mask's rectangle to 0 and 1 in pixels that begin at a row and column."""
        height = self.rows.stop - self.rows.start
        width = self.columns.stop - self.columns.start
        top, left = self.rows.start - row, self.columns.start - column
        flat = np.unpackbits(self.bits, count=height * width)
        pixels[top : top + height, left : left + width] = flat.reshape(height, width)

    @cached_property
    def pixels(self) -> int:
        """The number of pixels of the mask."""
        height = self.rows.stop - self.rows.start
        width = self.columns.stop - self.columns.start
        return int(np.unpackbits(self.bits, count=height * width).sum())

    def to_plain(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return self._plain

    @cached_property
    def _plain(self) -> dict[str, Any]:
        # Made once: the steps of a review are written after every decision.
        return {
            "shape": list(self.shape),
            "rows": [self.rows.start, self.rows.stop],
            "columns": [self.columns.start, self.columns.stop],
            "zipped": base64.b64encode(zlib.compress(self.bits.tobytes())).decode("ascii"),
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Self:
        """From :meth:`to_plain`, or as earlier versions wrote it: not compressed.

        Raises:
            KeyError, TypeError, ValueError: not a mask.
        """
        height, width = plain["shape"]
        (top, bottom), (left, right) = plain["rows"], plain["columns"]
        if not (0 <= top <= bottom <= height and 0 <= left <= right <= width):
            raise ValueError("the mask is larger than its slice")
        size = ((bottom - top) * (right - left) + 7) // 8
        content = _content(plain, size)
        if len(content) != size:
            raise ValueError(f"the mask has {len(content)} bytes, not {size}")
        bits = np.frombuffer(content, np.uint8)
        return cls((height, width), slice(top, bottom), slice(left, right), bits)

    def dice(self, other: "PackedMask") -> float:
        """Dice with another mask of the same shape; one of them has a pixel."""
        rows = slice(max(self.rows.start, other.rows.start), min(self.rows.stop, other.rows.stop))
        columns = slice(
            max(self.columns.start, other.columns.start), min(self.columns.stop, other.columns.stop)
        )
        common = 0
        if rows.start < rows.stop and columns.start < columns.stop:
            both = self._part(rows, columns) & other._part(rows, columns)
            common = int(np.count_nonzero(both))
        return 2 * common / (self.pixels + other.pixels)

    def _part(self, rows: slice, columns: slice) -> np.ndarray:
        """The pixels (h, w, uint8) of a part of the mask's rectangle."""
        height = self.rows.stop - self.rows.start
        width = self.columns.stop - self.columns.start
        pixels = np.unpackbits(self.bits, count=height * width).reshape(height, width)
        top, left = self.rows.start, self.columns.start
        return pixels[
            rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
        ]

    @property
    def empty(self) -> bool:
        """Whether the mask has no pixel."""
        return self.bits.size == 0


def _content(plain: dict[str, Any], size: int) -> bytes:
    """The bytes of a mask's plain form, at most one more than these."""
    if "bits" in plain:
        return base64.b64decode(plain["bits"])
    try:
        return zlib.decompressobj().decompress(base64.b64decode(plain["zipped"]), size + 1)
    except zlib.error as error:
        raise ValueError(f"the mask cannot be decompressed ({error})") from error


def dice_with_next(masks: Mapping[int, PackedMask]) -> dict[int, float]:
    """Dice of each mask and that of the next slice, by index, where both have a pixel."""
    return {
        index: mask.dice(masks[index + 1])
        for index, mask in masks.items()
        if index + 1 in masks and not mask.empty and not masks[index + 1].empty
    }


def around(extents: list[slice]) -> slice:
    """The smallest slice that covers all of these."""
    return slice(min(part.start for part in extents), max(part.stop for part in extents))


def extent(occupied: np.ndarray) -> slice:
    """From the first to the last True of a vector; an empty slice if there is none."""
    places = np.flatnonzero(occupied)
    return slice(int(places[0]), int(places[-1]) + 1) if len(places) else slice(0, 0)


@dataclass(frozen=True, eq=False)
class SliceIteration:
    """Mask and pGT of one slice at one iteration, and the spread of the pGT where it is known."""

    mask: PackedMask
    pgt: PackedMask
    certain: PackedMask | None = None
    possible: PackedMask | None = None

    @cached_property
    def mask_only(self) -> PackedMask:
        """What the mask holds and the pGT does not."""
        return PackedMask.pack(self.mask.unpack() & ~self.pgt.unpack())

    @cached_property
    def pgt_only(self) -> PackedMask:
        """What the pGT holds and the mask does not."""
        return PackedMask.pack(self.pgt.unpack() & ~self.mask.unpack())


class IterationMasks:
    """All iterations of all slices of a run."""

    def __init__(self) -> None:
        self._slices: dict[int, list[SliceIteration]] = {}
        #: Iterations that were taken back, by slice; they follow those that count.
        self._undone: dict[int, list[SliceIteration]] = {}

    def keep(self, slice_index: int, count: int) -> None:
        """Let only the first iterations of a slice count; the others can count again later."""
        known = [*self._slices.get(slice_index, []), *self._undone.get(slice_index, [])]
        self._slices[slice_index], self._undone[slice_index] = known[:count], known[count:]

    def forget_undone(self, slice_index: int) -> None:
        """Drop what was taken back of a slice, because other iterations follow."""
        self._undone.pop(slice_index, None)

    def drop(self, slice_index: int, count: int) -> None:
        """Forget all but the first iterations of a slice."""
        self.forget_undone(slice_index)
        first = self._slices.pop(slice_index, [])[:count]
        if first:
            self._slices[slice_index] = first

    @property
    def count(self) -> int:
        """The number of iterations of the slice that has the most."""
        return max((len(iterations) for iterations in self._slices.values()), default=0)

    def add(
        self,
        slice_index: int,
        mask: np.ndarray,
        pgt: np.ndarray,
        spread: tuple[PackedMask, PackedMask] | None = None,
    ) -> int:
        """Append an iteration of a slice, arrays (H, W); returns its number, from 0.

        Args:
            slice_index: the slice.
            mask, pgt: of the iteration.
            spread: what certainly and what possibly belongs to the pGT; None if unknown.
        """
        iterations = self._slices.setdefault(slice_index, [])
        packed = PackedMask.pack(mask), PackedMask.pack(pgt)
        iterations.append(SliceIteration(*packed, *(spread or ())))
        return len(iterations) - 1

    def latest(self, iteration: int) -> dict[int, SliceIteration]:
        """Every slice at an iteration; slices that ended before, at their last."""
        return {
            index: iterations[min(iteration, len(iterations) - 1)]
            for index, iterations in self._slices.items()
        }

    def of_slice(self, slice_index: int, iteration: int) -> SliceIteration | None:
        """One slice at an iteration or, if it ended before, its last; None without iterations."""
        iterations = self._slices.get(slice_index)
        return iterations[min(iteration, len(iterations) - 1)] if iterations else None

    def refined_at(self, iteration: int) -> Iterator[tuple[int, SliceIteration]]:
        """The slices that have an iteration of this number, with it, also if it was taken back."""
        for index, iterations in self._slices.items():
            known = [*iterations, *self._undone.get(index, [])]
            if iteration < len(known):
                yield index, known[iteration]
