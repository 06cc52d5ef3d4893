"""Regression of the Dice (Robinson 2018): a network reads image and mask and estimates the Dice.

"Real-time prediction of segmentation quality". It draws no pGT, so it can judge masks but not guide
a refinement.

From the source: a convolutional network from image and mask straight to the Dice, trained on masks
of all qualities. Ours: the sizes.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn

from HermesLib.quality.protocol import Assessment, Evidence, Observation
from HermesLib.research.rivals.rebuilt import GridJudge

CHANNELS = (2, 16, 32, 48, 64, 96)


class DiceRegression(nn.Module):
    """Slices and masks (B, 1, side, side) in 0..1 to a Dice (B,)."""

    kind = "regression"

    def __init__(self, side: int = 128):
        super().__init__()
        self.side = side
        down: list[nn.Module] = []
        for before, after in pairwise(CHANNELS):
            down += [nn.Conv2d(before, after, 3, 2, 1), nn.GroupNorm(8, after), nn.ReLU()]
            down += [nn.Conv2d(after, after, 3, 1, 1), nn.GroupNorm(8, after), nn.ReLU()]
        self.layers = nn.Sequential(
            *down,
            nn.AdaptiveAvgPool2d(4),
            nn.Flatten(),
            nn.Linear(16 * CHANNELS[-1], 64),
            nn.ReLU(),
            nn.Linear(64, 1),
        )

    def forward(self, images: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(self.layers(torch.cat([images, masks], 1))[:, 0])


class RegressionQuality(GridJudge[DiceRegression]):
    """Judges a mask by the network's estimate of its Dice. The pGT is the mask itself."""

    @torch.inference_mode()
    def assess(
        self,
        observation: Observation,
        masks: torch.Tensor,
        seeds: Sequence[int],
        evidence: Evidence = "independent",
    ) -> Assessment:
        """See :class:`HermesLib.quality.protocol.QualityControl`. Deterministic."""
        images, on_grid, _ = self.on_grid(observation, masks)
        pdsc = self.network(images, on_grid)
        ones = torch.ones_like(pdsc)
        return Assessment(masks.to(pdsc.device).float(), pdsc, pdsc, pdsc, ones, ones)
