"""One run in the scene: its nodes, and how iterations get into them.

All nodes hang on one text node, the run's record, by node references; so a scene that was saved and loaded brings the run back.
"""

from typing import Any, Self

import numpy as np
import slicer
from slicer.i18n import tr as _

from HermesLib.io.orientation import SliceAxes
from HermesSegmentLib.labelmaps import ijk_to_ras, own_voxels, put_labelmap, refresh
from HermesSegmentLib.run_record import IterationRecord, RunRecord, SliceRecord
from HermesSegmentLib.slice_frame import SliceFrame

ORGAN = "organ"
MASK_ONLY, PGT_ONLY = "mask-only", "pgt-only"
#: Mask cyan, pGT magenta, the iteration before grey; where they differ blue and orange, told apart by the colour-blind too.
CYAN, MAGENTA, GREY = (0.0, 0.85, 0.9), (0.9, 0.2, 0.8), (0.65, 0.65, 0.65)
BLUE, ORANGE, GREEN = (0.12, 0.47, 0.9), (1.0, 0.6, 0.1), (0.3, 0.8, 0.3)
_MARK = "HermesSegment.Run"
_CONTEXT = "Segmentation category and type - DICOM master list"
_REGIONS = "Anatomic codes - DICOM master list"


def terminology(organ: dict[str, str]) -> str:
    """Slicer's text for an anatomical structure by its code."""
    coded = f"{organ['scheme']}^{organ['value']}^{organ['meaning']}"
    return f"{_CONTEXT}~SCT^123037004^Anatomical Structure~{coded}~^^~{_REGIONS}~^^~^^"


