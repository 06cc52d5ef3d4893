"""One run in the scene: its nodes, its record, and the iteration that they show.

All nodes hang on one text node, the run's record, by node references; so a scene that was saved and
loaded brings the run back. The scene stores what each iteration changed (:mod:`.sequence_items`);
the nodes that the views show are filled from there, one volume each.
"""

from typing import Any, Self

import numpy as np

from HermesLib.io.orientation import SliceAxes
from HermesLib.refinement.events import Iteration
from HermesSegmentLib.canvas import Canvas
from HermesSegmentLib.iteration_masks import IterationMasks, SliceIteration, dice_with_next
from HermesSegmentLib.labelmaps import (
    has_labelmap,
    ijk_to_ras,
    own_voxels,
    put_labelmap,
    stored_voxels,
)
from HermesSegmentLib.overlays import Overlays
from HermesSegmentLib.prompt_markups import all_prompt_nodes
from HermesSegmentLib.run_creation import (
    ORGAN,
    adopt,
    create_doubt,
    create_run_nodes,
    follow_volume,
    remove_run_nodes,
)
from HermesSegmentLib.run_record import RunRecord
from HermesSegmentLib.run_writer import SEQUENCES, RunWriter
from HermesSegmentLib.scene_nodes import remove_node
from HermesSegmentLib.sequence_items import SequenceItems, read_iterations
from HermesSegmentLib.slice_frame import SliceFrame


