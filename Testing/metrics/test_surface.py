"""Distances between outlines are in millimetres, for anisotropic pixels too."""

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from HermesLib.metrics.surface import surface_distances


def block(top: int, left: int, height: int = 6, width: int = 6) -> np.ndarray:
    mask = np.zeros((30, 40), bool)
    mask[top : top + height, left : left + width] = True
    return mask


@given(st.integers(0, 20), st.integers(0, 30), st.floats(0.2, 3), st.floats(0.2, 3))
def test_the_distance_of_a_mask_from_itself_is_zero_and_distances_are_symmetric(
    top, left, down, right
):
    mask, other = block(top, left), block(10, 10)
    assert surface_distances(mask, mask, (down, right)) == (0.0, 0.0)
    assert surface_distances(mask, other, (down, right)) == pytest.approx(
        surface_distances(other, mask, (down, right))
    )


def test_distances_scale_with_the_pixel_size_of_each_direction():
    across, _ = surface_distances(block(10, 10), block(10, 14), (1.0, 0.5))
    down, _ = surface_distances(block(10, 10), block(14, 10), (3.0, 0.5))
    assert (across, down) == (2.0, 12.0)


def test_a_distant_component_affects_hd95_only_above_a_twentieth_of_the_outline():
    mask = block(5, 5, 20, 20)
    speck, island = mask.copy(), mask.copy()
    speck[15, 38] = True
    island[12:20, 36:39] = True
    assert (
        surface_distances(mask, speck, (1, 1))[0]
        < 1
        < 10
        < surface_distances(mask, island, (1, 1))[0]
    )


def test_an_empty_mask_has_no_distances():
    assert surface_distances(block(1, 1), np.zeros((30, 40), bool), (1, 1)) is None


def test_callers_see_no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mask = np.zeros((20, 20), bool)
        mask[5:10, 5:10] = True
        surface_distances(mask, mask, (1.0, 1.0))


def test_distances_are_those_of_monai():
    """In one distance transform an outline they take an eighth of the time."""
    # Imports much.
    from monai.metrics import compute_average_surface_distance, compute_hausdorff_distance

    rng = np.random.default_rng(5)
    for _ in range(20):
        ground = ndimage.gaussian_filter(rng.normal(size=(40, 50)), 4)
        other = ground + ndimage.gaussian_filter(rng.normal(size=(40, 50)), 3) / 2
        masks = [ground > ground.std() / 2, other > other.std() / 2]
        spacing = list(rng.uniform(0.2, 3, 2))
        padded = [torch.from_numpy(np.pad(mask, 1)).float()[None, None] for mask in masks]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            hd95 = compute_hausdorff_distance(
                *padded, include_background=True, percentile=95, spacing=spacing
            )
            assd = compute_average_surface_distance(
                *padded, include_background=True, symmetric=True, spacing=spacing
            )
        expected = float(hd95), float(assd)
        assert surface_distances(*masks, tuple(spacing)) == pytest.approx(expected, rel=1e-6)
