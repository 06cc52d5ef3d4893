"""Warps that change the organ leave the rest of the body where it is."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from HermesLib.datasets.augmentation import IDENTITY, sampling_grid, view
from HermesLib.datasets.organ_warp import (
    OrganShape,
    OrganWarp,
    scale_about,
    shift_about,
    split_organ,
    warp_positions,
)

SIDE = 128


def disc(x: float, y: float, radius: float) -> np.ndarray:
    """A disc (S, S) on the square of -1..1."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    place = (np.stack([columns, rows]) + 0.5) / SIDE * 2 - 1
    return (place[0] - x) ** 2 + (place[1] - y) ** 2 < radius**2


def identity() -> torch.Tensor:
    return sampling_grid(np.random.default_rng(0), 1, SIDE, IDENTITY)[0]


def sampled(mask: np.ndarray, positions: torch.Tensor) -> np.ndarray:
    return (view(torch.from_numpy(mask.astype(np.float32))[None], positions)[0] > 0.5).numpy()


def test_the_shape_of_a_mask_is_its_place_and_size():
    shape = OrganShape.of_mask(disc(0.4, -0.2, 0.15))
    assert shape.centre == pytest.approx([0.4, -0.2], abs=0.02)
    assert shape.radius == pytest.approx(0.15, abs=0.01)


@given(st.floats(0.5, 2.0), st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))
@settings(max_examples=25, deadline=None)
def test_an_organ_grows_or_shrinks_where_it_is_and_the_border_does_not_move(factor, x, y):
    mask = disc(x, y, 0.2)
    shape = OrganShape.of_mask(mask)
    reach = 1.8 * shape.radius * max(factor, 1.0)
    positions = scale_about(identity(), shape.centre, factor, reach)
    area = sampled(mask, positions).sum() / mask.sum()
    assert (area > 1.0) == (factor > 1.0) or abs(area - 1) < 0.1
    moved = (positions - identity()).norm(dim=-1)
    away = (identity() - torch.tensor(shape.centre).float()).norm(dim=-1)
    assert float(moved[away > 2.5 * reach].max() if (away > 2.5 * reach).any() else 0) < 0.005


@given(st.floats(0.45, 2.5), st.floats(0.1, 0.6))
@settings(max_examples=25, deadline=None)
def test_no_warp_folds_the_image(factor, radius):
    positions = scale_about(identity(), np.array([0.1, 0.2]), factor, radius)
    across = positions[:, 1:, 0] - positions[:, :-1, 0]
    down = positions[1:, :, 1] - positions[:-1, :, 1]
    assert float(across.min()) > 0 and float(down.min()) > 0


def test_an_organ_moves_by_the_shift():
    mask = disc(0.0, 0.0, 0.15)
    moved = sampled(mask, shift_about(identity(), np.zeros(2), np.array([0.1, -0.05]), 0.4))
    assert OrganShape.of_mask(moved).centre == pytest.approx([0.09, -0.045], abs=0.02)


def test_warps_cover_a_wide_range_of_sizes():
    mask = disc(0.5, 0.3, 0.2)
    shape = OrganShape.of_mask(mask)
    how = OrganWarp(share=1.0)
    areas = [
        sampled(
            mask, warp_positions(np.random.default_rng(k), identity()[None], [shape], how)[0]
        ).sum()
        for k in range(60)
    ]
    ratios = np.array(areas) / mask.sum()
    assert ratios.min() < 0.6 and ratios.max() > 1.6


def test_an_organ_in_two_parts_has_the_tissue_around_it_between_them():
    mask = torch.from_numpy(disc(0.0, 0.0, 0.3).astype(np.float32))
    image = (0.2 + 0.6 * mask)[None]
    how = OrganWarp(split=1.0)
    changed, remaining = split_organ(np.random.default_rng(3), image, mask, how)
    band = (mask > 0.5) & (remaining < 0.5)
    assert 0 < int(band.sum()) < int(mask.sum())
    assert float(changed[0][band].mean()) == pytest.approx(0.2, abs=0.05)
    assert torch.equal(changed[0][~band], image[0][~band])
