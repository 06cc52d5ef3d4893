"""The estimate of the true Dice and the witness it hears."""

import dataclasses
import json

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from HermesLib.errors import HermesError
from HermesLib.quality.calibration import EVIDENCE, Calibration
from HermesLib.quality.config import QualityConfig
from HermesLib.quality.core import QualityCore
from HermesLib.quality.diffusion import DiffusionQuality
from HermesLib.quality.grid import find_windows
from HermesLib.quality.witness import expected_dice, image_only_map
from Testing.quality.small import SMALL

CALIBRATION = Calibration(EVIDENCE, -0.1, (0.1, 0.3, 0.7), -0.4, 0.3, 0.9, 8, 1000)
fractions = st.floats(0, 1)


@given(st.tuples(fractions, fractions, fractions))
def test_the_interval_holds_the_estimate_and_stays_a_dice(evidence):
    pdsc, low, high = (float(values[0]) for values in CALIBRATION.estimate(torch.tensor([evidence])))
    assert 0 <= low <= pdsc <= high <= 1


@given(fractions, fractions)
def test_better_evidence_never_lowers_the_estimate(first, second):
    worse, better = sorted((first, second))
    pdsc, _, _ = CALIBRATION.estimate(torch.tensor([[worse] * 3, [better] * 3]))
    assert pdsc[0] <= pdsc[1]


def test_a_calibration_travels_with_the_weights_settings():
    config = dataclasses.replace(SMALL, calibration=CALIBRATION)
    assert QualityConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config
    with pytest.raises(HermesError, match="update HERMES"):
        Calibration.from_dict({**CALIBRATION.to_dict(), "evidence": ["guide", "moon"]})


def test_the_expected_dice_of_a_sure_map_is_the_dice():
    probability, mask = torch.zeros(1, 8, 8), torch.zeros(1, 8, 8, dtype=torch.bool)
    probability[0, 2:6, 2:6], mask[0, 2:6, 3:7] = 1.0, True
    assert expected_dice(mask, probability).item() == pytest.approx(0.75)
    assert expected_dice(mask, 0.5 * probability).item() < 0.75


@pytest.fixture(scope="module")
def core() -> QualityCore:
    torch.manual_seed(0)
    return QualityCore(dataclasses.replace(SMALL, field="centre", mirror=True, calibration=CALIBRATION)).eval()


@torch.inference_mode()
def test_the_witness_says_the_same_of_a_slice_and_of_its_mirror_image(core):
    # Even sides, so that the middle is the middle either way.
    images = torch.rand(2, 1, 72, 64)
    maps = [image_only_map(core, seen, find_windows(seen, "centre"), mirror=True) for seen in (images, images.flip(-1))]
    # The closer view is not mirrored, the others are: what is left is its asymmetry.
    plain = [image_only_map(core, seen, find_windows(seen, "centre"), mirror=False) for seen in (images, images.flip(-1))]
    assert (maps[0] - maps[1].flip(-1)).abs().mean() < 0.5 * (plain[0] - plain[1].flip(-1)).abs().mean()


def test_the_witness_never_sees_the_mask_and_the_raw_score_is_at_hand(core):
    image, masks = torch.rand(1, 1, 64, 64), torch.zeros(2, 64, 64, dtype=torch.bool)
    masks[0, 20:40, 20:40], masks[1, :, :32] = True, True
    images = image.expand(2, -1, -1, -1)
    quality, raw = DiffusionQuality(core, "core"), DiffusionQuality(core, "core", score="raw")
    assert (quality.score, raw.score) == ("calibrated", "raw")
    answer, evidence = quality.examine(images, masks, [1, 1])
    assert torch.allclose(answer.pdsc, CALIBRATION.estimate(evidence)[0])
    assert torch.equal(raw.assess(images, masks, [1, 1]).pdsc, evidence[:, 0])
    assert torch.equal(raw.assess(images, masks, [1, 1]).pgt, answer.pgt)


def test_weights_without_a_calibration_give_the_raw_score():
    assert DiffusionQuality(QualityCore(SMALL), "core").score == "raw"
