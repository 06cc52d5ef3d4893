"""Accepted slices out of a run: to a segmentation, to a file, and the report."""

import copy
import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import slicer
from slicer.i18n import tr as _

from HermesSegmentLib import slicer_app
from HermesSegmentLib.labelmaps import ijk_to_ras, put_labelmap, refresh
from HermesSegmentLib.node_io import write_mask
from HermesSegmentLib.review import Review
from HermesSegmentLib.run_nodes import GREEN, ORGAN, terminology
from HermesSegmentLib.run_record import ABSENT, ACCEPTED, FAILED, STOPPED, SliceRecord

#: What a DICOM SEG says of how its segment came about.
ALGORITHM = {"DICOM.SegmentAlgorithmType": "SEMIAUTOMATIC", "DICOM.SegmentAlgorithmName": "HERMES"}
COLUMNS = (
    "slice",
    "status",
    "decision",
    "chosen",
    "best",
    "pdsc",
    "pdsc_low",
    "pdsc_high",
    "iterations",
)


def to_segmentation(review: Review, target: Any = None) -> Any:
    """Add the accepted slices as one new segment to a segmentation, a new one if ``target`` is None; returns the node.

    What an existing segmentation holds stays; its segments share no voxel with the new one's storage.
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
    """Write the accepted slices on the volume's exact grid: ``.seg.nrrd`` with name and terminology, or a 0-1 mask as NIfTI.

    Raises:
        RuntimeError: another ending, or the file cannot be written.
    """
    if path.name.endswith(".seg.nrrd"):
        node = slicer.mrmlScene.AddNewNodeByClass(
            "vtkMRMLSegmentationNode", path.name.removesuffix(".seg.nrrd")
        )
        try:
            node.SetReferenceImageGeometryParameterFromVolumeNode(review.run.volume)
            _add_segment(node, review)
            storage = slicer.vtkMRMLSegmentationStorageNode()
            storage.SetFileName(str(path))
            # The whole grid, so that programs that know nothing of segmentations find mask and image of one size.
            storage.SetCropToMinimumExtent(False)
            if not storage.WriteData(node):
                raise RuntimeError(_("{name} cannot be written").format(name=path.name))
        finally:
            slicer.mrmlScene.RemoveNode(node)
    elif path.name.endswith((".nii.gz", ".nii", ".nrrd")):
        write_mask(review.accepted_voxels(), review.run.volume, path)
    else:
        raise RuntimeError(
            _("{name} ends in none of .seg.nrrd, .nii.gz, .nii, .nrrd").format(name=path.name)
        )


def to_dicom_seg(review: Review, folder: Path) -> None:
    """Write the accepted slices as a DICOM Segmentation object into a folder.

    Raises:
        RuntimeError: the volume is not from DICOM, QuantitativeReporting is missing or refuses.
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


def report(review: Review) -> dict[str, Any]:
    """HermesLib's report of the run with the reader's decisions in it.

    Slices that were run again, and all of a run that broke off, are as the scene knows them.
    """
    record = review.run.record
    found = (
        copy.deepcopy(record.report)
        if record.report
        else {"format": 1, "summary": {}, "provenance": record.request}
    )
    told = {entry["index"]: entry for entry in found.get("slices", [])}
    found["slices"] = []
    for one in sorted(record.slices.values(), key=lambda one: one.index):
        entry = told.get(one.index, {})
        if len(entry.get("iterations", [])) != len(one.iterations):
            entry = {
                **_slice_entry(one),
                "present": entry.get("present"),
                "familiar": entry.get("familiar"),
            }
        found["slices"].append(
            {**entry, "review": {"decision": one.decision or "none", "iteration": one.chosen}}
        )
    counts = record.counts()
    found["summary"].update(
        {
            "slices": len(record.slices),
            **{name: counts[name] for name in (ACCEPTED, STOPPED, ABSENT, FAILED)},
        }
    )
    return found


def _slice_entry(one: SliceRecord) -> dict[str, Any]:
    """A slice as HermesLib's report has it; the true Dice is never known here, and outlines are measured by the engine alone."""
    best = one.iterations[one.best] if one.iterations else None
    numbers = dict.fromkeys(("pdsc", "pdsc_low", "pdsc_high"))
    if best is not None:
        numbers = {"pdsc": best.pdsc, "pdsc_low": best.low, "pdsc_high": best.high}
    unasked = {"kind": "none" if one.status == ABSENT else "given"}
    steps = [
        {
            "index": number,
            "pdsc": step.pdsc,
            "dsc": None,
            "prompt": step.prompt or unasked,
            "seconds": step.seconds,
        }
        for number, step in enumerate(one.iterations)
    ]
    unknown = {"dsc": None, "hd95_mm": None, "assd_mm": None}
    ends = {
        "index": one.index,
        "status": one.status,
        "best": one.best,
        "borderline": one.borderline,
    }
    return {**ends, **numbers, **unknown, "iterations": steps}


def write_report(review: Review, path: Path) -> list[Path]:
    """Write the report as JSON to ``path`` and one row a slice as CSV beside it; returns both paths."""
    path = path.with_suffix(".json")
    path.write_text(json.dumps(report(review), indent=1) + "\n", encoding="utf-8")
    table = path.with_suffix(".csv")
    with open(table, "w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        for one in sorted(review.run.record.slices.values(), key=lambda one: one.index):
            best = one.iterations[one.best] if one.iterations else None
            numbers = (
                ("", "", "")
                if best is None
                else tuple(round(value, 6) for value in (best.pdsc, best.low, best.high))
            )
            chosen = "" if one.chosen is None else one.chosen
            writer.writerow(
                (
                    one.index,
                    one.status,
                    one.decision,
                    chosen,
                    one.best,
                    *numbers,
                    len(one.iterations),
                )
            )
    return [path, table]


def _add_segment(node: Any, review: Review) -> None:
    record, segmentation = review.run.record, node.GetSegmentation()
    segment = segmentation.AddEmptySegment(
        segmentation.GenerateUniqueSegmentID(ORGAN), record.organ["meaning"], GREEN
    )
    coded = slicer.vtkSegment.GetTerminologyEntryTagName()
    segmentation.GetSegment(segment).SetTag(coded, terminology(record.organ))
    for tag, value in ALGORITHM.items():
        segmentation.GetSegment(segment).SetTag(tag, value)
    voxels = np.ascontiguousarray(review.accepted_voxels())
    put_labelmap(node, segment, voxels, ijk_to_ras(review.run.volume))
    refresh(node)
