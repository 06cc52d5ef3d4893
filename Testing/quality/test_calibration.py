"""The calibrated estimate of the true Dice, and the evidence that it uses."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from HermesLib.quality.diffusion_qc import DiffusionQuality
from HermesLib.quality.network.config import QualityConfig
from HermesLib.quality.network.core import QualityCore
from HermesLib.quality.organ_map import expected_dice, highest_expected_dice
from Testing.quality.small import CALIBRATION, SMALL

fractions = st.floats(0, 1)


@given(fractions, fractions)
def test_the_estimate_rises_with_the_evidence_and_lies_within_its_interval(first, second):
    for curve in (CALIBRATION.independent, CALIBRATION.prompted):
        pdsc, low, high = curve.estimate(torch.tensor(sorted((first, second))))
        assert pdsc[0] <= pdsc[1]
        assert ((low >= 0) & (low <= pdsc) & (pdsc <= high) & (high <= 1)).all()


def test_a_calibration_is_stored_with_the_weights():
    config = dataclasses.replace(SMALL, calibration=CALIBRATION)
    assert QualityConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_the_expected_dice_for_a_certain_map_is_the_dice():
    probability = torch.zeros(1, 8, 8)
    probability[0, 2:6, 2:6] = 1.0
    mask = torch.zeros(1, 8, 8, dtype=torch.bool)
    mask[0, 2:6, 3:7] = True
    assert expected_dice(mask, probability).item() == pytest.approx(0.75)
    assert expected_dice(mask, 0.5 * probability).item() < 0.75


def test_the_expected_dice_with_several_maps_at_once_is_that_with_each():
    generator = torch.Generator().manual_seed(0)
    maps = torch.rand(5, 40, 40, generator=generator)
    shares = torch.rand(3, 40, 40, generator=generator)
    each = torch.stack([expected_dice(shares, one.expand_as(shares)) for one in maps])
    assert torch.equal(expected_dice(shares, maps[:, None]), each)


@example(np.full((5, 5), 0.125, np.float32), np.ones((5, 5), bool))
@given(
    arrays.arrays(np.float32, (5, 5), elements=st.floats(0, 1, width=32)),
    arrays.arrays(bool, (5, 5)),
)
def test_no_mask_exceeds_the_highest_expected_dice_by_much(probability, mask):
    # The best level is approximate.
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


def test_a_prompted_mask_is_scored_by_the_organ_map_and_any_other_by_its_pgt(core):
    masks = torch.zeros(2, 64, 64, dtype=torch.bool)
    masks[0, 20:40, 20:40] = True
    masks[1, :, :32] = True
    images = torch.rand(1, 1, 64, 64).expand(2, -1, -1, -1)
    seeds = [1, 1]
    quality = DiffusionQuality(core, "core")
    raw = DiffusionQuality(core, "core", score="raw")
    assert (quality.score, raw.score) == ("calibrated", "raw")
    observation = quality.observe(images)
    plain = raw.assess(observation, masks, seeds)
    independent = quality.assess(observation, masks, seeds)
    assert torch.equal(independent.pdsc, CALIBRATION.independent.estimate(plain.pdsc)[0])
    prompted = quality.assess(observation, masks, seeds, "prompted")
    expected = quality.expected_dice(observation, masks)
    assert torch.equal(prompted.pdsc, CALIBRATION.prompted.estimate(expected)[0])
    assert torch.equal(prompted.pgt, plain.pgt)
    assert torch.equal(raw.assess(observation, masks, seeds, "prompted").pdsc, plain.pdsc)


def test_weights_without_a_calibration_give_the_raw_score():
    assert DiffusionQuality(QualityCore(SMALL), "core").score == "raw"
