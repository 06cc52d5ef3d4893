"""A convolutional image encoder for small promptable models.

A pyramid down to 1/32 of the image's side and back up to 1/8. A vision transformer needs much
data; with a few dozen patients and a short training, convolutions work better. The prompt encoder
and the mask decoder stay segment-anything's.
"""

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional

from HermesLib.networks.blocks import ResidualBlock

#: Channels at a half, a quarter, an eighth and so on of the image's side.
WIDTHS = (24, 48, 96, 128, 128)
#: Pixels of the image's side to one of the features', as a transformer's patch.
PATCH = 8
#: Level of :data:`WIDTHS` that the features come from.
_LEVEL = 2


class PyramidEncoder(nn.Module):
    """Images (B, 3, S, S) of 0..1, S a multiple of 32, to features (B, ``outputs``, S/8, S/8)."""

    def __init__(self, outputs: int):
        super().__init__()
        self.downs = nn.ModuleList(
            nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in pairwise((3, *WIDTHS))
        )
        self.levels = nn.ModuleList(
            nn.Sequential(*(ResidualBlock(width, width) for _ in range(1 if level == 0 else 2)))
            for level, width in enumerate(WIDTHS)
        )
        self.ups = nn.ModuleList(
            ResidualBlock(below + width, width) for width, below in pairwise(WIDTHS[_LEVEL:])
        )
        self.neck = nn.Sequential(
            nn.GroupNorm(8, WIDTHS[_LEVEL]), nn.SiLU(), nn.Conv2d(WIDTHS[_LEVEL], outputs, 1)
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        skips = []
        features = images
        for down, level in zip(self.downs, self.levels, strict=True):
            features = level(down(features))
            skips.append(features)
        for number in reversed(range(len(self.ups))):
            skip = skips[_LEVEL + number]
            upsampled = functional.interpolate(features, skip.shape[-2:], mode="nearest")
            features = self.ups[number](torch.cat([skip, upsampled], 1))
        output: torch.Tensor = self.neck(features)
        return output
