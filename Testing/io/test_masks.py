"""Masks on an image's slices: resampled and said, or refused where they cannot belong to it."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from HermesLib.errors import HermesError
from HermesLib.io.masks import mask_from_array, mask_from_image, read_mask, read_organ
from HermesLib.io.volumes import Volume, read_volume, volume_from_array, volume_from_image
from HermesLib.notices import heard_by

CASES = Path(__file__).resolve().parents[3] / "shared" / "cases"
needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason="../shared/cases is not here")
ORGAN = np.zeros((4, 20, 20), np.uint8)
ORGAN[1:3, 6:12, 8:14] = 1


def image_of(
    array: np.ndarray, spacing=(1.0, 1.0, 3.0), origin=(1.0, 2.0, 3.0), direction=None
) -> SimpleITK.Image:
    image = SimpleITK.GetImageFromArray(array)
    image.SetSpacing(spacing)
    image.SetOrigin(origin)
    if direction is not None:
        image.SetDirection(direction)
    return image


@pytest.fixture(scope="module")
def volume() -> Volume:
    return volume_from_image(
        image_of(np.random.default_rng(0).random((4, 20, 20)).astype(np.float32))
    )


def placed(mask: SimpleITK.Image, volume: Volume, **options) -> tuple[np.ndarray, list[str]]:
    """The mask, and the kinds of the notices."""
    heard = []
    with heard_by(heard.append):
        read = mask_from_image(mask, volume, **options)
    return read, [notice.kind for notice in heard]


def test_a_mask_on_a_finer_grid_is_resampled_and_said(volume):
    fine = np.zeros((4, 40, 40), np.uint8)
    fine[:, 10:30, 10:30] = 1
    mask, kinds = placed(image_of(fine, (0.5, 0.5, 3), (0.75, 1.75, 3.0)), volume)
    assert mask.sum() == 4 * 100 and kinds == ["mask-resampled"]


def test_a_mask_of_a_finer_grid_is_never_blended():
    # A label map that is interpolated would have values between its labels at their borders.
    labels = np.zeros((1, 40, 40), np.uint8)
    labels[0, 11:29, 11:29] = 2
    labels[0, 15:25, 15:25] = 5
    volume = volume_from_image(image_of(np.eye(20, dtype=np.float32)[None]))
    fine = image_of(labels, (0.5, 0.5, 3), (0.8, 1.8, 3.0))
    two, five = (placed(fine, volume, labels=(label,))[0] for label in (2, 5))
    rows = [round((0.2 + row) * 2 - 0.2) for row in range(20)]
    expected = labels[0][np.ix_(rows, rows)]
    assert np.array_equal(two[0], expected == 2) and np.array_equal(five[0], expected == 5)


@given(st.permutations(range(3)), st.tuples(*[st.booleans()] * 3))
@settings(max_examples=30, deadline=None)
def test_a_mask_that_is_stored_with_other_axes_is_the_same_mask(order, flips):
    volume = volume_from_image(image_of(np.random.default_rng(1).random((4, 20, 20))))
    image = image_of(ORGAN)
    turned = SimpleITK.Flip(SimpleITK.PermuteAxes(image, list(order)), list(flips), False)
    # Only the storage differs: each voxel keeps its place in the patient.
    mask, kinds = placed(turned, volume)
    assert np.array_equal(mask, ORGAN == 1)
    assert kinds in ([], ["mask-resampled"])


@pytest.mark.parametrize("signs", [(-1, -1, 1), (-1, 1, 1), (1, 1, -1)])
def test_a_mask_whose_direction_was_lost_is_refused(volume, signs):
    lost = image_of(ORGAN, direction=np.diag(signs).astype(float).ravel().tolist())
    with pytest.raises(HermesError, match="a conversion lost its orientation"):
        placed(lost, volume)


def test_a_mask_without_any_geometry_is_refused(volume, tmp_path):
    path = tmp_path / "lost.nii.gz"
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(ORGAN), str(path))
    with pytest.raises(HermesError, match="no geometry to place it by"):
        read_mask(path, volume)


@pytest.mark.parametrize("origin", [(500.0, 0.0, 0.0), (20.0, 20.0, 3.0)])
def test_a_mask_far_from_the_image_is_refused(volume, origin):
    with pytest.raises(HermesError, match="does not overlap the image"):
        placed(image_of(ORGAN, origin=origin), volume)


def test_a_mask_that_covers_half_of_the_slices_is_said_and_the_rest_is_background(volume):
    mask, kinds = placed(image_of(ORGAN[:2]), volume)
    assert kinds == ["mask-resampled", "mask-part"]
    assert np.array_equal(mask[:2], ORGAN[:2] == 1) and not mask[2:].any()


def test_a_mask_of_which_a_part_lies_beside_the_image_is_said(volume):
    mask, kinds = placed(image_of(ORGAN, origin=(-9.0, 2.0, 3.0)), volume)
    assert "mask-cut" in kinds and 0 < mask.sum() < ORGAN.sum()
    organ = ORGAN.copy()
    organ[:, :, 4:] = 0
    organ[:, :, :2] = 1
    with pytest.raises(HermesError, match="no voxel of the mask lies in the image"):
        placed(image_of(organ, origin=(-9.0, 2.0, 3.0)), volume)


def test_background_below_0_stays_background_where_the_mask_does_not_reach(volume):
    values = ORGAN[:2].astype(np.int8) - 1
    mask, _ = placed(image_of(values), volume, labels=(0,))
    assert np.array_equal(mask[:2], ORGAN[:2] == 1) and not mask[2:].any()


def test_a_probability_map_is_thresholded_before_it_is_resampled(volume):
    probability = np.where(ORGAN, 0.9, 0.2).astype(np.float32)
    mask, kinds = placed(image_of(probability), volume)
    assert np.array_equal(mask, ORGAN == 1) and kinds == ["mask-thresholded"]


def test_masks_in_memory_follow_the_same_rules(volume):
    with pytest.raises(HermesError, match="several labels"):
        mask_from_array(ORGAN * np.arange(1, 5)[:, None, None], volume)
    assert np.array_equal(mask_from_array(ORGAN * 3, volume), ORGAN == 1)
    assert np.array_equal(mask_from_array(ORGAN - 1.0, volume, labels=(0,)), ORGAN == 1)
    with pytest.raises(HermesError, match="shape"):
        mask_from_array(ORGAN[0], volume)
    single = volume_from_array(np.eye(20))
    assert mask_from_array(ORGAN[1], single).shape == (1, 20, 20)


@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd", ".mha"])
def test_one_label_of_several_is_read_from_any_format(tmp_path, volume, suffix):
    labels = ORGAN + 4 * np.roll(ORGAN, 7, 2)
    path = tmp_path / f"labels{suffix}"
    SimpleITK.WriteImage(image_of(labels), str(path))
    assert np.array_equal(read_mask(path, volume, (4,)), labels == 4)
    assert np.array_equal(read_organ(path, volume, (4,)), labels == 4)
    assert not read_organ(path, volume, (9,)).any()
    with pytest.raises(HermesError, match="no label 9"):
        read_mask(path, volume, (9,))


@pytest.mark.parametrize("mode", ["L", "P", "1", "RGB", "RGBA", "I;16"])
def test_a_png_mask_is_read_by_grey_value_index_or_bit(tmp_path, mode):
    image = tmp_path / "image.png"
    Image.fromarray(np.arange(400, dtype=np.uint16).reshape(20, 20).astype(np.uint8)).save(image)
    organ = ORGAN[1]
    grey = Image.fromarray(organ * 255)
    pictures = {
        "P": Image.fromarray(organ * 3, "P"),
        "I;16": Image.fromarray(organ.astype(np.uint16) * 4000),
    }
    picture = pictures.get(mode) or grey.convert(mode)
    if mode == "P":
        picture.putpalette([0, 0, 0, 9, 9, 9, 8, 8, 8, 255, 0, 0])
    picture.save(tmp_path / "mask.png")
    assert np.array_equal(read_mask(tmp_path / "mask.png", read_volume(image))[0], organ == 1)


def test_a_png_mask_in_colour_and_one_of_another_size_are_refused(tmp_path):
    image = tmp_path / "image.png"
    Image.fromarray(np.arange(400, dtype=np.uint16).reshape(20, 20).astype(np.uint8)).save(image)
    volume = read_volume(image)
    coloured = np.stack([ORGAN[1] * 255, ORGAN[1] * 0, ORGAN[1] * 0], -1)
    Image.fromarray(coloured).save(tmp_path / "colour.png")
    with pytest.raises(HermesError, match="colour picture"):
        read_mask(tmp_path / "colour.png", volume)
    Image.fromarray(ORGAN[1, :10] * 255).save(tmp_path / "small.png")
    with pytest.raises(HermesError, match="not on the image's grid"):
        read_mask(tmp_path / "small.png", volume)


@needs_cases
@pytest.mark.parametrize(
    ("name", "kinds", "refusal"),
    [
        ("gland", [], None),
        ("prob", ["mask-thresholded"], None),
        ("multi", None, "several labels"),
        ("minus1", None, "negative values"),
        ("empty", ["mask-empty"], None),
        ("half", ["mask-resampled"], None),
        ("lost-dir", None, "lost its orientation"),
    ],
)
def test_the_collected_masks_come_out_right(name, kinds, refusal):
    volume = read_volume(CASES / "masks" / "t2.nii.gz")
    heard = []
    with heard_by(heard.append):
        gland = read_mask(CASES / "masks" / "gland.nii.gz", volume)
        path = CASES / "masks" / f"{name}.nii.gz"
        if refusal:
            with pytest.raises(HermesError, match=refusal):
                read_mask(path, volume)
            return
        mask = read_mask(path, volume)
    assert [notice.kind for notice in heard] == kinds
    if name != "empty":
        assert 2 * (mask & gland).sum() / (mask.sum() + gland.sum()) > 0.95
