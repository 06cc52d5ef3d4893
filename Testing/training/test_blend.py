"""How much of the pGT the image expert draws is decided on validation patients."""

from pathlib import Path

import pytest
import SimpleITK
import torch

from HermesLib.datasets.case import Truth
from HermesLib.evaluation.cases import Case
from HermesLib.presets.registry import load_preset
from HermesLib.quality.diffusion_qc import DiffusionQuality
from HermesLib.quality.network.core import QualityCore
from HermesLib.samples.prostate_phantom import prostate_phantom
from HermesLib.training.blend import BLENDS, Blend, best_blend, true_dice_by_blend
from Testing.quality.small import SMALL


@pytest.fixture
def quality() -> DiffusionQuality:
    torch.manual_seed(0)
    core = QualityCore(SMALL)
    torch.nn.init.normal_(core.denoiser.out[2].conv.weight, std=0.3)
    return DiffusionQuality(core, "core")


def with_share(quality: DiffusionQuality, share: float) -> torch.Tensor:
    blended = quality.with_blend(Blend(share, 0.0))
    images = torch.rand(1, 1, 64, 64, generator=torch.Generator().manual_seed(1))
    return blended.assess(
        blended.observe(images), torch.zeros(1, 64, 64, dtype=torch.bool), [0]
    ).pgt[0]


def test_a_share_lies_between_what_is_drawn_and_what_the_image_expert_sees(
    quality: DiffusionQuality,
):
    for part in quality.core.image_expert.to_organ:
        if isinstance(part, torch.nn.Conv2d):
            torch.nn.init.zeros_(part.weight)
            torch.nn.init.constant_(part.bias, 3.0)
    drawn, half, expert = (with_share(quality, share) for share in (0.0, 0.5, 1.0))
    inside = (slice(8, 56), slice(8, 56))
    assert expert[inside].min() > 0.9
    # Islands are set to 0 in each pGT for itself.
    kept = (drawn > 0) & (half > 0)
    kept[:8], kept[56:], kept[:, :8], kept[:, 56:] = False, False, False, False
    assert kept.sum() > 100
    assert torch.allclose(half[kept], (drawn + expert)[kept] / 2, atol=1e-4)


def test_where_the_image_expert_alone_decides_no_time_is_spent_on_drawing(
    quality: DiffusionQuality, monkeypatch: pytest.MonkeyPatch
):
    images = torch.rand(2, 1, 64, 64, generator=torch.Generator().manual_seed(1))
    masks = images[:, 0] > 0.4
    observation = quality.observe(images)
    nearly = quality.with_blend(Blend(1 - 1e-7, 0.0)).assess(observation, masks, [0, 1])
    monkeypatch.setattr(quality.core, "sample", None)
    alone = quality.with_blend(Blend(1.0, 0.0)).assess(observation, masks, [0, 1])
    for name in ("pgt", "pdsc", "pdsc_low", "pdsc_high", "present"):
        assert torch.allclose(getattr(alone, name), getattr(nearly, name), atol=1e-4)


def test_every_share_is_measured_and_the_weights_are_left_as_they_were(
    quality: DiffusionQuality, tmp_path: Path
):
    phantom = prostate_phantom(seed=1, side=64, slices=5, spacing=(3.0, 3.0, 14.0))
    for name, volume in (("image", phantom.image), ("label", phantom.label)):
        SimpleITK.WriteImage(volume, str(tmp_path / f"{name}.nii.gz"))
    cases = [Case("made-1", tmp_path / "image.nii.gz", Truth((tmp_path / "label.nii.gz",)))]
    found = true_dice_by_blend(quality, cases, load_preset("prostate-t2"), 0)
    assert set(found) == set(BLENDS) and all(0 <= dice <= 1 for dice in found.values())
    assert quality.blend == quality.core.config.blend == Blend(0.0, 0.0)


def test_of_equals_the_simplest_is_taken_and_a_better_one_before_it():
    drawn, half, neighbours = Blend(0, 0), Blend(0.5, 0), Blend(0.5, 0.25)
    assert best_blend({drawn: 0.9, half: 0.9004, neighbours: 0.8998}) == drawn
    assert best_blend({drawn: 0.9, half: 0.95, neighbours: 0.9501}) == half
    assert best_blend({drawn: 0.9, half: 0.95, neighbours: 0.96}) == neighbours
