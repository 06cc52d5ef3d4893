"""Marks: the reasons why a reader should look at a slice, however it ended.

Slices are judged together, in their order: an organ that ends between two slices with a large
cross-section, an outline that jumps from one slice to the next, a gap, or a volume without the
organ cannot be seen on one slice.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any

import numpy as np

from HermesLib.metrics.overlap import dice
from HermesLib.quality.anatomy import AnatomyRule
from HermesLib.refinement.events import Status
from HermesLib.refinement.history import PackedArray, SliceResult


class Mark(StrEnum):
    """A reason to look at a slice."""

    BORDERLINE = "borderline"
    UNFAMILIAR = "unfamiliar"
    ABRUPT_END = "abrupt-end"
    JUMP = "jump"
    GAP = "gap"
    NOT_FOUND = "not-found"


#: The marks of slices, by slice index; every slice has an entry.
Marks = Mapping[int, tuple[Mark, ...]]


@dataclass(frozen=True)
class Grid:
    """The size of a volume's voxels, and the number of its slices.

    Attributes:
        pixel_mm2: area of a pixel, mm2.
        thickness: distance of the slices, mm.
        slices: of the whole volume; None if those at hand are all of them.
    """

    pixel_mm2: float
    thickness: float
    slices: int | None = None


@dataclass(frozen=True)
class FinalSlice:
    """How one slice ended.

    Attributes:
        index: of the slice in the volume.
        status: how it ended.
        area_mm2: of its mask, also where the organ is called absent but a mask was given.
        borderline: the presence of the organ is uncertain.
        out_of_distribution: the slice looks unlike all training patients; None if unknown.
        common_with_next: Dice of its mask and that of the slice with the next index; None if there
            is no such slice, or no mask on either.
    """

    index: int
    status: Status
    area_mm2: float
    borderline: bool = False
    out_of_distribution: bool | None = None
    common_with_next: float | None = None

    @property
    def shows_organ(self) -> bool:
        """Whether the result says that the organ is here."""
        return self.status is not Status.ABSENT and self.area_mm2 > 0


def result_marks(
    results: Sequence[SliceResult],
    grid: Grid,
    out_of_distribution: Collection[int] | None,
    rule: AnatomyRule | None = None,
) -> dict[int, tuple[Mark, ...]]:
    """The marks of a run's results; see :func:`volume_marks`.

    Args:
        results: of the slices in order.
        grid: of the volume.
        out_of_distribution: indices of the slices unlike the training patients; None if unknown.
        rule: of the quality control.
    """
    unknown = out_of_distribution is None
    common = common_with_next({result.index: result.best_record.mask for result in results})
    slices = [
        FinalSlice(
            result.index,
            result.status,
            int(result.best_record.mask.unpack().sum()) * grid.pixel_mm2,
            # Presence is decided with the first mask.
            result.records[0].numbers.borderline,
            None if unknown else result.index in (out_of_distribution or ()),
            common.get(result.index),
        )
        for result in results
    ]
    return volume_marks(slices, grid.thickness, rule, grid.slices)


def common_with_next(masks: Mapping[int, PackedArray]) -> dict[int, float]:
    """Dice of each mask and that of the next slice, by index, where both have a pixel."""
    common = {}
    last: tuple[int, np.ndarray] | None = None
    for index in sorted(masks):
        mask = masks[index].unpack()
        if last is not None and last[0] == index - 1 and last[1].any() and mask.any():
            common[last[0]] = dice(last[1], mask)
        last = index, mask
    return common


def report_marks(report: Mapping[str, Any]) -> dict[int, tuple[Mark, ...]]:
    """The marks of all slices as the content of ``report.json`` states them."""
    return {
        entry["index"]: tuple(Mark(mark) for mark in entry.get("marks", ()))
        for entry in report["slices"]
    }


def volume_marks(
    slices: Sequence[FinalSlice],
    thickness: float,
    rule: AnatomyRule | None = None,
    count: int | None = None,
) -> dict[int, tuple[Mark, ...]]:
    """The marks of all slices of a volume, or of some of them.

    Args:
        slices: in the order of the volume. An organ may leave the image: the first and the last
            slice have no neighbour that it could be missing on.
        thickness: distance of the slices, mm.
        rule: which ends are doubted; by default the rule's own numbers.
        count: of the slices of the whole volume; by default ``slices`` are all of them. An organ
            that is on none of some slices may be on the others.
    """
    whole = count is None or len(slices) == count
    found: dict[Mark, set[int]] = {
        Mark.BORDERLINE: {item.index for item in slices if item.borderline},
        Mark.UNFAMILIAR: {item.index for item in slices if item.out_of_distribution},
        Mark.ABRUPT_END: _abrupt_ends(slices, thickness, rule or AnatomyRule()),
        Mark.JUMP: _jumps(slices, thickness, rule or AnatomyRule()),
        Mark.GAP: _gaps(slices),
        Mark.NOT_FOUND: _not_found(slices) if whole else set(),
    }
    return {
        item.index: tuple(mark for mark, indices in found.items() if item.index in indices)
        for item in slices
    }


def _abrupt_ends(slices: Sequence[FinalSlice], thickness: float, rule: AnatomyRule) -> set[int]:
    # The mask of a failed slice says nothing: it may be of any size.
    areas = {item.index: item.area_mm2 for item in slices if item.status is not Status.FAILED}
    largest = max(areas.values(), default=0.0)

    def is_large(item: FinalSlice) -> bool:
        return rule.doubts_end(areas.get(item.index, 0.0), largest, thickness)

    # A large mask was given where the quality control sees no organ.
    marked = {item.index for item in slices if item.status is Status.ABSENT and is_large(item)}
    for one, other in pairwise(slices):
        if other.index != one.index + 1:
            continue
        for inside, outside in ((one, other), (other, one)):
            if _is_empty(outside) and is_large(inside):
                marked |= {inside.index, *_empty_beyond(slices, inside, outside)}
    return marked


def _is_empty(item: FinalSlice) -> bool:
    return item.status is Status.ABSENT or item.area_mm2 == 0


def _empty_beyond(
    slices: Sequence[FinalSlice], inside: FinalSlice, outside: FinalSlice
) -> set[int]:
    """The slices without the organ beyond a doubted end: nobody knows how many of them show it."""
    step = outside.index - inside.index
    by_index = {item.index: item for item in slices}
    beyond = set()
    index = outside.index
    while index in by_index and _is_empty(by_index[index]):
        beyond.add(index)
        index += step
    return beyond


def _jumps(slices: Sequence[FinalSlice], thickness: float, rule: AnatomyRule) -> set[int]:
    """Both sides of each doubted step, and all of the organ that such steps cut off.

    Of the parts between doubted steps the largest is believed, but for its ends.
    """
    marked: set[int] = set()
    for run in _drawn_runs(slices):
        parts = [[run[0]]]
        for one, other in pairwise(run):
            smaller = min(one.area_mm2, other.area_mm2)
            common = one.common_with_next
            if common is not None and rule.doubts_step(common, smaller, thickness):
                marked |= {one.index, other.index}
                parts.append([])
            parts[-1].append(other)
        believed = max(parts, key=lambda part: sum(item.area_mm2 for item in part))
        marked |= {item.index for part in parts if part is not believed for item in part}
    return marked


def _drawn_runs(slices: Sequence[FinalSlice]) -> list[list[FinalSlice]]:
    """Runs of neighbouring slices whose masks say something."""
    runs: list[list[FinalSlice]] = []
    for item in slices:
        if item.status is Status.FAILED or _is_empty(item):
            continue
        if not runs or runs[-1][-1].index != item.index - 1:
            runs.append([])
        runs[-1].append(item)
    return runs


def _gaps(slices: Sequence[FinalSlice]) -> set[int]:
    with_organ = [position for position, item in enumerate(slices) if item.shows_organ]
    if not with_organ:
        return set()
    inner = slices[with_organ[0] : with_organ[-1]]
    return {item.index for item in inner if not item.shows_organ}


def _not_found(slices: Sequence[FinalSlice]) -> set[int]:
    # A lone slice without the organ may be of another plane or place: no neighbour says otherwise.
    if any(item.shows_organ for item in slices):
        return set()
    return {item.index for item in slices}
