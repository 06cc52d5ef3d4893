"""Regression of the Dice from the mask alone, after Billot et al. 2023.

"Robust machine learning segmentation for large-scale analysis of heterogeneous clinical brain MRI
datasets" (PNAS): a regressor sees the segmentation and no image, so that it works on any scanner.
It says what the regression of image and mask (:mod:`HermesLib.research.rivals.regression`) gains
from the image.

From the source: masks only, straight to the Dice. Ours: the network is that of the regression with
the image blanked, and slices in place of volumes.
"""

import torch

from HermesLib.research.rivals.regression import DiceRegression


class MaskRegression(DiceRegression):
    """Masks (B, 1, side, side) in 0..1 to a Dice (B,), whatever the slices."""

    kind = "mask-regression"

    def forward(self, images: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        return super().forward(torch.zeros_like(images), masks)
