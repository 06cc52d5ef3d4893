"""The procedural pelvis."""

import numpy as np
import SimpleITK

from HermesLib.samples.prostate_phantom import phantom_slices, prostate_phantom


def test_a_phantom_repeats_bit_for_bit_from_its_seed_and_differs_between_seeds():
    first, again, other = (prostate_phantom(seed, side=96, slices=8) for seed in (1, 1, 2))
    voxels = [SimpleITK.GetArrayFromImage(phantom.image) for phantom in (first, again, other)]
    assert np.array_equal(voxels[0], voxels[1])
    assert not np.array_equal(voxels[0], voxels[2])
    assert first.image.GetSpacing() == first.label.GetSpacing()


def test_the_gland_varies_through_the_slices_and_is_missing_at_both_ends():
    gland = SimpleITK.GetArrayFromImage(prostate_phantom(0).label) > 0
    areas = gland.sum((1, 2))
    assert areas[0] == areas[1] == areas[-1] == areas[-2] == 0
    with_gland = areas[areas > 0]
    assert len(with_gland) >= 8
    assert with_gland.max() > 3 * with_gland.min()


def test_glands_are_as_large_on_the_slice_as_real_ones_and_sometimes_absent():
    pairs = phantom_slices(np.random.default_rng(0), 60)
    shares = np.array([gland.mean() for _, gland in pairs if gland.any()])
    assert 0.02 < np.median(shares) < 0.12
    assert 0.1 < np.mean([not gland.any() for _, gland in pairs]) < 0.45
    assert all(
        image.dtype == np.float32 and image.min() >= 0 and image.max() <= 1 for image, _ in pairs
    )
