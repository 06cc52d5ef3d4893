"""Accepted slices of a run, written to a segmentation, to a file, or as DICOM SEG."""

from pathlib import Path
from typing import Any

import numpy as np
import slicer
import vtk
from slicer.i18n import tr as _

from HermesLib.io.whole_file import whole_file
from HermesLib.report import colours
from HermesSegmentLib import dicom_seg
from HermesSegmentLib.labelmaps import ijk_to_ras, put_labelmap, refresh, take_grid
from HermesSegmentLib.node_io import write_mask
from HermesSegmentLib.review import Review
from HermesSegmentLib.run_creation import ORGAN, terminology
from HermesSegmentLib.scene_nodes import remove_node

_SEGMENTATION = ".seg.nrrd"
_MASKS = (".nii.gz", ".nii", ".nrrd")


def to_segmentation(review: Review, target: Any = None) -> Any:
    """Add the accepted slices as one new segment to a segmentation; returns the node.

    Args:
        review: of the run.
        target: the segmentation, which keeps its other segments; None for a new segmentation.

    Raises:
        RuntimeError: a transform of volume or target is not linear.
    """
    run = review.run
    node = target
    if node is None:
        name = slicer.mrmlScene.GenerateUniqueName(
            _("{organ} segmentation").format(organ=run.record.organ["meaning"])
        )
        node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", name)
        node.CreateDefaultDisplayNodes()
        take_grid(node, run.volume)
        node.SetAndObserveTransformNodeID(run.volume.GetTransformNodeID())
    _add_segment(node, review, _placed(run.volume, node))
    return node


def to_file(review: Review, path: Path) -> None:
    """Write the accepted slices on the volume's exact grid.

    Args:
        review: of the run.
        path: ``.seg.nrrd`` holds name and terminology, ``.nii.gz``, ``.nii`` and ``.nrrd`` a mask
            of 0 and 1.

    Raises:
        RuntimeError: another suffix, or the file cannot be written.
        HermesError: the disk is full, or what was written is not what was meant.
    """
    if path.name.endswith(_SEGMENTATION):
        _write_segmentation(review, path)
    elif path.name.endswith(_MASKS):
        voxels = review.accepted_voxels()
        with whole_file(path, lambda written: _require_voxels(written, voxels)) as temporary:
            write_mask(voxels, review.run.volume, temporary)
    else:
        raise RuntimeError(
            _("{name} has an unknown file type; choose {types}").format(
                name=path.name, types=", ".join((_SEGMENTATION, *_MASKS))
            )
        )


def to_dicom_seg(review: Review, folder: Path) -> Path:
    """Write the accepted slices as a DICOM Segmentation object into a folder; returns the file.

    The object names the algorithm, its version, the weights' checksums and the seed.

    Raises:
        RuntimeError: the volume is not from DICOM, its files are not in Slicer's DICOM database, or
            the exporter is missing or fails.
    """
    run = review.run
    reason = dicom_seg.obstacle(run.volume)
    if reason:
        raise RuntimeError(reason)
    node = to_segmentation(review)
    try:
        return dicom_seg.write(node, folder, run.record.algorithm, run.record.organ["meaning"])
    finally:
        remove_node(node)


def _write_segmentation(review: Review, path: Path) -> None:
    name = path.name.removesuffix(_SEGMENTATION)
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", name)
    try:
        take_grid(node, review.run.volume)
        _add_segment(node, review, ijk_to_ras(review.run.volume))
        storage = slicer.vtkMRMLSegmentationStorageNode()
        # The whole grid: programs that do not know segmentations expect the image's size.
        storage.SetCropToMinimumExtent(False)
        voxels = review.accepted_voxels()
        with whole_file(path, lambda written: _require_voxels(written, voxels)) as temporary:
            storage.SetFileName(str(temporary))
            if not storage.WriteData(node):
                raise RuntimeError(_("{name} cannot be written").format(name=path.name))
    finally:
        remove_node(node)


def _placed(volume: Any, node: Any) -> np.ndarray:
    """(4, 4): a volume's grid in the coordinates of a node that may have another transform.

    Raises:
        RuntimeError: a transform between the two is not linear.
    """
    between = vtk.vtkMatrix4x4()
    transforms = volume.GetParentTransformNode(), node.GetParentTransformNode()
    if not slicer.vtkMRMLTransformNode.GetMatrixTransformBetweenNodes(*transforms, between):
        raise RuntimeError(
            _(
                "{name} is under a transform that bends it: choose New segmentation, or harden the"
                " transform of {name} first (module Data, right click, Harden transform)"
            ).format(name=node.GetName())
        )
    return slicer.util.arrayFromVTKMatrix(between) @ ijk_to_ras(volume)


def _require_voxels(path: Path, voxels: np.ndarray) -> None:
    # Imports SimpleITK, which would make opening the module slower.
    from HermesLib.io.image_writing import require_voxels

    require_voxels(path, voxels)


def _add_segment(node: Any, review: Review, grid: np.ndarray) -> None:
    organ, segmentation = review.run.record.organ, node.GetSegmentation()
    name = segmentation.GenerateUniqueSegmentID(ORGAN)
    segment_id = segmentation.AddEmptySegment(name, organ["meaning"], colours.rgb(colours.RESULT))
    segment = segmentation.GetSegment(segment_id)
    segment.SetTag(slicer.vtkSegment.GetTerminologyEntryTagName(), terminology(organ))
    dicom_seg.tag(segment, review.run.record.algorithm)
    put_labelmap(node, segment_id, review.accepted_voxels(), grid)
    refresh(node)
