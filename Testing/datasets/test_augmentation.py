"""Random views move image and mask together."""

import numpy as np
import torch

from HermesLib.datasets.augmentation import (
    IDENTITY,
    Augmentation,
    sampling_grid,
    vary_intensity,
    view,
)
from HermesLib.metrics.overlap import dice


def organ(side: int = 96) -> np.ndarray:
    rows, columns = np.mgrid[:side, :side]
    return (((rows - 40) / 15) ** 2 + ((columns - 55) / 22) ** 2 < 1).astype(np.float32)


def test_image_and_mask_stay_together_in_every_view():
    picture = torch.from_numpy(organ())[None]
    grids = sampling_grid(np.random.default_rng(0), 30, 128, Augmentation())
    for grid in grids:
        image = view(picture, grid)
        mask = view(picture, grid, "nearest")
        assert dice(image > 0.5, mask > 0.5) > 0.95


def test_views_differ_in_size_and_place():
    picture = torch.from_numpy(organ())[None]
    views = [
        view(picture, grid) > 0.5
        for grid in sampling_grid(np.random.default_rng(0), 30, 96, Augmentation())
    ]
    areas = np.array([seen.sum().item() for seen in views])
    assert areas.max() > 1.8 * areas.min()


def test_the_identity_gives_the_picture_back():
    picture = torch.rand(1, 64, 64)
    grid = sampling_grid(np.random.default_rng(0), 1, 64, IDENTITY)[0]
    assert torch.allclose(view(picture, grid), picture, atol=1e-5)
    image = picture[None]
    assert torch.equal(vary_intensity(np.random.default_rng(0), image, IDENTITY), image)


def test_an_oblong_slice_is_letterboxed_not_stretched():
    picture = torch.ones(1, 50, 100)
    seen = view(picture, sampling_grid(np.random.default_rng(0), 1, 100, IDENTITY)[0])
    assert seen[0, :24].max() == 0 and seen[0, 76:].max() == 0
    assert seen[0, 26:74].min() > 0.99


def test_intensities_vary_but_stay_in_range():
    images = torch.full((20, 1, 32, 32), 0.5)
    varied = vary_intensity(np.random.default_rng(0), images, Augmentation())
    assert varied.min() >= 0 and varied.max() <= 1
    assert varied.mean((1, 2, 3)).std() > 0.02