class RunNodes:
    """The nodes of one run.

    Args:
        node: the text node of its record.

    Raises:
        ValueError: the node's text is not the record of a run.
    """

    def __init__(self, node: Any) -> None:
        self.node = node
        self.record = RunRecord.from_json(node.GetText())
        self._masks = IterationMasks()
        self._items: dict[str, SequenceItems] = {}
        self._canvases: dict[tuple[str, str], Canvas] = {}
        self._overlays = Overlays(self.get, self._canvas)
        self.writer = RunWriter(self)
        if self.volume is not None and self.record.shape[0]:
            self._read_items()

    @classmethod
    def create(cls, volume: Any, record: RunRecord) -> Self:
        """Nodes for a new run on a volume, in a folder beside it."""
        return cls(create_run_nodes(volume, record))

    def get(self, role: str) -> Any:
        """A node of the run; None where it was deleted.

        Roles are volume, mask, pgt, previous, difference, result, browser, mask-sequence,
        pgt-sequence, chart and chart-table.
        """
        return self.node.GetNodeReference(role)

    @property
    def volume(self) -> Any:
        """The image; None once it was deleted."""
        return self.get("volume")

    @property
    def alive(self) -> bool:
        """Whether all nodes that iterations are written to are still in the scene."""
        roles = ("volume", "mask", "pgt", "mask-sequence", "pgt-sequence", "browser")
        return self.node.GetScene() is not None and all(
            self.get(role) is not None for role in roles
        )

    @property
    def frame(self) -> SliceFrame:
        """The slices of the run in the patient."""
        axes = SliceAxes(self.record.order, self.record.backwards)
        return SliceFrame(ijk_to_ras(self.volume), self.record.shape, axes)

    @property
    def count(self) -> int:
        """The number of iterations of the slice that has the most."""
        return self._masks.count

    def open(self, shape: tuple[int, int, int], axes: SliceAxes, indices: tuple[int, ...]) -> None:
        """Take the slices of a run that starts, or starts again after :meth:`drop`."""
        self.record.open(shape, axes.order, axes.backwards, indices)

    def add(self, event: Iteration) -> None:
        """Take one iteration of one slice; :meth:`show_latest` makes it visible."""
        entry = self.record.slices.get(event.slice_index)
        if entry is not None and entry.undone:
            known = len(entry.iterations) + len(entry.undone)
            self.writer.outdated.update(range(len(entry.iterations), known))
            self._masks.forget_undone(event.slice_index)
            entry.undone = []
        step = self.record.add(event)
        item = self._masks.add(event.slice_index, event.mask, event.pgt, step.spread)
        self.writer.outdated.add(item)

    def keep(self, slice_index: int, count: int) -> None:
        """Let only the first iterations of a slice count; the others can count again later."""
        self.record.slices[slice_index].keep(count)
        self._masks.keep(slice_index, count)

    def drop(self, counts: dict[int, int]) -> None:
        """Forget the iterations of slices, by index, but for the first so many."""
        for index, count in counts.items():
            entry = self.record.slices[index]
            known = len(entry.iterations) + len(entry.undone)
            self.writer.outdated.update(range(count, known))
            entry.drop(count)
            self._masks.drop(index, count)

    def show(self, item: int) -> None:
        """Show an iteration, with the one before it in grey.

        Slices that ended earlier show their last iteration.
        """
        if not self.count or not self.alive:
            return
        follow_volume(self.node)
        for role in SEQUENCES:
            self.sequence(role).extend(self.count)
        item = min(max(item, 0), self.count - 1)
        browser = self.get("browser")
        if browser.GetSelectedItemNumber() != item:
            # Slicer's browser fills the nodes with the item, which is not what they show.
            browser.SetSelectedItemNumber(item)
        self._show_slices(item)

    def show_latest(self) -> None:
        """Show every slice's newest iteration."""
        self.show(self.count - 1)

    def show_again(self) -> None:
        """Show the selected iteration after Slicer's browser has filled the nodes by itself."""
        if self.count and self.alive:
            self._show_slices(self.selected)

    @property
    def selected(self) -> int:
        """The number of the iteration that is shown."""
        browser = self.get("browser")
        return browser.GetSelectedItemNumber() if browser is not None else 0

    def show_difference(self, visible: bool) -> None:
        """Fill the pixels where mask and pGT differ, or stop doing so."""
        self._overlays.set_visible("difference", visible, self._masks.latest(self.selected))

    def show_previous(self, visible: bool) -> None:
        """Show the outline of the try before in grey, or hide it."""
        node = self.get("previous")
        if node is not None and bool(node.GetDisplayNode().GetVisibility()) != visible:
            node.GetDisplayNode().SetVisibility(visible)
            self._fill_previous()

    @property
    def knows_doubt(self) -> bool:
        """Whether the spread of any pGT is known."""
        return any(step.certain is not None for step in self._masks.latest(self.count).values())

    def show_doubt(self, visible: bool) -> None:
        """Outline what certainly and what possibly belongs to the organ, or stop doing so."""
        if visible and self.get("doubt") is None:
            create_doubt(self.node, self.volume)
        self._overlays.set_visible("doubt", visible, self._masks.latest(self.selected))

    def mask(self, slice_index: int, item: int) -> np.ndarray:
        """(H, W) bool: the mask of a slice at an iteration."""
        step = self._masks.of_slice(slice_index, item)
        return np.zeros(self.record.shape[1:], bool) if step is None else step.mask.unpack()

    def pgt(self, slice_index: int, item: int) -> np.ndarray:
        """(H, W) bool: the pseudo ground truth of a slice at an iteration."""
        step = self._masks.of_slice(slice_index, item)
        return np.zeros(self.record.shape[1:], bool) if step is None else step.pgt.unpack()

    def pixels(self, slice_index: int, item: int) -> tuple[int, int]:
        """The numbers of pixels of mask and pGT of a slice at an iteration."""
        step = self._masks.of_slice(slice_index, item)
        return (0, 0) if step is None else (step.mask.pixels, step.pgt.pixels)

    def result_voxels(self) -> np.ndarray:
        """The voxels (k, j, i, uint8) of the accepted slices, to write to."""
        node, shape = self.get("result"), self._voxel_shape()
        voxels = own_voxels(node, ORGAN, shape)
        if voxels is None:
            # New, or cropped by the Segment Editor or by a file: back to the whole grid.
            voxels = np.zeros(shape, np.uint8)
            if has_labelmap(node, ORGAN):
                voxels[:] = stored_voxels(node, ORGAN, self.volume)
            put_labelmap(node, ORGAN, voxels, ijk_to_ras(self.volume))
        return voxels

    def mark_slices(self) -> None:
        """Give all slices their marks, from the masks that are their results."""
        thickness, height, width = self.frame.spacing
        steps = {
            index: self._masks.of_slice(index, entry.best)
            for index, entry in self.record.slices.items()
        }
        # Packed as they are: a run of 300 slices is marked in one turn.
        masks = {index: step.mask for index, step in steps.items() if step is not None}
        areas = {
            index: masks[index].pixels * height * width if index in masks else 0.0
            for index in steps
        }
        self.record.mark(areas, dice_with_next(masks), thickness)

    def adopt(self, node: Any) -> None:
        """Put a node into the run's folder."""
        adopt(self.node, node)

    def remove(self) -> None:
        """Remove all nodes of the run from the scene; the volume stays."""
        for prompt in all_prompt_nodes(self.node):
            remove_node(prompt)
        remove_run_nodes(self.node)

    def finish(self) -> bool:
        """Let the record of a run that has ended be saved; remove a run without slices.

        Returns whether the run is still there.
        """
        if not self.record.slices:
            self.remove()
            return False
        self.writer.record_outdated = True
        return True

    def save(self) -> None:
        """Write the record and the iterations into the scene."""
        self.writer.write()

    def save_record(self) -> None:
        """Write the record into the scene."""
        self.writer.write_record()

    def refined_at(self, number: int) -> dict[int, SliceIteration]:
        """The slices that have an iteration of this number, with it, also if it was taken back."""
        return dict(self._masks.refined_at(number))

    def _voxel_shape(self) -> tuple[int, int, int]:
        i, j, k = self.volume.GetImageData().GetDimensions()
        return k, j, i

    def _show_slices(self, item: int) -> None:
        current = self._masks.latest(item)
        self._canvas("mask").fill({index: step.mask for index, step in current.items()})
        self._canvas("pgt").fill({index: step.pgt for index, step in current.items()})
        # The mask is shown last, so that its outline is drawn over the others.
        self._fill_previous()
        for role in ("pgt", "mask"):
            node = self.get(role)
            if node is not None:
                self._canvas(role).show(node, ORGAN)
        self._overlays.show(current)

    def _fill_previous(self) -> None:
        """Show the masks before those in view; nothing where nobody sees them."""
        node, canvas = self.get("previous"), self._canvas("previous")
        if node is not None:
            visible = self.selected and node.GetDisplayNode().GetVisibility()
            steps = self._masks.latest(self.selected - 1) if visible else {}
            canvas.fill({index: step.mask for index, step in steps.items()})
            canvas.show(node, ORGAN)

    def _canvas(self, role: str, segment: str = ORGAN) -> Canvas:
        if (role, segment) not in self._canvases:
            self._canvases[role, segment] = Canvas(self.frame)
        return self._canvases[role, segment]

    def sequence(self, role: str) -> SequenceItems:
        """The items of a sequence, ``mask`` or ``pgt``."""
        if role not in self._items:
            sequence = self.get(f"{role}-sequence")
            proxy, organ = self.get(role), self.record.organ
            self._items[role] = SequenceItems(sequence, proxy, self.volume, organ)
        return self._items[role]

    def _read_items(self) -> None:
        """Read the masks of a run that was loaded with its scene."""
        roles = [*SEQUENCES, *(f"{role}-sequence" for role in SEQUENCES)]
        if all(self.get(role) is not None for role in roles):
            masks, pgts = (self.sequence(role) for role in SEQUENCES)
            self._masks = read_iterations(masks, pgts, self.record, self.frame.axes)
