"""One segment that the views show, of which only what changes is written."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from HermesSegmentLib.iteration_masks import PackedMask, around
from HermesSegmentLib.labelmaps import empty_voxels, own_voxels, put_labelmap, refresh
from HermesSegmentLib.slice_frame import SliceFrame

#: Pixels around the masks: the next iteration is seldom much larger.
_MARGIN = 16


class Canvas:
    """The voxels behind a segment: a box around its masks, which grows with them.

    Args:
        frame: the slices of the volume.
    """

    def __init__(self, frame: SliceFrame) -> None:
        self._frame = frame
        self._content: dict[int, PackedMask] = {}
        self._allocate(slice(0, 1), slice(0, 1))

    def fill(self, masks: Mapping[int, PackedMask]) -> None:
        """Hold these masks, by slice, and nothing else."""
        changed = {
            index: mask for index, mask in masks.items() if self._content.get(index) is not mask
        }
        if self._grow([mask for mask in changed.values() if not mask.empty]):
            changed, self._content = dict(masks), {}
        rows, columns = self._rows.start, self._columns.start
        for index, shown in self._content.items():
            if masks.get(index) is not shown and not shown.empty:
                # Only its rectangle: memory that was never written to is never taken.
                self._slices[
                    index,
                    shown.rows.start - rows : shown.rows.stop - rows,
                    shown.columns.start - columns : shown.columns.stop - columns,
                ] = 0
        for index, mask in changed.items():
            if not mask.empty:
                mask.paste(self._slices[index], rows, columns)
        self._content = dict(masks)

    def put(self, segmentation_node: Any, segment_id: str) -> None:
        """Show the voxels as a segment, in place of whatever it shows."""
        current = own_voxels(segmentation_node, segment_id, self._voxels.shape)
        if current is None or not np.shares_memory(current, self._voxels):
            put_labelmap(
                segmentation_node, segment_id, self._voxels, self._frame.ijk_to_ras, self._first
            )

    def show(self, segmentation_node: Any, segment_id: str) -> None:
        """Show the voxels as a segment and bring the views up to date."""
        self.put(segmentation_node, segment_id)
        refresh(segmentation_node)

    def _grow(self, masks: list[PackedMask]) -> bool:
        """Make room for masks; whether the voxels are new, and empty."""
        if not masks:
            return False
        _slices, height, width = self._frame.shape
        rows = around([mask.rows for mask in masks])
        columns = around([mask.columns for mask in masks])
        if around([rows, self._rows]) == self._rows and (
            around([columns, self._columns]) == self._columns
        ):
            return False
        if self._content:
            rows, columns = around([rows, self._rows]), around([columns, self._columns])
        self._allocate(_widened(rows, height), _widened(columns, width))
        return True

    def _allocate(self, rows: slice, columns: slice) -> None:
        self._rows, self._columns = rows, columns
        shape, self._first = self._frame.place((slice(0, self._frame.shape[0]), rows, columns))
        self._voxels = empty_voxels(shape)
        self._slices = self._frame.axes.view(self._voxels)


def _widened(part: slice, size: int) -> slice:
    return slice(max(part.start - _MARGIN, 0), min(part.stop + _MARGIN, size))
