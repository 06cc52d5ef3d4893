"""The networks of the QC core, untrained."""

import dataclasses
import json

import pytest
import torch

from HermesLib.errors import HermesError
from HermesLib.quality.diffusion_qc import DiffusionQuality
from HermesLib.quality.network.config import QualityConfig
from HermesLib.quality.network.core import Condition, QualityCore
from HermesLib.quality.presence import PresenceRule
from Testing.quality.small import SMALL


@pytest.fixture(scope="module")
def core() -> QualityCore:
    torch.manual_seed(0)
    core = QualityCore(SMALL)
    # MONAI initialises the denoiser's last layer with zeros, so the output of an untrained core
    # would be constant.
    torch.nn.init.normal_(core.denoiser.out[2].conv.weight, std=0.3)
    return core


def condition_of(core: QualityCore, images, masks, **options) -> Condition:
    return core.condition(core.read_images(images), masks, **options)


def test_the_cross_attention_gives_both_experts_a_gradient(core):
    image, mask = torch.rand(2, 1, 64, 64), (torch.rand(2, 1, 64, 64) > 0.5).float()
    condition = condition_of(core, image, mask)
    condition.tokens.square().sum().backward()
    for expert in (core.mask_expert, core.image_expert):
        assert expert.to_tokens.weight.grad.abs().max() > 0
        assert expert.stem.weight.grad.abs().max() > 0
    assert core.fusion.queries.grad.abs().max() > 0
    core.zero_grad()


def test_each_expert_contributes_several_tokens(core):
    condition = condition_of(core, torch.rand(1, 1, 64, 64), torch.zeros(1, 1, 64, 64))
    assert condition.tokens.shape == (1, 16, 32)


def test_a_silenced_expert_has_no_influence(core):
    image = torch.rand(2, 1, 64, 64)
    masks = [torch.zeros(2, 1, 64, 64), torch.ones(2, 1, 64, 64)]
    silent = torch.zeros(2)
    a, b = (condition_of(core, image, mask, keep_mask=silent) for mask in masks)
    assert torch.equal(a.tokens, b.tokens) and torch.equal(a.spatial, b.spatial)
    a, b = (condition_of(core, image, mask) for mask in masks)
    assert not torch.equal(a.tokens, b.tokens)


def test_a_slice_has_the_same_assessment_alone_and_in_a_batch(core):
    quality = DiffusionQuality(core, "small", samples=3, steps=2)
    images, masks = torch.rand(5, 1, 80, 70), torch.rand(5, 80, 70) > 0.6
    together = quality.assess(quality.observe(images), masks, [1, 2, 3, 4, 5])
    alone = quality.assess(quality.observe(images[3:4]), masks[3:4], [4])
    # Up to rounding: matrix products of another size add up in another order. On a CPU the loop
    # assesses slices one by one.
    assert torch.allclose(alone.pgt[0], together.pgt[3], atol=1e-4)


def test_the_same_seed_gives_the_same_pgt_and_another_seed_a_different_one(core):
    quality = DiffusionQuality(core, "small", samples=2, steps=2)
    image, mask = torch.rand(1, 1, 64, 64), torch.rand(1, 64, 64) > 0.5
    first, again, other = (
        quality.assess(quality.observe(image), mask, [seed]) for seed in (3, 3, 4)
    )
    assert torch.equal(first.pgt, again.pgt)
    assert not torch.equal(first.pgt, other.pgt)


def test_the_range_contains_the_score(core):
    quality = DiffusionQuality(core, "small", samples=4, steps=1)
    assessment = quality.assess(
        quality.observe(torch.rand(4, 1, 64, 64)), torch.rand(4, 64, 64) > 0.5, [1, 2, 3, 4]
    )
    assert (assessment.pdsc_low <= assessment.pdsc).all()
    assert (assessment.pdsc <= assessment.pdsc_high).all()
    assert ((assessment.present >= 0) & (assessment.present <= 1)).all()


def test_settings_are_stored_with_the_weights_and_unknown_ones_are_named():
    rule = PresenceRule(weight=0.7, borderline=(0.2, 0.8))
    config = dataclasses.replace(SMALL, presence_rule=rule)
    assert QualityConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config
    with pytest.raises(HermesError, match="wings"):
        QualityConfig.from_dict({"wings": 2})


def test_weights_without_a_presence_rule_get_the_default_one():
    raw = SMALL.to_dict()
    del raw["presence_rule"]
    assert QualityConfig.from_dict(raw).presence_rule == PresenceRule(0.5, (0.1, 0.9))


def test_neighbouring_slices_influence_a_core_with_neighbours():
    torch.manual_seed(0)
    core = QualityCore(dataclasses.replace(SMALL, neighbours=1))
    images = torch.rand(1, 3, 64, 64)
    other = images.clone()
    other[:, 0] = torch.rand(64, 64)
    assert not torch.equal(core.read_images(images).organ, core.read_images(other).organ)
    single = core.read_images(images[:, 1:2])
    assert single.organ.shape == (1, 1, 64, 64)


def test_a_standardising_core_is_almost_invariant_to_gain_and_offset():
    torch.manual_seed(0)
    core = QualityCore(dataclasses.replace(SMALL, standardise=True)).eval()
    image = torch.rand(1, 1, 64, 64) * 0.4
    brighter = image * 1.5 + 0.2
    with torch.no_grad():
        a, b = (core.image_expert(pixels).organ for pixels in (image, brighter))
    plain = QualityCore(SMALL).eval()
    with torch.no_grad():
        c, d = (plain.image_expert(pixels).organ for pixels in (image, brighter))
    assert (a - b).abs().mean() < 0.25 * (c - d).abs().mean()
