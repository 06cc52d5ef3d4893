"""How the pGT is composed of samples and of the organ map."""

import dataclasses

import pytest
import torch

from HermesLib.quality import diffusion_qc
from HermesLib.quality.blend import Blend
from HermesLib.quality.diffusion_qc import DiffusionQuality
from HermesLib.quality.network.core import QualityCore
from Testing.quality.small import SMALL

ORGAN = torch.zeros(1, 64, 64)
ORGAN[0, 20:44, 20:44] = 1.0
ISLAND = torch.zeros(1, 64, 64)
ISLAND[0, 2:4, 2:4] = 1.0


class Given(DiffusionQuality):
    """Reads and samples what a test gives."""

    organ = ORGAN
    sampled = torch.zeros(1, 1, 64, 64)

    def _organ_map(self, observation):
        return self.organ

    def _sample(self, observation, masks, seeds, organ_map):
        return self.sampled.clone()


def pgt(organ: torch.Tensor, sampled: torch.Tensor, share: float, island_share: float = 0.0):
    """The pGT of one slice, (64, 64)."""
    core = QualityCore(dataclasses.replace(SMALL, island_share=island_share))
    quality = Given(core, "given").with_blend(Blend(share, 0.0))
    quality.organ, quality.sampled = organ, sampled[None]
    observation = quality.observe(torch.rand(1, 1, 64, 64))
    return quality.assess(observation, ORGAN.bool(), [0]).pgt[0]


@pytest.mark.parametrize("share", [0.25, 0.6])
def test_the_organ_map_has_its_share_and_samples_have_the_rest(share: float):
    composed = pgt(ORGAN, torch.zeros_like(ORGAN), share)
    assert composed[30, 30].item() == pytest.approx(share)
    composed = pgt(torch.zeros_like(ORGAN), ORGAN, share)
    assert composed[30, 30].item() == pytest.approx(1 - share)


def test_islands_that_would_widen_a_box_are_taken_out_of_the_pgt():
    both = ORGAN + ISLAND
    assert (pgt(both, both, 1.0)[2:4, 2:4] > 0.5).all()
    cleaned = pgt(both, both, 1.0, island_share=0.1)
    assert (cleaned[2:4, 2:4] == 0).all() and cleaned[30, 30] == 1


def test_a_pgt_that_no_mask_can_change_is_drawn_once_a_slice(monkeypatch: pytest.MonkeyPatch):
    drawn = []
    clean = diffusion_qc.without_small_components
    monkeypatch.setattr(
        diffusion_qc, "without_small_components", lambda *given: drawn.append(1) or clean(*given)
    )
    quality = Given(QualityCore(SMALL), "given").with_blend(Blend(1.0, 0.0))
    observation = quality.observe(torch.rand(1, 1, 64, 64))
    first = quality.assess(observation, ORGAN.bool(), [0])
    second = quality.assess(observation, ~ORGAN.bool(), [1])
    assert len(drawn) == 1 and torch.equal(first.pgt, second.pgt)
    assert first.pdsc > second.pdsc
    quality.with_blend(Blend(0.5, 0.0)).assess(observation, ORGAN.bool(), [0])
    assert len(drawn) == 2