class RunNodes:
    """The nodes of one run."""

    def __init__(self, node: Any) -> None:
        self.node = node
        self.record = RunRecord.from_json(node.GetText())
        self._masks: list[np.ndarray] = []
        self._pgts: list[np.ndarray] = []
        self._blanks: dict[str, Any] = {}
        self._nothing: np.ndarray | None = None
        if self.volume is not None and self.record.shape[0]:
            self._recall_items()

    @classmethod
    def create(cls, volume: Any, record: RunRecord) -> Self:
        """Nodes for a new run on a volume, in a folder beside it."""
        scene = slicer.mrmlScene
        number = 1 + sum(
            node.GetAttribute(_MARK) is not None
            for node in slicer.util.getNodesByClass("vtkMRMLTextNode")
        )
        title = f"HERMES {record.organ['meaning']} {number}"
        node = scene.AddNewNodeByClass("vtkMRMLTextNode", f"{title} record")
        node.SetAttribute(_MARK, str(number))
        node.SetForceCreateStorageNode(slicer.vtkMRMLTextNode.CreateStorageNodeAlways)
        node.SetText(record.to_json())
        node.SetNodeReferenceID("volume", volume.GetID())
        made = cls(node)
        made._add_segmentations(title, volume)
        made._add_sequences(title)
        made._add_folder(title, volume)
        return made

    @classmethod
    def all(cls) -> list[Any]:
        """The record nodes of all runs in the scene."""
        return [
            node
            for node in slicer.util.getNodesByClass("vtkMRMLTextNode")
            if node.GetAttribute(_MARK) is not None
        ]

    def get(self, role: str) -> Any:
        """A node of the run: volume, mask, pgt, previous, difference, result, browser; None where it was deleted."""
        return self.node.GetNodeReference(role)

    @property
    def volume(self) -> Any:
        """The image, None once it was deleted."""
        return self.get("volume")

    @property
    def alive(self) -> bool:
        """Whether the nodes that iterations are written to are all still in the scene."""
        roles = ("volume", "mask", "pgt", "browser")
        return self.node.GetScene() is not None and all(
            self.get(role) is not None for role in roles
        )

    @property
    def frame(self) -> SliceFrame:
        """Slices and patient."""
        record = self.record
        axes = SliceAxes(record.order, record.backwards)
        return SliceFrame(ijk_to_ras(self.volume), record.shape, axes)

    @property
    def count(self) -> int:
        """How many iterations the longest slice has."""
        return len(self._masks)

    def open(
        self, shape: tuple[int, int, int], order: tuple, backwards: tuple, indices: tuple[int, ...]
    ) -> None:
        """Take the grid of a run that begins."""
        record = self.record
        record.shape, record.order, record.backwards = shape, order, backwards
        record.slices = {index: SliceRecord(index) for index in indices}

    def add(self, event: Any) -> None:
        """Write one iteration of one slice; :meth:`show_latest` makes it visible.

        Later items hold it too until the slice has a newer one, so the last item always is every slice's latest.
        """
        self._extend_to(event.index)
        frame = self.frame
        for item in range(event.index, self.count):
            frame.axes.view(self._masks[item])[event.slice_index] = event.mask
            frame.axes.view(self._pgts[item])[event.slice_index] = event.pgt
        one = self.record.slices.setdefault(event.slice_index, SliceRecord(event.slice_index))
        one.borderline = bool(event.borderline)
        numbers = (float(event.pdsc), float(event.pdsc_low), float(event.pdsc_high))
        prompt = None if event.prompt is None else event.prompt.to_plain()
        one.iterations.append(IterationRecord(*numbers, prompt, float(event.seconds)))
        if event.status is not None:
            one.status = str(event.status)

    def show(self, item: int) -> None:
        """Show an iteration, and the one before in grey."""
        if not self.count or not self.alive:
            return
        item = min(max(item, 0), self.count - 1)
        browser = self.get("browser")
        if browser.GetSelectedItemNumber() != item:
            browser.SetSelectedItemNumber(item)
        slicer.modules.sequences.logic().UpdateProxyNodesFromSequences(browser)
        refresh(self.get("mask"))
        refresh(self.get("pgt"))
        previous = self.get("previous")
        if previous is not None:
            if self._nothing is None:
                self._nothing = np.zeros_like(self._masks[0])
            voxels = self._masks[item - 1] if item else self._nothing
            put_labelmap(previous, ORGAN, voxels, ijk_to_ras(self.volume))
            refresh(previous)
        self._update_difference(item)

    def show_latest(self) -> None:
        """Show every slice's newest iteration."""
        self.show(self.count - 1)

    @property
    def shown(self) -> int:
        """The iteration that is shown."""
        browser = self.get("browser")
        return browser.GetSelectedItemNumber() if browser is not None else 0

    def show_difference(self, visible: bool) -> None:
        """Fill where mask and pGT differ, or not."""
        node = self.get("difference")
        if node is not None:
            node.GetDisplayNode().SetVisibility(visible)
            self._update_difference(self.shown)

    def mask(self, slice_index: int, item: int) -> np.ndarray:
        """(H, W) bool of a slice at an iteration."""
        return self.frame.axes.view(self._masks[min(item, self.count - 1)])[slice_index] > 0

    def pgt(self, slice_index: int, item: int) -> np.ndarray:
        """(H, W) bool: its pseudo ground truth."""
        return self.frame.axes.view(self._pgts[min(item, self.count - 1)])[slice_index] > 0

    def result_voxels(self) -> np.ndarray:
        """The voxels (k, j, i, uint8) of the accepted slices, to write to; made where there are none."""
        node, shape = self.get("result"), self._voxel_shape()
        voxels = own_voxels(node, ORGAN, shape)
        if voxels is None:
            # The Segment Editor crops what it writes; back to the whole grid.
            voxels = np.zeros(shape, np.uint8)
            if (
                node.GetSegmentation().GetSegment(ORGAN).GetRepresentation("Binary labelmap")
                is not None
            ):
                voxels[:] = slicer.util.arrayFromSegmentBinaryLabelmap(node, ORGAN, self.volume) > 0
            put_labelmap(node, ORGAN, voxels, ijk_to_ras(self.volume))
        return voxels

    def adopt(self, node: Any) -> None:
        """Put a node into the run's folder."""
        tree = slicer.mrmlScene.GetSubjectHierarchyNode()
        tree.SetItemParent(_item(tree, node), tree.GetItemParent(_item(tree, self.get("mask"))))

    def save(self) -> None:
        """Write the record into the scene."""
        self.node.SetText(self.record.to_json())

    def _voxel_shape(self) -> tuple[int, int, int]:
        return tuple(reversed(self.volume.GetImageData().GetDimensions()))

    def _extend_to(self, item: int) -> None:
        shape, matrix = self._voxel_shape(), ijk_to_ras(self.volume)
        while self.count <= item:
            for role, items in (("mask", self._masks), ("pgt", self._pgts)):
                items.append(items[-1].copy() if items else np.zeros(shape, np.uint8))
                sequence, value = self.get(f"{role}-sequence"), str(len(items) - 1)
                # What is added is copied; the first item's node, still without voxels of its own, is the quickest to copy.
                sequence.SetDataNodeAtValue(self._blank(role), value)
                put_labelmap(sequence.GetDataNodeAtValue(value), ORGAN, items[-1], matrix)

    def _blank(self, role: str) -> Any:
        """The proxy without voxels."""
        if role not in self._blanks:
            shown = self.get(role).GetSegmentation().GetSegment(ORGAN)
            node = slicer.vtkMRMLSegmentationNode()
            _add_organ(node, shown.GetName(), terminology(self.record.organ), shown.GetColor())
            self._blanks[role] = node
        return self._blanks[role]

    def _recall_items(self) -> None:
        """Find the voxels of a run that was loaded with its scene."""
        shape, matrix = self._voxel_shape(), ijk_to_ras(self.volume)
        for role, items in (("mask", self._masks), ("pgt", self._pgts)):
            sequence = self.get(f"{role}-sequence")
            for number in range(sequence.GetNumberOfDataNodes() if sequence is not None else 0):
                data = sequence.GetNthDataNode(number)
                voxels = own_voxels(data, ORGAN, shape)
                if voxels is None:
                    # Files keep a segment cropped to its extent.
                    voxels = np.zeros(shape, np.uint8)
                    voxels[:] = (
                        slicer.util.arrayFromSegmentBinaryLabelmap(data, ORGAN, self.volume) > 0
                    )
                    put_labelmap(data, ORGAN, voxels, matrix)
                items.append(voxels)

    def _update_difference(self, item: int) -> None:
        node = self.get("difference")
        if node is None or not self.count or not node.GetDisplayNode().GetVisibility():
            return
        mask, pgt = self._masks[min(item, self.count - 1)], self._pgts[min(item, self.count - 1)]
        matrix = ijk_to_ras(self.volume)
        put_labelmap(node, MASK_ONLY, mask & (1 - pgt), matrix)
        put_labelmap(node, PGT_ONLY, pgt & (1 - mask), matrix)
        refresh(node)

    def _add_segmentations(self, title: str, volume: Any) -> None:
        organ, coded = self.record.organ["meaning"], terminology(self.record.organ)
        # Later ones are drawn over earlier ones.
        self._add_outline("previous", f"{title} previous iteration", volume, organ, coded, GREY)
        self._add_outline(
            "pgt", f"{title} pGT", volume, _("{organ} (pGT)").format(organ=organ), coded, MAGENTA
        )
        self._add_outline("mask", f"{title} mask", volume, organ, coded, CYAN)
        result = self._add_outline("result", f"{title} result", volume, organ, coded, GREEN)
        result.GetDisplayNode().SetVisibility(False)
        difference = self._new_segmentation("difference", f"{title} differs from pGT", volume)
        for segment, name, colour in (
            (MASK_ONLY, _("mask only"), BLUE),
            (PGT_ONLY, _("pGT only"), ORANGE),
        ):
            difference.GetSegmentation().AddEmptySegment(segment, name, colour)
        display = difference.GetDisplayNode()
        display.SetVisibility2DOutline(False)
        display.SetOpacity2DFill(0.55)
        display.SetVisibility(False)

    def _add_outline(
        self, role: str, name: str, volume: Any, organ: str, coded: str, colour: tuple
    ) -> Any:
        node = self._new_segmentation(role, name, volume)
        _add_organ(node, organ, coded, colour)
        display = node.GetDisplayNode()
        display.SetVisibility2DFill(False)
        display.SetSliceIntersectionThickness(2)
        return node

    def _new_segmentation(self, role: str, name: str, volume: Any) -> Any:
        node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", name)
        node.CreateDefaultDisplayNodes()
        node.SetReferenceImageGeometryParameterFromVolumeNode(volume)
        node.SetAndObserveTransformNodeID(volume.GetTransformNodeID())
        node.GetDisplayNode().SetVisibility3D(False)
        self.node.SetNodeReferenceID(role, node.GetID())
        return node

    def _add_sequences(self, title: str) -> None:
        scene = slicer.mrmlScene
        browser = scene.AddNewNodeByClass("vtkMRMLSequenceBrowserNode", f"{title} iterations")
        self.node.SetNodeReferenceID("browser", browser.GetID())
        for role in ("mask", "pgt"):
            sequence = scene.AddNewNodeByClass("vtkMRMLSequenceNode", f"{title} {role} iterations")
            sequence.SetIndexName("iteration")
            sequence.SetIndexUnit("")
            self.node.SetNodeReferenceID(f"{role}-sequence", sequence.GetID())
            browser.AddSynchronizedSequenceNodeID(sequence.GetID())
            browser.AddProxyNode(self.get(role), sequence, False)

    def _add_folder(self, title: str, volume: Any) -> None:
        tree = slicer.mrmlScene.GetSubjectHierarchyNode()
        folder = tree.CreateFolderItem(tree.GetItemParent(_item(tree, volume)), title)
        for role in ("mask", "pgt", "previous", "difference", "result"):
            tree.SetItemParent(_item(tree, self.get(role)), folder)


def _add_organ(node: Any, name: str, coded: str, colour: tuple) -> None:
    segmentation = node.GetSegmentation()
    segmentation.AddEmptySegment(ORGAN, name, colour)
    segmentation.GetSegment(ORGAN).SetTag(slicer.vtkSegment.GetTerminologyEntryTagName(), coded)


def _item(tree: Any, node: Any) -> int:
    return tree.GetItemByDataNode(node) or tree.CreateItem(tree.GetSceneItemID(), node)
