"""Resampling to the QC grid and back keeps masks in place."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from HermesLib.evaluation.cases import read_slices
from HermesLib.metrics.overlap import dice_batch
from HermesLib.presets.registry import load_preset
from HermesLib.quality.field_of_view import (
    Window,
    body_window,
    find_windows,
    from_grid,
    mirrored_window,
    slice_window,
    to_grid,
)
from HermesLib.research.release.test_patients import read_test_cases

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def disc(rows: int, columns: int, centre: tuple[float, float], radius: float) -> np.ndarray:
    grid = np.mgrid[:rows, :columns]
    return (grid[0] - centre[0]) ** 2 + (grid[1] - centre[1]) ** 2 < radius**2


@settings(deadline=None, max_examples=40)
@given(
    rows=st.integers(40, 400),
    columns=st.integers(40, 400),
    x=st.floats(0.3, 0.7),
    y=st.floats(0.3, 0.7),
)
def test_a_mask_survives_resampling_to_the_grid_and_back(rows, columns, x, y):
    mask = torch.from_numpy(
        disc(rows, columns, (y * rows, x * columns), 0.22 * min(rows, columns))
    )[None]
    windows = [slice_window((rows, columns))]
    back = from_grid(to_grid(mask[:, None].float(), windows, 128), windows, (rows, columns))
    assert back.shape == (1, 1, rows, columns)
    assert dice_batch(mask, back[:, 0] > 0.5).item() > 0.95


def test_a_window_beyond_the_border_is_padded_and_cropped_back():
    image = torch.ones(1, 1, 50, 60)
    window = Window(-10, 30, 50)
    assert to_grid(image, [window], 50)[0, 0, :9].max() == 0
    back = from_grid(torch.ones(1, 1, 50, 50), [window], (50, 60))
    assert back[0, 0, :40, 30:].min() > 0.99
    assert back[0, 0, 41:].max() == 0
    assert back[0, 0, :, :30].max() == 0


def test_the_body_is_found_beside_the_table_and_an_empty_slice_is_read_whole():
    image = np.zeros((200, 200), np.float32)
    image[disc(200, 200, (90, 100), 60)] = 0.5
    image[180:183, 20:180] = 0.6
    window = body_window(image)
    assert window.top <= 30 and window.top + window.side >= 150
    assert window.side < 145
    assert body_window(np.zeros((120, 80), np.float32)) == slice_window((120, 80))


def test_fat_belongs_to_the_body():
    rng = np.random.default_rng(0)
    image = np.zeros((256, 256), np.float32)
    # Fat of -100 HU in a window from -125 to 275 HU, muscles within, a couch of foam in a thin
    # shell below.
    image[disc(256, 256, (120, 128), 105)] = 0.0625
    image[disc(256, 256, (120, 128), 70)] = 0.4
    image[240:242, 10:246] = 0.3
    image = (image + rng.normal(0, 0.03, image.shape).astype(np.float32)).clip(0, 1)
    window = body_window(image)
    assert window.top <= 15 and window.left <= 23
    assert window.top + window.side >= 225 and window.left + window.side >= 233
    assert window.side < 240


@pytest.mark.skipif(not DATA.is_dir(), reason="real patients (../shared/data) are not here")
def test_no_spleen_of_a_real_patient_lies_outside_the_window():
    preset = load_preset("spleen-ct")
    cases = read_test_cases(f"slices:{DATA / 'btcv-slices'}", preset.organ_label)
    volumes = [read_slices(case, preset) for case in cases]
    volumes = [volume for volume in volumes if len(volume[0])]
    assert len(volumes) > 20
    for images, truth, _ in volumes:
        (window,) = find_windows(images, "body")
        inside = torch.zeros_like(truth)
        inside[
            :,
            max(window.top, 0) : window.top + window.side,
            max(window.left, 0) : window.left + window.side,
        ] = True
        assert (truth & inside).sum() == truth.sum()


def test_each_slice_has_its_own_body_window():
    images = torch.zeros(2, 1, 128, 128)
    images[0, 0, 20:100, 20:100] = 0.5
    images[1, 0, 40:120, 30:110] = 0.5
    first, second = find_windows(images, "body")
    assert (second.top - first.top, second.left - first.left) == (20, 10)
    assert find_windows(images, "slice") == [Window(0, 0, 128)] * 2


def test_the_centre_is_the_middle_three_quarters():
    images = torch.zeros(1, 1, 80, 64)
    images[0, 0, 30:50, 22:42] = 1
    (window,) = find_windows(images, "centre")
    assert window == Window(10, 2, 60)
    grid = to_grid(images, [window], 60)
    assert torch.equal(from_grid(grid, [window], (80, 64)), images)


def test_a_window_and_its_mirror_image_show_the_same_on_a_mirrored_slice():
    image = torch.rand(1, 1, 40, 60)
    window = Window(3, 5, 24)
    mirrored = mirrored_window(window, 60)
    straight = to_grid(image, [window], 24)
    turned = to_grid(image.flip(-1), [mirrored], 24)
    assert torch.allclose(turned.flip(-1), straight)
