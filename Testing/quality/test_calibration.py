"""The estimate of the true Dice and the witness it hears."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from HermesLib.quality.calibration import Calibration, Curve
from HermesLib.quality.diffusion_qc import DiffusionQuality
from HermesLib.quality.field_of_view import find_windows
from HermesLib.quality.network.config import QualityConfig
from HermesLib.quality.network.core import QualityCore
from HermesLib.quality.organ_map import expected_dice, highest_expected_dice, image_only_map
from Testing.quality.small import SMALL

CALIBRATION = Calibration(Curve(0.1, 1.1, -0.4, 0.3, 700), Curve(-0.1, 0.8, -0.8, 0.5, 900), 0.9, 8)
fractions = st.floats(0, 1)


@given(fractions, fractions)
def test_better_evidence_never_lowers_the_estimate_and_the_interval_holds_it(first, second):
    for curve in (CALIBRATION.independent, CALIBRATION.prompted):
        pdsc, low, high = curve.estimate(torch.tensor(sorted((first, second))))
        assert pdsc[0] <= pdsc[1]
        assert ((low >= 0) & (low <= pdsc) & (pdsc <= high) & (high <= 1)).all()


def test_a_calibration_travels_with_the_weights_settings():
    config = dataclasses.replace(SMALL, calibration=CALIBRATION)
    assert QualityConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_the_expected_dice_of_a_sure_map_is_the_dice():
    probability, mask = torch.zeros(1, 8, 8), torch.zeros(1, 8, 8, dtype=torch.bool)
    probability[0, 2:6, 2:6], mask[0, 2:6, 3:7] = 1.0, True
    assert expected_dice(mask, probability).item() == pytest.approx(0.75)
    assert expected_dice(mask, 0.5 * probability).item() < 0.75


@example(np.full((5, 5), 0.125, np.float32), np.ones((5, 5), bool))
@given(
    arrays.arrays(np.float32, (5, 5), elements=st.floats(0, 1, width=32)),
    arrays.arrays(bool, (5, 5)),
)
def test_no_mask_is_expected_to_be_better_than_the_highest(probability, mask):
    # The best level is found only roughly: no mask beats it by more than a little.
    highest = highest_expected_dice(torch.from_numpy(probability)[None])
    assert (
        expected_dice(torch.from_numpy(mask)[None], torch.from_numpy(probability)[None])
        <= highest + 0.12
    )


@pytest.fixture(scope="module")
def core() -> QualityCore:
    torch.manual_seed(0)
    return QualityCore(
        dataclasses.replace(SMALL, field="centre", mirror=True, calibration=CALIBRATION)
    ).eval()


@torch.inference_mode()
def test_the_witness_says_the_same_of_a_slice_and_of_its_mirror_image(core):
    # Even sides, so that the middle is the middle either way.
    images = torch.rand(2, 1, 72, 64)
    maps = [
        image_only_map(core, seen, find_windows(seen, "centre"), mirror=True)
        for seen in (images, images.flip(-1))
    ]
    # The closer view is not mirrored, the others are: what is left is its asymmetry.
    plain = [
        image_only_map(core, seen, find_windows(seen, "centre"), mirror=False)
        for seen in (images, images.flip(-1))
    ]
    assert (maps[0] - maps[1].flip(-1)).abs().mean() < 0.5 * (
        plain[0] - plain[1].flip(-1)
    ).abs().mean()


def test_a_prompted_mask_is_judged_by_the_witness_and_any_other_by_its_pgt(core):
    image, masks = torch.rand(1, 1, 64, 64), torch.zeros(2, 64, 64, dtype=torch.bool)
    masks[0, 20:40, 20:40], masks[1, :, :32] = True, True
    images, seeds = image.expand(2, -1, -1, -1), [1, 1]
    quality, raw = DiffusionQuality(core, "core"), DiffusionQuality(core, "core", score="raw")
    assert (quality.score, raw.score) == ("calibrated", "raw")
    plain, expected = raw.assess(images, masks, seeds), quality.expected_dice(images, masks)
    assert torch.equal(
        quality.assess(images, masks, seeds).pdsc, CALIBRATION.independent.estimate(plain.pdsc)[0]
    )
    prompted = quality.assess(images, masks, seeds, prompted=True)
    assert torch.equal(prompted.pdsc, CALIBRATION.prompted.estimate(expected)[0])
    assert torch.equal(prompted.pgt, plain.pgt) and torch.equal(
        raw.assess(images, masks, seeds, prompted=True).pdsc, plain.pdsc
    )


def test_weights_without_a_calibration_give_the_raw_score():
    assert DiffusionQuality(QualityCore(SMALL), "core").score == "raw"
