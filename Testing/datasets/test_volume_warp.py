"""Organs that grow, shrink, move or fall apart in a body that stays as it is."""

import numpy as np
import pytest
from scipy import ndimage

from HermesLib.datasets.organ_division import divide_organ, remove_slices
from HermesLib.datasets.volume_warp import (
    OrganVolume,
    body_mask,
    part_count,
    resize_organ,
    shift_organ,
)
from HermesLib.errors import HermesError

SPACING = (5.0, 2.0, 2.0)
SHAPE = (50, 140, 180)


def abdomen() -> OrganVolume:
    """A body of fat on a table, with an organ at its wall and noise."""
    z, y, x = (axis * pitch for axis, pitch in zip(np.indices(SHAPE), SPACING, strict=True))
    body = ((y - 140) / 110) ** 2 + ((x - 180) / 155) ** 2 < 1
    organ = ((z - 125) / 45) ** 2 + ((y - 160) / 38) ** 2 + ((x - 280) / 25) ** 2 < 1
    image = np.where(body, 0.3, 0.0) + np.where(organ, 0.3, 0.0)
    image += np.where((y > 262) & (y < 270), 0.8, 0.0)
    grain = np.where(image > 0, np.random.default_rng(0).normal(0, 0.02, SHAPE), 0)
    return OrganVolume((image + grain).clip(0, 1).astype(np.float32), organ, SPACING)


@pytest.fixture(scope="module")
def patient() -> OrganVolume:
    return abdomen()


@pytest.mark.parametrize("factor", [0.3, 0.6, 1.6, 4.0])
def test_the_organ_reaches_the_wanted_volume_in_one_part(patient: OrganVolume, factor: float):
    warped = resize_organ(patient, factor)
    assert warped.volume / patient.volume == pytest.approx(factor, rel=0.03)
    assert part_count(warped.organ) == 1
    # The image follows the label.
    assert warped.image[warped.organ].mean() == pytest.approx(0.6, abs=0.02)


@pytest.mark.parametrize("distance", [10.0, 30.0])
def test_the_organ_moves_by_the_wanted_distance(patient: OrganVolume, distance: float):
    warped = shift_organ(patient, distance)
    moved = warped.centroid - patient.centroid
    assert np.linalg.norm(moved) == pytest.approx(distance, rel=0.05)
    assert moved[2] < 0, "towards the middle of the body"
    assert warped.volume / patient.volume == pytest.approx(1, abs=0.1)


def test_the_body_keeps_its_outline_and_nothing_changes_far_from_the_organ(patient: OrganVolume):
    assert body_mask(patient.image)[25].sum() == pytest.approx(np.pi * 110 * 155 / 4, rel=0.02)
    far = np.zeros(SHAPE, bool)
    far[:, :, :30] = True
    far |= ~ndimage.binary_dilation(body_mask(patient.image), iterations=3)
    for warped in (resize_organ(patient, 4.0), shift_organ(patient, 30.0)):
        assert np.array_equal(warped.image[far], patient.image[far])
        before, after = (body_mask(volume.image) for volume in (patient, warped))
        assert (before != after).sum() < 0.01 * before.sum()


def test_tissue_far_from_a_bright_coil_is_body(patient: OrganVolume):
    dim = np.where(patient.organ, 0.9, 0.01).astype(np.float32)
    assert body_mask(dim).all()


@pytest.mark.parametrize("factor", [0.3, 4.0])
def test_nothing_folds(patient: OrganVolume, factor: float):
    body = body_mask(patient.image)
    sources = []
    for axis in range(3):
        ramp = 0.1 + 0.8 * np.indices(SHAPE)[axis] / SHAPE[axis]
        drawn = OrganVolume(np.where(body, ramp, 0).astype(np.float32), patient.organ, SPACING)
        sources.append((resize_organ(drawn, factor).image - 0.1) / 0.8 * SHAPE[axis])
    gradients = np.stack([np.stack(np.gradient(source)) for source in sources])
    jacobian = np.linalg.det(np.moveaxis(gradients, (0, 1), (-2, -1)))
    inside = ndimage.binary_erosion(body, np.ones((3, 3, 3)), iterations=2)
    assert jacobian[inside].min() > 0
    assert abs(jacobian[inside] - 1).max() > 0.2, "something moves"


def test_a_factor_of_one_and_no_shift_change_nothing(patient: OrganVolume):
    for same in (resize_organ(patient, 1.0), shift_organ(patient, 0.0)):
        assert np.array_equal(same.image, patient.image)
        assert np.array_equal(same.organ, patient.organ)


def test_a_band_or_a_gap_divides_the_organ_in_two(patient: OrganVolume):
    for divided in (divide_organ(patient, 12.0), remove_slices(patient, 3)):
        assert part_count(divided.organ) == 2
        gone = patient.organ & ~divided.organ
        # What fills the band looks like the fat around, and is as noisy as the image.
        assert divided.image[gone].mean() == pytest.approx(0.3, abs=0.08)
        assert 0.01 < divided.image[ndimage.binary_erosion(gone, np.ones((1, 3, 3)))].std() < 0.06
        untouched = ~ndimage.binary_dilation(patient.organ, iterations=2)
        assert np.array_equal(divided.image[untouched], patient.image[untouched])
    empty = np.flatnonzero(~remove_slices(patient, 3).organ.any((1, 2)))
    shown = np.flatnonzero(patient.organ.any((1, 2)))
    assert len(set(empty) & set(shown)) == 3


def test_a_band_wider_than_the_organ_is_refused(patient: OrganVolume):
    with pytest.raises(HermesError, match="divides the organ"):
        divide_organ(patient, 500.0)
    with pytest.raises(HermesError, match="divides the organ"):
        remove_slices(patient, 50)
