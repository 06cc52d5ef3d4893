"""The nodes of a new run: segmentations, sequences with their browser, and their folder."""

from typing import Any

import slicer
from slicer.i18n import tr as _

from HermesLib.report import colours
from HermesSegmentLib import dicom_seg
from HermesSegmentLib.labelmaps import take_grid
from HermesSegmentLib.run_record import RunRecord
from HermesSegmentLib.scene_nodes import add_hidden, add_listed, remove_node

ORGAN = "organ"
MASK_ONLY, PGT_ONLY = "mask-only", "pgt-only"
CERTAIN, POSSIBLE = "certain", "possible"
#: Attribute of a run's record node.
RUN_MARK = "HermesSegment.Run"
_SEGMENTATIONS = ("mask", "pgt", "previous", "difference", "result")
_FILL_OPACITY, _DOUBT_OPACITY = 0.55, 0.75
_CONTEXT = "Segmentation category and type - DICOM master list"
_REGIONS = "Anatomic codes - DICOM master list"


def terminology(organ: dict[str, str]) -> str:
    """Slicer's text for an anatomical structure by its code."""
    coded = f"{organ['scheme']}^{organ['value']}^{organ['meaning']}"
    return f"{_CONTEXT}~SCT^123037004^Anatomical Structure~{coded}~^^~{_REGIONS}~^^~^^"


def create_run_nodes(volume: Any, record: RunRecord) -> Any:
    """Add the nodes of a new run on a volume to the scene; returns the record's text node.

    The text node references all others, so a scene that was saved and loaded brings the run back.
    """
    scene = slicer.mrmlScene
    number = 1 + len(run_record_nodes())
    title = f"HERMES {record.organ['meaning']} {number}"
    node = scene.AddNewNodeByClass("vtkMRMLTextNode", f"{title} record")
    node.SetAttribute(RUN_MARK, str(number))
    node.SetForceCreateStorageNode(slicer.vtkMRMLTextNode.CreateStorageNodeAlways)
    node.SetText(record.to_json())
    node.SetNodeReferenceID("volume", volume.GetID())
    _add_segmentations(node, title, volume, record.organ)
    # Slicer's own export takes a segment without these tags for painted by hand.
    segment = node.GetNodeReference("result").GetSegmentation().GetSegment(ORGAN)
    dicom_seg.tag(segment, record.algorithm)
    _add_sequences(node, title)
    _add_folder(node, title, volume)
    return node


def run_record_nodes() -> list[Any]:
    """The record nodes of all runs in the scene."""
    nodes = slicer.util.getNodesByClass("vtkMRMLTextNode")
    return [node for node in nodes if node.GetAttribute(RUN_MARK) is not None]


def add_organ(node: Any, name: str, coded: str, colour: tuple[float, ...]) -> None:
    """Add the organ's segment, still without voxels, to a segmentation node."""
    segmentation = node.GetSegmentation()
    segmentation.AddEmptySegment(ORGAN, name, colour)
    segmentation.GetSegment(ORGAN).SetTag(slicer.vtkSegment.GetTerminologyEntryTagName(), coded)


def adopt(record_node: Any, node: Any) -> None:
    """Put a node into a run's folder."""
    tree = slicer.mrmlScene.GetSubjectHierarchyNode()
    mask = record_node.GetNodeReference("mask")
    tree.SetItemParent(_item(tree, node), tree.GetItemParent(_item(tree, mask)))


def create_doubt(record_node: Any, volume: Any) -> Any:
    """Add the segmentation that outlines the spread of the pGT, not visible yet; it is not saved.

    Thin outlines in the colour of the expected outline: what certainly belongs to the organ, and
    what possibly does.
    """
    node = _new_segmentation(record_node, "doubt", _("spread of the expected outline"), volume)
    for segment, name in ((CERTAIN, _("certain")), (POSSIBLE, _("possible"))):
        node.GetSegmentation().AddEmptySegment(segment, name, colours.rgb(colours.EXPECTED))
    display = node.GetDisplayNode()
    display.SetVisibility2DFill(False)
    display.SetSliceIntersectionThickness(1)
    display.SetOpacity2DOutline(_DOUBT_OPACITY)
    display.SetVisibility(False)
    for part in (node, display):
        part.SetSaveWithScene(False)
    adopt(record_node, node)
    return node


def surface_names() -> tuple[str, str]:
    """The names of the segment in 3D: of what is proposed, and of what is accepted."""
    return _("proposed result, not accepted"), _("accepted result")


def create_surface(record_node: Any, volume: Any) -> Any:
    """Add the segmentation whose surface the 3D views show. It is neither outlined nor saved."""
    node = _new_segmentation(record_node, "surface", _("result in 3D"), volume)
    node.GetSegmentation().AddEmptySegment(ORGAN, surface_names()[0], colours.rgb(colours.MASK))
    display = node.GetDisplayNode()
    display.SetVisibility2DFill(False)
    display.SetVisibility2DOutline(False)
    display.SetVisibility3D(True)
    for part in (node, display):
        part.SetSaveWithScene(False)
    adopt(record_node, node)
    return node


