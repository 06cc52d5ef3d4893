"""Files as guides: probabilities stay, other grids are resampled, another patient is refused."""

import hashlib
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import SimpleITK
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from HermesLib.errors import HermesError
from HermesLib.guides.registry import GUIDES, draw_guide, split_spec
from HermesLib.io.masks import probability_from_image
from HermesLib.io.volumes import Volume, read_volume, volume_from_image
from HermesLib.notices import heard_by

LIVER = SimpleNamespace(name="liver", organ_label="liver", modality="CT")
ORGAN = np.zeros((4, 20, 20), np.uint8)
ORGAN[1:3, 6:12, 8:14] = 1
#: Highest in the middle of the organ, below 0.5 at its rim.
SOFT = np.where(ORGAN, np.linspace(0.4, 1, 20), 0.01).astype(np.float32)


def image_of(
    array: np.ndarray, spacing=(1.0, 1.0, 3.0), origin=(1.0, 2.0, 3.0), direction=None
) -> SimpleITK.Image:
    image = SimpleITK.GetImageFromArray(array)
    image.SetSpacing(spacing)
    image.SetOrigin(origin)
    image.SetDirection((1, 0, 0, 0, 1, 0, 0, 0, 1) if direction is None else direction)
    return image


@pytest.fixture(scope="module")
def volume() -> Volume:
    return volume_from_image(
        image_of(np.random.default_rng(0).random((4, 20, 20)).astype(np.float32))
    )


def drawn(image: SimpleITK.Image | Path, volume: Volume, folder: Path, **options):
    """The guide of a file, and the kinds of the notices."""
    path = image
    if isinstance(image, SimpleITK.Image):
        path = folder / "map.nii.gz"
        SimpleITK.WriteImage(image, str(path))
    heard = []
    with heard_by(heard.append):
        guide = draw_guide(str(path), volume, LIVER, **options)
    return guide, [notice.kind for notice in heard]


def test_a_mask_guides_with_0_and_1(volume, tmp_path):
    guide, kinds = drawn(image_of(ORGAN * 7), volume, tmp_path)
    assert np.array_equal(guide.probability, ORGAN) and guide.probability.dtype == np.float32
    assert (guide.name, guide.version, guide.soft, kinds) == ("file", "", False, [])
    assert guide.sha256 == hashlib.sha256(ORGAN.astype(np.float32).tobytes()).hexdigest()


def test_the_probabilities_of_a_map_are_kept(volume, tmp_path):
    guide, kinds = drawn(image_of(SOFT), volume, tmp_path)
    assert np.array_equal(guide.probability, SOFT)
    assert guide.soft and kinds == []


def test_a_map_on_a_finer_grid_is_interpolated_and_said(volume, tmp_path):
    # Values that rise by 1/40 per half pixel: between two of them lies their mean.
    ramp = np.broadcast_to(np.arange(40, dtype=np.float32) / 40, (4, 40, 40)).copy()
    guide, kinds = drawn(image_of(ramp, (0.5, 0.5, 3), (0.75, 1.75, 3.0)), volume, tmp_path)
    expected = (np.arange(20) * 2 + 0.5) / 40
    assert np.allclose(guide.probability, np.broadcast_to(expected, (4, 20, 20)), atol=1e-6)
    assert guide.soft and kinds == ["mask-resampled"]


def test_a_mask_on_a_finer_grid_stays_0_and_1(volume, tmp_path):
    fine = np.repeat(np.repeat(ORGAN, 2, 1), 2, 2)
    guide, kinds = drawn(image_of(fine, (0.5, 0.5, 3), (0.75, 1.75, 3.0)), volume, tmp_path)
    assert np.array_equal(guide.probability, ORGAN)
    assert not guide.soft and kinds == ["mask-resampled"]


