"""What the views show over mask and pGT on request: their difference, the spread of the pGT."""

from collections.abc import Callable, Mapping
from typing import Any

from HermesSegmentLib.canvas import Canvas
from HermesSegmentLib.iteration_masks import SliceIteration
from HermesSegmentLib.run_creation import CERTAIN, MASK_ONLY, PGT_ONLY, POSSIBLE

#: Segments of each overlay, and what of an iteration they show.
_SEGMENTS = {
    "difference": {MASK_ONLY: "mask_only", PGT_ONLY: "pgt_only"},
    "doubt": {CERTAIN: "certain", POSSIBLE: "possible"},
}


class Overlays:
    """The overlays of a run; one that is not visible is not kept up to date.

    Args:
        node_of: the segmentation of an overlay; None where there is none.
        canvas_of: the voxels behind a segment of an overlay.
    """

    def __init__(
        self, node_of: Callable[[str], Any], canvas_of: Callable[[str, str], Canvas]
    ) -> None:
        self._node_of, self._canvas_of = node_of, canvas_of

    def set_visible(self, role: str, visible: bool, slices: Mapping[int, SliceIteration]) -> None:
        """Show an overlay of these iterations, or hide it."""
        node = self._node_of(role)
        if node is not None and bool(node.GetDisplayNode().GetVisibility()) != visible:
            node.GetDisplayNode().SetVisibility(visible)
            self._fill(role, slices)

    def show(self, slices: Mapping[int, SliceIteration]) -> None:
        """Show these iterations, by slice, in all visible overlays."""
        for role in _SEGMENTS:
            self._fill(role, slices)

    def _fill(self, role: str, slices: Mapping[int, SliceIteration]) -> None:
        node = self._node_of(role)
        if node is None or not node.GetDisplayNode().GetVisibility():
            return
        for segment, part in _SEGMENTS[role].items():
            masks = {
                index: mask
                for index, step in slices.items()
                if (mask := getattr(step, part)) is not None
            }
            canvas = self._canvas_of(role, segment)
            canvas.fill(masks)
            canvas.show(node, segment)
