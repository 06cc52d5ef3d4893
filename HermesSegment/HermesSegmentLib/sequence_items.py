"""Iterations as items of Slicer's sequences.

Item ``n`` holds the slices that have an iteration ``n``, cropped to their extent. So a run of few
stubborn slices adds little to the scene, and Slicer's sequence browser works without this module.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import slicer

from HermesLib.io.orientation import SliceAxes
from HermesLib.report.numbering import number_of
from HermesSegmentLib.iteration_masks import IterationMasks, PackedMask, around
from HermesSegmentLib.labelmaps import (
    empty_voxels,
    has_labelmap,
    put_labelmap,
    stored_voxels,
    take_grid,
)
from HermesSegmentLib.run_creation import ORGAN, add_organ, terminology
from HermesSegmentLib.run_record import RunRecord
from HermesSegmentLib.slice_frame import SliceFrame


class SequenceItems:
    """The items of one sequence.

    Args:
        sequence: the sequence's node.
        proxy: the segmentation that shows the selected item; new items look like it.
        volume: the image.
        organ: terminology: scheme, value and meaning.
    """

    def __init__(self, sequence: Any, proxy: Any, volume: Any, organ: dict[str, str]) -> None:
        self.sequence, self.volume = sequence, volume
        # What is added to a sequence is copied; a node without voxels is the quickest to copy.
        self._blank = slicer.vtkMRMLSegmentationNode()
        segment = proxy.GetSegmentation().GetSegment(ORGAN)
        # Slicer crashes when it loads a small or empty segmentation without the image's grid.
        take_grid(self._blank, volume)
        add_organ(self._blank, segment.GetName(), terminology(organ), segment.GetColor())

    @property
    def count(self) -> int:
        """The number of items."""
        return self.sequence.GetNumberOfDataNodes()

    def extend(self, count: int) -> None:
        """Add empty items until there are this many."""
        for number in range(self.sequence.GetNumberOfDataNodes(), count):
            # Slicer's sequence browser shows the value: counted as everything that a reader sees.
            self.sequence.SetDataNodeAtValue(self._blank, str(number_of(number)))

    def write(self, number: int, masks: Mapping[int, PackedMask], frame: SliceFrame) -> None:
        """Let an item hold these masks, by slice; creates the item if there is none."""
        self.extend(number + 1)
        node = self.sequence.GetNthDataNode(number)
        block = block_of({index: mask for index, mask in masks.items() if not mask.empty}, frame)
        if block is None and has_labelmap(node, ORGAN):
            # Not removed: Slicer crashes when it saves a segment whose voxels were.
            block = np.zeros((1, 1, 1), np.uint8), (0, 0, 0)
        if block is not None:
            voxels, first = block
            put_labelmap(node, ORGAN, voxels, frame.ijk_to_ras, first)

    def read(self, number: int, axes: SliceAxes) -> np.ndarray | None:
        """An item's masks (N, H, W), bool, on the volume's grid; None for an empty item."""
        node = self.sequence.GetNthDataNode(number)
        if not has_labelmap(node, ORGAN):
            return None
        return axes.view(stored_voxels(node, ORGAN, self.volume))


def block_of(
    masks: Mapping[int, PackedMask], frame: SliceFrame
) -> tuple[np.ndarray, tuple[int, int, int]] | None:
    """The voxels (k, j, i) around masks and the place of the first; None without masks."""
    if not masks:
        return None
    parts = (
        slice(min(masks), max(masks) + 1),
        around([mask.rows for mask in masks.values()]),
        around([mask.columns for mask in masks.values()]),
    )
    shape, first = frame.place(parts)
    voxels = empty_voxels(shape)
    slices = frame.axes.view(voxels)
    for index, mask in masks.items():
        mask.paste(slices[index - parts[0].start], parts[1].start, parts[2].start)
    return voxels, first


def read_iterations(
    masks: SequenceItems, pgts: SequenceItems, record: RunRecord, axes: SliceAxes
) -> IterationMasks:
    """The iterations that the sequences of a run hold, as its record says; undone ones, too."""
    iterations, nothing = IterationMasks(), np.zeros(record.shape[1:], bool)
    for number in range(masks.sequence.GetNumberOfDataNodes()):
        all_masks, all_pgts = masks.read(number, axes), pgts.read(number, axes)
        for index, slice_record in record.slices.items():
            steps = [*slice_record.iterations, *slice_record.undone]
            if number < len(steps):
                mask = nothing if all_masks is None else all_masks[index]
                pgt = nothing if all_pgts is None else all_pgts[index]
                iterations.add(index, mask, pgt, steps[number].spread)
    for index, slice_record in record.slices.items():
        if slice_record.undone:
            iterations.keep(index, len(slice_record.iterations))
    return iterations
