"""Export of accepted slices to segmentations and files."""

import json

import numpy as np
import slicer

from HermesLib.metrics.overlap import dice
from HermesSegmentLib.labelmaps import voxels_of
from HermesSegmentLib.run_creation import ORGAN
from Testing.slicer_module.driving import GLAND, LARGE, accept_every, click
from Testing.slicer_module.test_slice_views import transform_of


def test_exports_hold_only_accepted_slices_on_the_volumes_grid(reviewed, tmp_path):
    import SimpleITK

    from HermesSegmentLib import export, review_report

    accept_every(reviewed)
    reviewed.reviewing.look_at(4)
    click(reviewed.ui.rejectButton)
    click(reviewed.ui.exportNodeButton)
    node = slicer.util.getNode("Prostate segmentation")
    expected = np.zeros((6, 40, 50), bool)
    expected[2], expected[3] = GLAND, LARGE
    assert np.array_equal(
        voxels_of(node, node.GetSegmentation().GetNthSegmentID(0), reviewed.review.run.volume),
        expected,
    )
    for name in ("out.seg.nrrd", "out.nii.gz"):
        export.to_file(reviewed.review, tmp_path / name)
        image = SimpleITK.ReadImage(str(tmp_path / name))
        assert np.array_equal(SimpleITK.GetArrayFromImage(image) > 0, expected), name
    path, table = review_report.write_report(reviewed.review, tmp_path / "report.json")
    report = json.loads(path.read_text(encoding="utf-8"))
    assert [entry["review"]["decision"] for entry in report["slices"]] == [
        "accepted",
        "accepted",
        "rejected",
    ]
    assert len(table.read_text(encoding="utf-8").splitlines()) == 4


def test_exporting_to_an_existing_segmentation_keeps_its_segments(reviewed):
    from HermesSegmentLib.labelmaps import ijk_to_ras, put_labelmap

    target = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "mine")
    target.CreateDefaultDisplayNodes()
    target.SetReferenceImageGeometryParameterFromVolumeNode(reviewed.review.run.volume)
    target.GetSegmentation().AddEmptySegment("bladder", "Bladder")
    bladder = np.zeros((6, 40, 50), np.uint8)
    bladder[:, 12:20, 12:20] = 1
    put_labelmap(target, "bladder", bladder, ijk_to_ras(reviewed.review.run.volume))
    accept_every(reviewed)
    reviewed.ui.targetSelector.setCurrentNode(target)
    click(reviewed.ui.exportNodeButton)
    assert np.array_equal(voxels_of(target, "bladder", reviewed.review.run.volume), bladder > 0)
    assert target.GetSegmentation().GetNumberOfSegments() == 2
    assert (
        voxels_of(target, target.GetSegmentation().GetNthSegmentID(1), reviewed.review.run.volume)[
            2
        ].sum()
        == GLAND.sum()
    )


def test_edits_in_the_segment_editor_are_exported(reviewed, tmp_path):
    import SimpleITK

    from HermesSegmentLib import export

    click(reviewed.ui.editButton)
    run = reviewed.review.run
    assert reviewed.review.current.decision == "edited"
    # As the Segment Editor does: the segment gets another labelmap, cropped to its extent.
    painted = voxels_of(run.get("result"), ORGAN, run.volume).astype(np.uint8)
    painted[3, 30:35, 40:48] = 1
    slicer.util.updateSegmentBinaryLabelmapFromArray(painted, run.get("result"), ORGAN, run.volume)
    accept_every(reviewed)
    export.to_file(reviewed.review, tmp_path / "out.nii.gz")
    exported = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(tmp_path / "out.nii.gz"))) > 0
    assert np.array_equal(exported[3], painted[3] > 0)
    assert np.array_equal(exported[2], GLAND) and np.array_equal(exported[4], LARGE)


def test_an_export_into_a_segmentation_elsewhere_is_at_the_volumes_place(reviewed):
    from HermesSegmentLib import export

    volume = reviewed.review.run.volume
    click(reviewed.ui.acceptButton)
    target = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "elsewhere")
    target.CreateDefaultDisplayNodes()
    transform_of(target, 0, (10, 0, 0))
    transform_of(volume, 30, (-5, 8, 0))
    export.to_segmentation(reviewed.review, target)
    (name,) = target.GetSegmentation().GetSegmentIDs()
    # Read through both transforms.
    found = voxels_of(target, name, volume)[3]
    # Resampled to the nearest voxel.
    assert dice(found, LARGE) > 0.98


def test_a_file_of_a_transformed_volume_is_on_the_volumes_own_grid(reviewed, tmp_path):
    import SimpleITK

    from HermesSegmentLib import export

    click(reviewed.ui.acceptButton)
    transform_of(reviewed.review.run.volume, 30, (-5, 8, 0))
    for name in ("out.seg.nrrd", "out.nii.gz"):
        export.to_file(reviewed.review, tmp_path / name)
        image = SimpleITK.ReadImage(str(tmp_path / name))
        voxels = SimpleITK.GetArrayFromImage(image)
        assert voxels.shape == (6, 40, 50) and np.array_equal(voxels[3] > 0, LARGE), name


def test_a_run_follows_a_volume_that_is_moved_later(reviewed):
    run = reviewed.review.run
    transform = transform_of(run.volume, 30, (-5, 8, 0))
    reviewed.reviewing.show_iteration(0)
    for role in ("mask", "pgt", "previous", "difference", "result"):
        assert run.get(role).GetParentTransformNode() is transform