def follow_volume(record_node: Any) -> None:
    """Move a run with its volume, which may have been moved since."""
    transform_id = record_node.GetNodeReference("volume").GetTransformNodeID()
    for role in (*_SEGMENTATIONS, "doubt", "surface"):
        node = record_node.GetNodeReference(role)
        if node is not None and node.GetTransformNodeID() != transform_id:
            node.SetAndObserveTransformNodeID(transform_id)


def remove_run_nodes(record_node: Any) -> None:
    """Remove all nodes of a run and its folder from the scene; the volume stays."""
    scene, tree = slicer.mrmlScene, slicer.mrmlScene.GetSubjectHierarchyNode()
    mask = record_node.GetNodeReference("mask")
    folder = 0 if mask is None else tree.GetItemParent(_item(tree, mask))
    roles: list[str] = []
    record_node.GetNodeReferenceRoles(roles)
    parts = [record_node.GetNodeReference(role) for role in roles if role != "volume"]
    chart = record_node.GetNodeReference("chart")
    if chart is not None:
        parts += [
            chart.GetNthPlotSeriesNode(number)
            for number in range(chart.GetNumberOfPlotSeriesNodes())
        ]
    # The browser first: it follows its sequences.
    parts.sort(key=lambda part: part is not None and not part.IsA("vtkMRMLSequenceBrowserNode"))
    for part in parts:
        if part is not None and part.GetScene() is scene:
            remove_node(part)
    remove_node(record_node)
    if folder and tree.GetItemOwnerPluginName(folder) == "Folder":
        tree.RemoveItem(folder)


def _add_segmentations(node: Any, title: str, volume: Any, organ: dict[str, str]) -> None:
    meaning, coded = organ["meaning"], terminology(organ)
    pgt_name = _("{organ} (expected outline)").format(organ=meaning)
    # Later nodes are drawn over earlier ones.
    for role, name, segment, colour in (
        ("previous", _("previous iteration"), meaning, colours.PREVIOUS),
        ("pgt", _("expected outline"), pgt_name, colours.EXPECTED),
        ("mask", _("mask"), meaning, colours.MASK),
        ("result", _("result"), meaning, colours.RESULT),
    ):
        made = _new_segmentation(node, role, f"{title} {name}", volume)
        add_organ(made, segment, coded, colours.rgb(colour))
        display = made.GetDisplayNode()
        display.SetVisibility2DFill(False)
        display.SetSliceIntersectionThickness(2)
        display.SetVisibility(role in ("mask", "pgt"))
    name = _("difference between mask and expected outline")
    difference = _new_segmentation(node, "difference", f"{title} {name}", volume)
    segmentation = difference.GetSegmentation()
    segmentation.AddEmptySegment(MASK_ONLY, _("only in mask"), colours.rgb(colours.MASK_ONLY))
    segmentation.AddEmptySegment(
        PGT_ONLY, _("only in expected outline"), colours.rgb(colours.EXPECTED_ONLY)
    )
    display = difference.GetDisplayNode()
    display.SetVisibility2DOutline(False)
    display.SetOpacity2DFill(_FILL_OPACITY)
    display.SetVisibility(False)


def _new_segmentation(record_node: Any, role: str, name: str, volume: Any) -> Any:
    # Only the result is a segmentation to choose; the others show iterations.
    add = add_listed if role == "result" else add_hidden
    node = add("vtkMRMLSegmentationNode", name)
    node.CreateDefaultDisplayNodes()
    take_grid(node, volume)
    node.SetAndObserveTransformNodeID(volume.GetTransformNodeID())
    node.GetDisplayNode().SetVisibility3D(False)
    record_node.SetNodeReferenceID(role, node.GetID())
    return node


def _add_sequences(node: Any, title: str) -> None:
    scene = slicer.mrmlScene
    browser = scene.AddNewNodeByClass("vtkMRMLSequenceBrowserNode", f"{title} iterations")
    node.SetNodeReferenceID("browser", browser.GetID())
    for role in ("mask", "pgt"):
        sequence = scene.AddNewNodeByClass("vtkMRMLSequenceNode", f"{title} {role} iterations")
        sequence.SetIndexName(_("try"))
        sequence.SetIndexUnit("")
        node.SetNodeReferenceID(f"{role}-sequence", sequence.GetID())
        browser.AddSynchronizedSequenceNodeID(sequence.GetID())
        browser.AddProxyNode(node.GetNodeReference(role), sequence, False)


def _add_folder(node: Any, title: str, volume: Any) -> None:
    tree = slicer.mrmlScene.GetSubjectHierarchyNode()
    folder = tree.CreateFolderItem(tree.GetItemParent(_item(tree, volume)), title)
    for part in (*(node.GetNodeReference(role) for role in _SEGMENTATIONS), node):
        tree.SetItemParent(_item(tree, part), folder)


def _item(tree: Any, node: Any) -> int:
    return tree.GetItemByDataNode(node) or tree.CreateItem(tree.GetSceneItemID(), node)
