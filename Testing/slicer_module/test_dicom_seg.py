"""DICOM SEG from the panel: by the rules of Slicer's exporter, with the origin of the result."""

import filecmp
import sys

import numpy as np
import pytest
import slicer

from HermesSegmentLib import dicom_seg, export
from HermesSegmentLib.labelmaps import ijk_to_ras
from HermesSegmentLib.run_creation import ORGAN
from Testing.slicer_module.dicom_series import write_series
from Testing.slicer_module.driving import GLAND, LARGE, click
from Testing.slicer_module.slicers_exporter import slicers_exporter
from Testing.standins import dicom_segmentation_plugin as standin
from Testing.standins.sources import source_text

pydicom = pytest.importorskip("pydicom")
highdicom = pytest.importorskip("highdicom")

PROVENANCE = {
    "hermes": "0.1.0",
    "preset": "prostate-t2",
    "seed": 7,
    "model": {"name": "scribbleprompt", "sha256": "a" * 64},
    "quality": {"name": "core", "sha256": "b" * 64},
}


@pytest.fixture
def accepted(reviewed, tmp_path):
    """A panel with slices 2 and 3 accepted, on a volume whose series is in the database."""
    review = reviewed.review
    review.run.record.report["provenance"] = dict(PROVENANCE)
    (tmp_path / "series").mkdir()
    for path in write_series(review.run.volume, tmp_path / "series"):
        slicer.dicomDatabase.insert(str(path))
    for index in (2, 3):
        reviewed.reviewing.look_at(index)
        click(reviewed.ui.acceptButton)
    yield reviewed
    slicer.dicomDatabase.initializeDatabase()


@pytest.fixture(params=["the stand-in", "Slicer's own"])
def exporter(request, monkeypatch):
    """The exporter that is used; Slicer's own where its sources and dcmqi are."""
    if request.param == "Slicer's own":
        monkeypatch.setitem(sys.modules, "DICOMSegmentationPlugin", slicers_exporter())
    return sys.modules["DICOMSegmentationPlugin"].DICOMSegmentationExporter


def places(stored) -> np.ndarray:
    """The positions (M, 3) of an object's voxels in the patient, LPS in mm, sorted."""
    volume = stored.get_volume(segment_numbers=[1], combine_segments=True)
    return sort(volume.map_indices_to_reference(np.argwhere(volume.array > 0)))


def sort(points: np.ndarray) -> np.ndarray:
    return points[np.lexsort(np.round(points, 2).T)]


def test_the_object_holds_the_accepted_slices_at_their_place(accepted, exporter, tmp_path):
    path = export.to_dicom_seg(accepted.review, tmp_path)
    stored = highdicom.seg.segread(path)
    voxels = np.zeros((6, 40, 50), bool)
    # Slice 2 at its best iteration, slice 3 likewise.
    voxels[2], voxels[3] = GLAND, LARGE
    k, j, i = np.nonzero(voxels)
    ras = np.column_stack([i, j, k, np.ones(len(i))]) @ ijk_to_ras(accepted.review.run.volume).T
    expected = sort(ras[:, :3] * [-1, -1, 1])
    found = places(stored)
    assert found.shape == expected.shape and np.allclose(found, expected, atol=0.02)


def test_the_object_says_which_algorithm_weights_and_seed_made_it(accepted, exporter, tmp_path):
    stored = pydicom.dcmread(export.to_dicom_seg(accepted.review, tmp_path))
    (segment,) = stored.SegmentSequence
    assert segment.SegmentAlgorithmType == "SEMIAUTOMATIC"
    assert segment.SegmentAlgorithmName == "HERMES scribbleprompt"
    assert segment.SegmentedPropertyTypeCodeSequence[0].CodeValue == "41216001"
    (algorithm,) = segment.SegmentationAlgorithmIdentificationSequence
    assert algorithm.AlgorithmName == "HERMES scribbleprompt"
    assert algorithm.AlgorithmVersion == "0.1.0"
    parameters = dict(part.split("=") for part in algorithm.AlgorithmParameters.split(","))
    assert parameters["seed"] == "7" and parameters["preset"] == "prostate-t2"
    assert parameters["model-sha256"] == "a" * 64 and parameters["quality-sha256"] == "b" * 64
    assert stored.SeriesDescription == "HERMES scribbleprompt: Prostate"


