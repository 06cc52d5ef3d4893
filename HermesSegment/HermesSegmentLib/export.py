"""Accepted slices of a run, written to a segmentation, to a file, or as DICOM SEG."""

from pathlib import Path
from typing import Any

import slicer
from slicer.i18n import tr as _

from HermesLib.report import colours
from HermesSegmentLib import slicer_app
from HermesSegmentLib.labelmaps import ijk_to_ras, put_labelmap, refresh
from HermesSegmentLib.node_io import write_mask
from HermesSegmentLib.review import Review
from HermesSegmentLib.run_creation import ORGAN, terminology

#: How a DICOM SEG describes the origin of its segment.
ALGORITHM = {"DICOM.SegmentAlgorithmType": "SEMIAUTOMATIC", "DICOM.SegmentAlgorithmName": "HERMES"}
_SEGMENTATION = ".seg.nrrd"
_MASKS = (".nii.gz", ".nii", ".nrrd")


def to_segmentation(review: Review, target: Any = None) -> Any:
    """Add the accepted slices as one new segment to a segmentation; returns the node.

    Args:
        review: of the run.
        target: the segmentation, which keeps its other segments; None for a new segmentation.
    """
    run = review.run
    node = target
    if node is None:
        name = slicer.mrmlScene.GenerateUniqueName(
            _("{organ} segmentation").format(organ=run.record.organ["meaning"])
        )
        node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", name)
        node.CreateDefaultDisplayNodes()
        node.SetReferenceImageGeometryParameterFromVolumeNode(run.volume)
        node.SetAndObserveTransformNodeID(run.volume.GetTransformNodeID())
    _add_segment(node, review)
    return node


def to_file(review: Review, path: Path) -> None:
    """Write the accepted slices on the volume's exact grid.

    Args:
        review: of the run.
        path: ``.seg.nrrd`` holds name and terminology, ``.nii.gz``, ``.nii`` and ``.nrrd`` a mask
            of 0 and 1.

    Raises:
        RuntimeError: another suffix, or the file cannot be written.
    """
    if path.name.endswith(_SEGMENTATION):
        _write_segmentation(review, path)
    elif path.name.endswith(_MASKS):
        write_mask(review.accepted_voxels(), review.run.volume, path)
    else:
        raise RuntimeError(
            _("{name} has an unknown file type; choose {types}").format(
                name=path.name, types=", ".join((_SEGMENTATION, *_MASKS))
            )
        )


def to_dicom_seg(review: Review, folder: Path) -> None:
    """Write the accepted slices as a DICOM Segmentation object into a folder.

    Raises:
        RuntimeError: the volume is not from DICOM, or the exporter is missing or fails.
    """
    obstacle = slicer_app.dicom_seg_obstacle(review.run.volume)
    if obstacle:
        raise RuntimeError(obstacle)
    node = to_segmentation(review)
    try:
        tree = slicer.mrmlScene.GetSubjectHierarchyNode()
        study = tree.GetItemParent(tree.GetItemByDataNode(review.run.volume))
        tree.SetItemParent(tree.GetItemByDataNode(node), study)
        slicer_app.export_dicom_seg(node, folder)
    finally:
        slicer.mrmlScene.RemoveNode(node)


def _write_segmentation(review: Review, path: Path) -> None:
    name = path.name.removesuffix(_SEGMENTATION)
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", name)
    try:
        node.SetReferenceImageGeometryParameterFromVolumeNode(review.run.volume)
        _add_segment(node, review)
        storage = slicer.vtkMRMLSegmentationStorageNode()
        storage.SetFileName(str(path))
        # The whole grid: programs that do not know segmentations expect the image's size.
        storage.SetCropToMinimumExtent(False)
        if not storage.WriteData(node):
            raise RuntimeError(_("{name} cannot be written").format(name=path.name))
    finally:
        slicer.mrmlScene.RemoveNode(node)


def _add_segment(node: Any, review: Review) -> None:
    organ, segmentation = review.run.record.organ, node.GetSegmentation()
    name = segmentation.GenerateUniqueSegmentID(ORGAN)
    segment_id = segmentation.AddEmptySegment(name, organ["meaning"], colours.rgb(colours.RESULT))
    segment = segmentation.GetSegment(segment_id)
    segment.SetTag(slicer.vtkSegment.GetTerminologyEntryTagName(), terminology(organ))
    for tag, value in ALGORITHM.items():
        segment.SetTag(tag, value)
    put_labelmap(node, segment_id, review.accepted_voxels(), ijk_to_ras(review.run.volume))
    refresh(node)
