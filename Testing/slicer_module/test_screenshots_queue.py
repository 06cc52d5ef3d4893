"""Pictures of a queue, and of a mask from elsewhere under review, with the engine on phantoms.

They are taken for the documentation only (``HERMES_SCREENSHOTS``, ``test_screenshots.py``): what
they show is tested in ``test_queue_folder.py`` and ``test_judging.py``.
"""

import os

import numpy as np
import pytest
import SimpleITK
import slicer

from HermesLib.samples.prostate_phantom import prostate_phantom
from HermesSegmentLib.labelmaps import ijk_to_ras, put_labelmap, take_grid
from Testing.slicer_module.queue_driving import click_row
from Testing.slicer_module.test_screenshots import Camera, camera  # noqa: F401
from Testing.slicer_module.test_whole_run import click, panel, wait  # noqa: F401
from Testing.standins.slice_view import SliceView

#: Volumes of the folder: name, seed, how far the mask is moved, pixels.
VOLUMES = (("patient-a", 1, 0), ("patient-b", 2, 4), ("patient-c", 3, 1))


@pytest.mark.skipif("HERMES_SCREENSHOTS" not in os.environ, reason="no pictures are asked for")
def test_a_queue_and_a_mask_from_elsewhere(panel, camera, tmp_path, monkeypatch):  # noqa: F811
    images, masks = tmp_path / "images", tmp_path / "masks"
    images.mkdir()
    masks.mkdir()
    for name, seed, shift in VOLUMES:
        phantom = prostate_phantom(seed=seed, side=96, slices=5, spacing=(2.0, 2.0, 14.0))
        SimpleITK.WriteImage(phantom.image, str(images / f"{name}.nii.gz"))
        moved = np.roll(SimpleITK.GetArrayFromImage(phantom.label), shift, 2)
        mask = SimpleITK.GetImageFromArray(moved)
        mask.CopyInformation(phantom.image)
        SimpleITK.WriteImage(mask, str(masks / f"{name}.nii.gz"))
    (images / "patient-d.nii.gz").write_bytes(b"no image")
    ui = panel.ui
    panel.parameters.samples = panel.parameters.steps = 1
    click(ui.queueToggle)
    ui.queueSourceCombo.currentIndex = 1
    monkeypatch.chdir(tmp_path)
    ui.queueFolderEdit.text, ui.queueMasksEdit.text = images.name, masks.name
    ui.queueOutputEdit.text = "judged"
    ui.setupSection.collapsed = True
    panel.refresh()
    click(ui.queueRunButton)
    wait(panel, lambda: not panel.queue.control.running)
    assert [row.state for row in panel.queue.rows.values()].count("finished") == 3
    click_row(panel, panel.queue.order[1])
    camera.view = SliceView(width=640, height=640)

    def look_at_worst() -> None:
        """The worst slice with both outlines."""
        run = panel.review.run
        both = [entry for entry in run.record.worst_first() if all(run.pixels(entry.index, 0))]
        panel.reviewing.look_at(both[0].index)
        wait(panel, lambda: panel.control.settled)
        camera.view.show(run.volume, tuple(run.frame.centre(both[0].index)))

    look_at_worst()
    camera.shoot("queue")

    click(ui.queueToggle)
    click(ui.judgeToggle)
    panel.queue.leave()
    volume = slicer.util.loadVolume(str(images / "patient-b.nii.gz"))
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "From a colleague")
    node.CreateDefaultDisplayNodes()
    take_grid(node, volume)
    node.GetDisplayNode().SetVisibility(False)
    node.GetSegmentation().AddEmptySegment("prostate", "prostate")
    voxels = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(masks / "patient-b.nii.gz")))
    put_labelmap(node, "prostate", voxels.astype(np.uint8), ijk_to_ras(volume))
    panel.parameters.volume = volume
    ui.judgeSelector.setCurrentNode(node)
    panel.refresh()
    click(ui.judgeButton)
    wait(panel, lambda: not panel.control.running and panel.control.settled)
    look_at_worst()
    camera.shoot("judging")
    for picture in camera.taken.values():
        assert picture.std() > 10
