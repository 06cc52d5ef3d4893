"""The exporter of Slicer's ``DICOMSegmentationPlugin``, with its rules in its order.

After Modules/Scripted/DICOMPlugins/DICOMSegmentationPlugin.py. Where Slicer's exporter calls dcmqi,
this one writes through highdicom.
"""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import slicer
import vtk
from vtk.util.numpy_support import vtk_to_numpy

_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0])


class DICOMSegmentationExporter:
    """Writes a segmentation node as a DICOM Segmentation object."""

    class EmptySegmentsFoundError(ValueError):
        """Some segments have no voxels."""

    class NoNonEmptySegmentsFoundError(ValueError):
        """No segment has voxels."""

    def __init__(self, segmentationNode: Any, contentCreatorName: str | None = None) -> None:
        self.segmentationNode = segmentationNode
        self.contentCreatorName = contentCreatorName or "Slicer"
        self.tempDir = slicer.util.tempDirectory()

    def cleanup(self) -> None:
        """Remove the temporary folder."""
        shutil.rmtree(self.tempDir)

    def export(
        self,
        outputDirectory: str,
        segFileName: str,
        metadata: dict[str, str],
        segmentIDs: list[str] | None = None,
        skipEmpty: bool = False,
    ) -> bool:
        """Write a file.

        Raises:
            ValueError: a rule of Slicer's exporter is broken.
        """
        segmentation = self.segmentationNode.GetSegmentation()
        ids = segmentIDs or list(segmentation.GetSegmentIDs())
        filled = [name for name in ids if not self.isSegmentEmpty(segmentation.GetSegment(name))]
        if not skipEmpty and filled and len(ids) != len(filled):
            raise self.EmptySegmentsFoundError("Empty segments found in segmentation.")
        if not filled:
            raise self.NoNonEmptySegmentsFoundError("No non empty segments found.")
        descriptions = [self._describe(segmentation.GetSegment(name)) for name in filled]
        volume = self.segmentationNode.GetNodeReference(
            self.segmentationNode.GetReferenceImageGeometryReferenceRole()
        )
        if not volume:
            raise ValueError("Referenced volume is not found for the segmentation.")
        uids = volume.GetAttribute("DICOM.instanceUIDs")
        if not uids:
            raise ValueError(f"VolumeNode {volume.GetName()} has no attribute DICOM.instanceUIDs")
        files = [slicer.dicomDatabase.fileForInstance(uid) for uid in uids.split()]
        if not all(files):
            raise ValueError(
                "Referenced volume files were not found in the DICOM database "
                f"(missing {files.count('')} files out of {len(files)})."
            )
        masks = [self._voxels(name) for name in filled]
        self._write(Path(outputDirectory) / segFileName, files, masks, descriptions, metadata)
        return True

    def isSegmentEmpty(self, segment: Any) -> bool:
        """Slicer's rule: the scalars have a name, and not all are 0."""
        representation = segment.GetRepresentation("Binary labelmap")
        scalars = representation.GetPointData().GetArray("ImageScalars")
        return scalars is None or scalars.GetValueRange() == (0, 0)

    def _describe(self, segment: Any) -> dict[str, Any]:
        entry, text = slicer.vtkSlicerTerminologyEntry(), vtk.mutable("")
        segment.GetTag(segment.GetTerminologyEntryTagName(), text)
        slicer.modules.terminologies.logic().DeserializeTerminologyEntry(text, entry)
        codes = [entry.GetCategoryObject(), entry.GetTypeObject()]
        if any(code is None or code.GetCodeValue() is None for code in codes):
            raise ValueError(
                f"Segment {segment.GetName()} has missing attributes. Make sure to set terminology."
            )
        kind, name = vtk.mutable(""), vtk.mutable("")
        if not segment.GetTag("DICOM.SegmentAlgorithmType", kind):
            kind = "MANUAL"
        if kind not in ["MANUAL", "SEMIAUTOMATIC", "AUTOMATIC"]:
            raise ValueError(f"{segment.GetName()} has invalid attribute for SegmentAlgorithmType.")
        if not segment.GetTag("DICOM.SegmentAlgorithmName", name):
            name = ""
        if kind != "MANUAL" and not name:
            raise ValueError(f"Segment {segment.GetName()} has missing SegmentAlgorithmName")
        coded = [
            (code.GetCodeValue(), code.GetCodingSchemeDesignator(), code.GetCodeMeaning())
            for code in codes
        ]
        return {"label": segment.GetName(), "kind": str(kind), "name": str(name), "codes": coded}

    def _voxels(self, name: str) -> np.ndarray:
        """A segment (k, j, i) on the reference geometry."""
        names = vtk.vtkStringArray()
        names.InsertNextValue(name)
        merged = slicer.vtkOrientedImageData()
        self.segmentationNode.GenerateMergedLabelmapForAllSegments(merged, 0, None, names)
        scalars = vtk_to_numpy(merged.GetPointData().GetScalars())
        matrix = vtk.vtkMatrix4x4()
        merged.GetImageToWorldMatrix(matrix)
        self._grid = slicer.util.arrayFromVTKMatrix(matrix), merged.GetExtent()[::2]
        return scalars.reshape(merged.GetDimensions()[::-1]) > 0

    def _write(
        self,
        path: Path,
        files: list[str],
        masks: list[np.ndarray],
        descriptions: list[dict[str, Any]],
        metadata: dict[str, str],
    ) -> None:
        import highdicom
        import pydicom
        from highdicom.sr import CodedConcept

        matrix, first = self._grid
        sources, planes = [], []
        for source in map(pydicom.dcmread, files):
            ras = _LPS_TO_RAS @ np.array(source.ImagePositionPatient, float)
            k = round((np.linalg.inv(matrix) @ [*ras, 1])[2]) - first[2]
            sources.append(source)
            planes.append(masks[0][k])
        used = [number for number, plane in enumerate(planes) if plane.any()]
        (described,) = descriptions
        category, kind = (
            CodedConcept(value=value, scheme_designator=scheme, meaning=meaning)
            for value, scheme, meaning in described["codes"]
        )
        segment = highdicom.seg.SegmentDescription(
            segment_number=1,
            segment_label=described["label"],
            segmented_property_category=category,
            segmented_property_type=kind,
            algorithm_type=described["kind"],
            algorithm_identification=highdicom.AlgorithmIdentificationSequence(
                name=described["name"],
                family=pydicom.sr.codedict.codes.cid7162.ArtificialIntelligence,
                version="unknown",
            ),
        )
        stored = highdicom.seg.Segmentation(
            source_images=[sources[number] for number in used],
            pixel_array=np.array([planes[number] for number in used], np.uint8),
            segmentation_type=highdicom.seg.SegmentationTypeValues.BINARY,
            segment_descriptions=[segment],
            series_instance_uid=highdicom.UID(),
            series_number=100,
            sop_instance_uid=highdicom.UID(),
            instance_number=1,
            manufacturer="stand-in",
            manufacturer_model_name="stand-in",
            software_versions="0",
            device_serial_number="0",
            series_description=metadata.get("SeriesDescription", "Segmentation"),
        )
        # The converter knows no identification of the algorithm beyond its name.
        del stored.SegmentSequence[0].SegmentationAlgorithmIdentificationSequence
        stored.save_as(path)
