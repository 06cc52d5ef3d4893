"""A volume that Slicer stacked otherwise than its DICOM files lie is not segmented."""

from collections.abc import Callable

import numpy as np
import pytest
import slicer

from HermesSegmentLib import dicom_placement
from Testing.slicer_module.dicom_series import write_series

pydicom = pytest.importorskip("pydicom")
#: Moves the position of the k-th slice, (3,), mm.
Move = Callable[[int, np.ndarray], np.ndarray]


@pytest.fixture
def moved(volume, tmp_path):
    """Puts the volume's files, with moved positions, into the database."""

    def put(move: Move) -> None:
        for k, path in enumerate(write_series(volume, tmp_path)):
            image = pydicom.dcmread(path)
            place = move(k, np.array(image.ImagePositionPatient, float))
            image.ImagePositionPatient = [f"{part:.6f}" for part in place]
            image.save_as(path)
            slicer.dicomDatabase.insert(str(path))

    yield put
    slicer.dicomDatabase.initializeDatabase()


def normal_of(volume) -> np.ndarray:
    """From slice to slice, (3,) in LPS, mm."""
    matrix = slicer.util.arrayFromVTKMatrix(_matrix(volume))
    return np.diag([-1.0, -1.0, 1.0]) @ matrix[:3, 2]


def _matrix(volume):
    import vtk

    matrix = vtk.vtkMatrix4x4()
    volume.GetIJKToRASMatrix(matrix)
    return matrix


def test_a_volume_that_lies_as_its_files_say_can_be_run(panel, volume, moved):
    moved(lambda k, place: place)
    panel.refresh()
    assert dicom_placement.obstacle(volume) == "" and panel.ui.runButton.enabled


@pytest.mark.parametrize("kind", ["lost slices", "tilt", "one place"])
def test_one_that_does_not_greys_run_and_says_how_far_it_is_off(panel, volume, moved, kind):
    through = normal_of(volume)
    moves: dict[str, Move] = {
        "lost slices": lambda k, place: place + 2 * through * (k > 2),
        "tilt": lambda k, place: place + np.roll(through, 1) * 0.4 * k,
        "one place": lambda k, place: place - through * (k == 3),
    }
    moved(moves[kind])
    panel.refresh()
    assert not panel.ui.runButton.enabled
    assert "does not lie where its DICOM files say" in panel.ui.runButton.toolTip
    assert "hermes series" in panel.ui.runButton.toolTip


def test_instances_in_another_order_and_a_cropped_volume_are_right(volume, moved):
    moved(lambda k, place: place)
    uids = volume.GetAttribute("DICOM.instanceUIDs").split()
    volume.SetAttribute("DICOM.instanceUIDs", " ".join(reversed(uids)))
    volume.SetOrigin(*(np.array(volume.GetOrigin()) + np.array([7.0, 0.0, 0.0])))
    assert dicom_placement.obstacle(volume) == ""
