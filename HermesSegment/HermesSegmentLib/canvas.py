"""One segment on the whole volume, of which only the slices that change are written."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from HermesLib.io.orientation import SliceAxes
from HermesSegmentLib.iteration_masks import PackedMask
from HermesSegmentLib.labelmaps import own_voxels, put_labelmap, refresh


class Canvas:
    """The voxels behind a segment that the views show.

    Args:
        axes: how voxels become slices.
        ijk_to_ras: (4, 4) of the volume.
        shape: (k, j, i) of the volume.
    """

    def __init__(
        self, axes: SliceAxes, ijk_to_ras: np.ndarray, shape: tuple[int, int, int]
    ) -> None:
        self._ijk_to_ras = ijk_to_ras
        # Zeros that were never written to take no memory.
        self._voxels = np.zeros(shape, np.uint8)
        self._slices = axes.view(self._voxels)
        self._content: dict[int, PackedMask] = {}

    def fill(self, masks: Mapping[int, PackedMask]) -> None:
        """Hold these masks, by slice, and nothing else."""
        for index in self._content.keys() - masks.keys():
            self._slices[index] = 0
        for index, mask in masks.items():
            if self._content.get(index) is not mask:
                self._slices[index] = 0
                mask.paste(self._slices[index])
        self._content = dict(masks)

    def put(self, segmentation_node: Any, segment_id: str) -> None:
        """Show the voxels as a segment, in place of whatever it shows."""
        current = own_voxels(segmentation_node, segment_id, self._voxels.shape)
        if current is None or not np.shares_memory(current, self._voxels):
            put_labelmap(segmentation_node, segment_id, self._voxels, self._ijk_to_ras)

    def show(self, segmentation_node: Any, segment_id: str) -> None:
        """Show the voxels as a segment and bring the views up to date."""
        self.put(segmentation_node, segment_id)
        refresh(segmentation_node)
