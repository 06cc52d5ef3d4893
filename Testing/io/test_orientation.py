"""Slices look the way a radiologist expects, and results go back without losing a voxel."""

import subprocess
import sys
from itertools import permutations, product

import numpy as np
import pytest
import SimpleITK
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from HermesLib.io.orientation import slice_axes

SPACING = {0: 0.7, 1: 0.9, 2: 4.0}
LENGTH = {0: 9, 1: 8, 2: 5}
ORIENTATIONS = [
    (order, signs) for order in permutations(range(3)) for signs in product((1, -1), repeat=3)
]


def stored(order, signs, tilt: np.ndarray | None = None, spacing=SPACING) -> SimpleITK.Image:
    """Voxels of value 100 z + 10 y + x in patient axes (left, posterior, superior)."""
    x, y, z = (np.arange(LENGTH[axis]) for axis in range(3))
    patient = 100 * z[None, None, :] + 10 * y[None, :, None] + x[:, None, None]
    voxels = patient.transpose(order)
    voxels = np.flip(voxels, tuple(axis for axis in range(3) if signs[axis] < 0))
    image = SimpleITK.GetImageFromArray(
        np.ascontiguousarray(voxels.transpose(2, 1, 0)).astype(np.int16)
    )
    direction = np.zeros((3, 3))
    for voxel_axis, patient_axis in enumerate(order):
        direction[patient_axis, voxel_axis] = signs[voxel_axis]
    image.SetDirection(((np.eye(3) if tilt is None else tilt) @ direction).ravel().tolist())
    image.SetSpacing([spacing[axis] for axis in order])
    image.SetOrigin((3.0, -20.0, 7.5))
    return image


@pytest.mark.parametrize(("order", "signs"), ORIENTATIONS)
def test_all_48_orientations_give_the_same_axial_slices(order, signs):
    image = stored(order, signs)
    slices = slice_axes(image).to_slices(SimpleITK.GetArrayViewFromImage(image))
    expected = SimpleITK.GetArrayFromImage(stored((0, 1, 2), (1, 1, 1)))
    assert np.array_equal(slices, expected)


@settings(deadline=None, max_examples=60)
@given(
    orientation=st.sampled_from(ORIENTATIONS),
    angles=st.tuples(*[st.floats(-25, 25)] * 3),
    through=st.integers(0, 2),
)
def test_oblique_volumes_round_trip_exactly_for_every_acquisition_axis(
    orientation, angles, through
):
    spacing = {axis: 4.0 if axis == through else 0.8 for axis in range(3)}
    image = stored(
        *orientation, Rotation.from_euler("xyz", angles, degrees=True).as_matrix(), spacing
    )
    axes = slice_axes(image)
    voxels = SimpleITK.GetArrayFromImage(image)
    slices = axes.to_slices(voxels)
    assert len(slices) == LENGTH[through]
    assert np.array_equal(axes.to_voxels(slices), voxels)


def test_coronal_slices_have_the_head_on_top_and_left_on_the_right():
    image = stored((0, 1, 2), (1, 1, 1), spacing={0: 0.8, 1: 4.0, 2: 0.8})
    slices = slice_axes(image).to_slices(SimpleITK.GetArrayViewFromImage(image))
    assert slices.shape == (LENGTH[1], LENGTH[2], LENGTH[0])
    assert slices[3, 0, 2] == 100 * (LENGTH[2] - 1) + 30 + 2


def test_equal_spacing_is_sliced_perpendicular_to_the_long_axis():
    image = stored((2, 0, 1), (1, -1, 1), spacing={0: 3.0, 1: 3.0, 2: 3.0})
    assert len(slice_axes(image).to_slices(SimpleITK.GetArrayViewFromImage(image))) == LENGTH[2]


def test_finding_the_slices_of_a_volume_does_not_load_scipy():
    # Slicer's user interface waits for it, a second when it is first needed.
    code = (
        "import sys; from HermesLib.io.orientation import find_slice_axes;"
        "find_slice_axes((4, 5, 6), (1, 1, 3), (1, 0, 0, 0, 1, 0, 0, 0, 1));"
        "assert 'scipy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