def test_the_file_is_in_the_database_and_nothing_is_left_in_the_scene(accepted, tmp_path):
    before = slicer.mrmlScene.GetNumberOfNodes()
    path = export.to_dicom_seg(accepted.review, tmp_path)
    assert slicer.mrmlScene.GetNumberOfNodes() == before
    uid = str(pydicom.dcmread(path).SOPInstanceUID)
    stored = slicer.dicomDatabase.fileForInstance(uid)
    assert filecmp.cmp(stored, path, shallow=False)
    assert [entry.name for entry in tmp_path.iterdir() if entry.is_file()] == [path.name]


def test_the_results_node_passes_slicers_own_export(accepted, exporter, tmp_path):
    node = accepted.review.run.get("result")
    writer = exporter(node)
    assert not writer.isSegmentEmpty(node.GetSegmentation().GetSegment(ORGAN))
    assert writer.export(str(tmp_path), "result.dcm", {})
    (segment,) = pydicom.dcmread(tmp_path / "result.dcm").SegmentSequence
    assert segment.SegmentAlgorithmType == "SEMIAUTOMATIC"
    writer.cleanup()


def test_the_button_says_what_is_missing(reviewed, tmp_path, monkeypatch):
    button, volume = reviewed.ui.exportDicomButton, reviewed.review.run.volume
    click(reviewed.ui.acceptButton)
    assert not button.enabled and "not loaded from DICOM" in button.toolTip
    paths = write_series(volume, tmp_path)
    reviewed.refresh()
    assert not button.enabled and "import the series again" in button.toolTip
    for path in paths:
        slicer.dicomDatabase.insert(str(path), False)
    paths[-1].rename(tmp_path / "moved")
    reviewed.refresh()
    assert not button.enabled and "import the series again" in button.toolTip
    (tmp_path / "moved").rename(paths[-1])
    reviewed.refresh()
    assert button.enabled
    monkeypatch.delitem(sys.modules, "DICOMSegmentationPlugin")
    reviewed.refresh()
    assert not button.enabled and "QuantitativeReporting" in button.toolTip
    slicer.dicomDatabase.initializeDatabase()


def test_what_slicers_exporter_refuses_is_one_line_and_leaves_no_file(accepted, exporter, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    node = export.to_segmentation(accepted.review)
    (name,) = node.GetSegmentation().GetSegmentIDs()
    segment = node.GetSegmentation().GetSegment(name)
    segment.GetRepresentation("Binary labelmap").GetPointData().GetScalars().SetName(None)
    with pytest.raises(RuntimeError, match="No non empty segments found"):
        dicom_seg.write(node, folder, accepted.review.run.record.algorithm, "Prostate")
    assert not list(folder.iterdir())


def test_the_stand_ins_rules_are_in_slicers_exporter():
    text = source_text("Slicer/Slicer", "Modules/Scripted/DICOMPlugins/DICOMSegmentationPlugin.py")
    for rule in (
        'imagescalars = r.GetPointData().GetArray("ImageScalars")',
        "return imagescalars.GetValueRange() == (0, 0)",
        "No non empty segments found.",
        'if algorithmType not in ["MANUAL", "SEMIAUTOMATIC", "AUTOMATIC"]:',
        'if algorithmType != "MANUAL" and not algorithmName:',
        "Make sure to set terminology.",
        "Referenced volume files were not found in the DICOM database",
        "def export(self, outputDirectory, segFileName, metadata, segmentIDs=None",
    ):
        assert rule in text, rule
    for name in ("__init__", "export", "cleanup", "isSegmentEmpty"):
        assert hasattr(standin.DICOMSegmentationExporter, name) and f"def {name}(" in text