@given(st.permutations(range(3)), st.tuples(*[st.booleans()] * 3))
@settings(max_examples=30)
def test_a_map_that_is_stored_with_other_axes_lies_where_the_organ_is(volume, order, flips):
    image = SimpleITK.PermuteAxes(image_of(SOFT), list(order))
    # Only the storage differs: each voxel keeps its place in the patient.
    turned = SimpleITK.Flip(image, list(flips), False)
    probability, soft = probability_from_image(turned, volume)
    assert soft and np.allclose(probability, SOFT, atol=1e-6)


@pytest.mark.parametrize("values", [ORGAN, SOFT], ids=["mask", "map"])
def test_the_guide_of_another_patient_is_refused(volume, tmp_path, values):
    with pytest.raises(HermesError, match="the guide does not overlap the image"):
        drawn(image_of(values, origin=(500.0, 0.0, 0.0)), volume, tmp_path)


def test_a_guide_whose_organ_lies_beside_the_image_is_refused(volume, tmp_path):
    beside = np.zeros_like(ORGAN)
    beside[:, :, :2] = 1
    with pytest.raises(HermesError, match="no voxel of the guide lies in the image"):
        drawn(image_of(beside, origin=(-9.0, 2.0, 3.0)), volume, tmp_path)


def test_a_guide_that_lost_its_geometry_is_refused(volume, tmp_path):
    with pytest.raises(HermesError, match="no geometry to place it by"):
        drawn(SimpleITK.GetImageFromArray(ORGAN), volume, tmp_path)


@pytest.mark.parametrize("values", [ORGAN * 0, SOFT * 0.3], ids=["mask", "map"])
def test_a_guide_without_the_organ_is_refused(volume, tmp_path, values):
    with pytest.raises(HermesError, match="the guide is empty"):
        drawn(image_of(values), volume, tmp_path)


def test_several_labels_are_listed_and_one_is_chosen(volume, tmp_path):
    labels = image_of(ORGAN * 2 + np.roll(ORGAN, 6, 2) * 5)
    with pytest.raises(HermesError, match=r"2 \(.*5 \(.*--guide-labels N"):
        drawn(labels, volume, tmp_path)
    guide, _ = drawn(labels, volume, tmp_path, labels=(2,))
    assert np.array_equal(guide.probability, ORGAN)
    with pytest.raises(HermesError, match="no label 9"):
        drawn(labels, volume, tmp_path, labels=(9,))


@pytest.mark.parametrize("values", [SOFT * 3, SOFT - 0.5], ids=["above 1", "below 0"])
def test_values_that_are_neither_labels_nor_probabilities_are_refused(volume, tmp_path, values):
    with pytest.raises(HermesError, match="neither labels nor probabilities"):
        drawn(image_of(values), volume, tmp_path)


def test_a_picture_guides_a_picture(tmp_path):
    Image.fromarray(np.arange(400, dtype=np.uint8).reshape(20, 20)).save(tmp_path / "image.png")
    Image.fromarray(ORGAN[1] * 255).save(tmp_path / "mask.png")
    guide, kinds = drawn(tmp_path / "mask.png", read_volume(tmp_path / "image.png"), tmp_path)
    assert np.array_equal(guide.probability, ORGAN[1:2]) and kinds == []


def test_what_is_no_guide_is_said_with_what_there_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(HermesError, match=r"no guide 'liver\.nii': neither a file nor one of file"):
        split_spec("liver.nii")
    with pytest.raises(HermesError, match="guide file needs a mask or probability map"):
        split_spec("file")
    with pytest.raises(HermesError, match="is not there: none"):
        split_spec("file:none")
    (tmp_path / "file").write_text("")
    assert split_spec("./file") == (GUIDES["file"], Path("file"))


def test_listing_the_guides_loads_neither_torch_nor_simpleitk():
    code = "import HermesLib.guides.registry, sys; print({'torch', 'SimpleITK'} & set(sys.modules))"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True
    )
    assert found.stdout.strip() == "set()"
