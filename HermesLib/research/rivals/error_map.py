"""Regression of the Dice with a map of the errors, after QCResUNet (Qiu et al. 2023, 2025).

"QCResUNet: joint subject-level and voxel-level prediction of segmentation quality". A network with
an encoder and a decoder reads image and mask; the encoder's end gives the Dice, the decoder the
pixels at which the mask is wrong. Corrected at these, the mask is a pGT: unlike other regressions
it can guide a refinement.

From the source: both tasks of one network, and their losses (:class:`ErrorMapObjective
<HermesLib.research.rivals.regression_objectives.ErrorMapObjective>`). Ours: the sizes, slices in
place of volumes, no attention of tissue classes, and the pGT.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn

from HermesLib.quality.field_of_view import from_grid
from HermesLib.quality.protocol import Assessment, Evidence, Observation
from HermesLib.research.rivals.rebuilt import GridJudge
from HermesLib.research.rivals.regression import CHANNELS


class ErrorMapRegression(nn.Module):
    """Slices and masks (B, 1, side, side) in 0..1 to a Dice and to errors.

    ``side`` is a multiple of 32.
    """

    kind = "error-map"

    def __init__(self, side: int = 128):
        super().__init__()
        self.side = side
        self.down = nn.ModuleList(_step(before, after, 2) for before, after in pairwise(CHANNELS))
        # From the deepest maps up, each step beside the encoder's maps of the same side.
        sides = [*reversed(CHANNELS[1:]), CHANNELS[1]]
        beside = [*reversed(CHANNELS[1:-1]), 2]
        self.up = nn.ModuleList(
            _step(before + extra, after, 1)
            for (before, after), extra in zip(pairwise(sides), beside, strict=True)
        )
        self.enlarge = nn.Upsample(scale_factor=2, mode="bilinear")
        self.errors = nn.Conv2d(CHANNELS[1], 1, 1)
        self.quality = nn.Sequential(
            nn.AdaptiveAvgPool2d(4),
            nn.Flatten(),
            nn.Linear(16 * CHANNELS[-1], 64),
            nn.ReLU(),
            nn.Linear(64, 1),
        )

    def forward(
        self, images: torch.Tensor, masks: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Dice (B,) and log odds (B, 1, side, side) that a pixel of the mask is wrong."""
        maps = torch.cat([images, masks], 1)
        passed = []
        for step in self.down:
            passed.append(maps)
            maps = step(maps)
        dice = torch.sigmoid(self.quality(maps)[:, 0])
        for step in self.up:
            maps = step(torch.cat([self.enlarge(maps), passed.pop()], 1))
        return dice, self.errors(maps)


def _step(before: int, after: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, 3, stride, 1),
        nn.GroupNorm(8, after),
        nn.ReLU(),
        nn.Conv2d(after, after, 3, 1, 1),
        nn.GroupNorm(8, after),
        nn.ReLU(),
    )


class ErrorMapQuality(GridJudge[ErrorMapRegression]):
    """Judges a mask by the network's Dice. The pGT is the mask, corrected at its errors."""

    @torch.inference_mode()
    def assess(
        self,
        observation: Observation,
        masks: torch.Tensor,
        seeds: Sequence[int],
        evidence: Evidence = "independent",
    ) -> Assessment:
        """See :class:`HermesLib.quality.protocol.QualityControl`. Deterministic."""
        images, on_grid, windows = self.on_grid(observation, masks)
        pdsc, errors = self.network(images, on_grid)
        size = (masks.shape[-2], masks.shape[-1])
        wrong = from_grid(torch.sigmoid(errors), windows, size)[:, 0]
        drawn = masks.to(wrong.device).float()
        # Of a mask that is wrong with probability w: 1 - w inside it, w outside.
        pgt = drawn * (1 - wrong) + (1 - drawn) * wrong
        ones = torch.ones_like(pdsc)
        return Assessment(pgt, pdsc, pdsc, pdsc, ones, ones)
