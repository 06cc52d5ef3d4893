"""An image whose header or values contradict the preset is said, and none of it is accepted."""

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK

import HermesLib
from HermesLib.io.volumes import Volume, read_volume, volume_from_array, volume_from_image
from HermesLib.notices import heard_by
from HermesLib.presets.registry import load_preset
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.runs.input_doubts import doubt_input
from HermesLib.samples.prostate_phantom import prostate_phantom
from Testing.io.dicom.made import stack, write

PROSTATE, SPLEEN = load_preset("prostate-t2"), load_preset("spleen-ct")
RNG = np.random.default_rng(0)
MR = RNG.integers(0, 900, (6, 16, 16)).astype(np.float32)
CT = RNG.integers(-1000, 900, (6, 16, 16)).astype(np.float32)
#: Directions of volumes whose third voxel axis is the patient's left, posterior, superior axis.
SAGITTAL = (0, 0, 1, 1, 0, 0, 0, -1, 0)
CORONAL = (1, 0, 0, 0, 0, 1, 0, -1, 0)
AXIAL = (1, 0, 0, 0, 1, 0, 0, 0, 1)


def doubts(volume: Volume, preset=PROSTATE) -> tuple[bool, list[str]]:
    heard = []
    with heard_by(heard.append):
        doubted = doubt_input(volume, preset)
    return doubted, [notice.kind for notice in heard]


def slab(direction=AXIAL, voxels: np.ndarray = MR) -> Volume:
    image = SimpleITK.GetImageFromArray(voxels)
    image.SetSpacing((1.0, 1.0, 3.5))
    image.SetDirection([float(value) for value in direction])
    return volume_from_image(image)


def turned(degrees: float) -> list[float]:
    """An axial direction that is turned about the patient's left-right axis."""
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return [1, 0, 0, 0, cosine, -sine, 0, sine, cosine]


@pytest.mark.parametrize(
    ("direction", "kinds"),
    [
        (AXIAL, []),
        (turned(30), []),
        (turned(-30), []),
        (SAGITTAL, ["other-plane"]),
        (CORONAL, ["other-plane"]),
        (turned(70), ["other-plane"]),
    ],
)
def test_the_plane_of_the_header_is_compared_with_the_presets(direction, kinds):
    assert doubts(slab(direction)) == (bool(kinds), kinds)
    assert doubts(slab(direction), replace(PROSTATE, plane="any")) == (False, [])


def test_a_preset_for_sagittal_slices_takes_these_and_no_others():
    sagittal = replace(PROSTATE, plane="sagittal")
    assert doubts(slab(SAGITTAL), sagittal) == (False, [])
    assert doubts(slab(AXIAL), sagittal) == (True, ["other-plane"])


def test_arrays_state_no_plane():
    assert doubts(volume_from_array(MR)) == (False, [])


def test_the_modality_of_a_dicom_series_is_compared_with_the_presets():
    assert doubts(replace(slab(), modality="MR")) == (False, [])
    assert doubts(replace(slab(), modality="CT")) == (True, ["other-modality"])
    assert doubts(replace(slab(voxels=CT), modality="PT"), SPLEEN) == (True, ["other-modality"])


def test_modality_and_body_part_come_from_the_dicom_series(tmp_path):
    series = write(tmp_path, stack(Modality="CT", BodyPartExamined="HEAD"))
    volume = read_volume(series)
    assert (volume.modality, volume.body_part, volume.plane) == ("CT", "HEAD", "axial")
    assert doubts(volume) == (True, ["other-modality", "other-body-part"])


@pytest.mark.parametrize(
    ("voxels", "kinds"),
    [
        (CT, []),
        (CT.clip(-160, 240), []),
        (CT + 1024, ["no-hounsfield-units"]),
        ((CT + 1000) / 1900 * 255, ["no-hounsfield-units"]),
        ((CT + 1000) / 1900, ["no-hounsfield-units"]),
        (MR, ["no-hounsfield-units"]),
    ],
    ids=["CT", "windowed CT", "1024 added", "8 bit", "0 to 1", "MR"],
)
def test_a_ct_needs_hounsfield_units(voxels, kinds):
    assert doubts(slab(voxels=voxels), SPLEEN) == (bool(kinds), kinds)


def test_hounsfield_units_are_no_mr_and_a_padded_mr_is_one():
    assert doubts(slab(voxels=CT)) == (True, ["hounsfield-units"])
    padded = MR.copy()
    padded[:, :4] = -1024
    assert doubts(slab(voxels=padded)) == (False, [])


@pytest.mark.parametrize(
    ("named", "kinds"),
    [("", []), ("PROSTATE", []), ("Pelvis", []), ("HEAD", ["other-body-part"])],
)
def test_another_body_part_is_said_and_doubted_no_further(named, kinds):
    assert doubts(replace(slab(), body_part=named)) == (False, kinds)


def ends(direction: list[float]) -> dict:
    phantom = prostate_phantom(seed=1, side=64, slices=5, spacing=(3.0, 3.0, 14.0))
    image = phantom.image
    image.SetDirection(direction)
    settings = RefinementSettings(threshold=0.05, max_iterations=1)
    return HermesLib.refine(image, settings=settings, device="cpu").report


def test_no_slice_of_another_plane_is_accepted_and_all_are_marked():
    right = ends([float(value) for value in AXIAL])
    assert right["summary"]["accepted"] > 0 and right["notices"] == []
    # The same slices, which the header calls sagittal.
    wrong = ends([float(value) for value in SAGITTAL])
    assert wrong["summary"]["accepted"] == 0
    assert all("unfamiliar" in entry["marks"] for entry in wrong["slices"])
    assert [entry["familiar"] for entry in wrong["slices"]] == [False] * 5
    assert [entry["kind"] for entry in wrong["notices"]] == ["other-plane"]
    assert "sagittal" in wrong["notices"][0]["message"]
