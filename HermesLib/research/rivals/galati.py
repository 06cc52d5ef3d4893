"""Galati and Zuluaga 2021: an autoencoder of true masks reconstructs good masks, not bad ones.

"Efficient model monitoring for quality control in cardiac image segmentation".
From the source and its public code: ten convolutions with batch normalisation, LeakyReLU of 0.2 and
dropout of 0.5 down to 100 maps of 4 x 4, a mirrored decoder, the sum of mean squared error and Dice
as loss, true masks alone for training. Ours: a grid of 128 where theirs is twice as large, hence
five strided convolutions where they have six (their third is one); Adam's settings, and how masks
are varied.
"""

from itertools import pairwise

import torch
from torch import nn

CHANNELS = (1, 32, 32, 32, 32, 64, 64, 128, 64, 32, 100)
STRIDES = (2, 2, 1, 1, 2, 1, 2, 1, 1, 2)
SLOPE = 0.2
DROPOUT = 0.5


class Galati(nn.Module):
    """Masks (B, 1, side, side) in 0..1 to logits of the same shape; ``side``: a multiple of 32."""

    kind = "galati"

    def __init__(self, side: int = 128):
        super().__init__()
        self.side = side
        sizes = list(zip(pairwise(CHANNELS), STRIDES, strict=True))
        down: list[nn.Module] = []
        for (before, after), stride in sizes:
            down += [_down(before, after, stride), *_between(after)]
        up: list[nn.Module] = []
        for (after, before), stride in reversed(sizes):
            up += [_up(before, after, stride), *_between(after)]
        # Latent and output are neither normalised nor dropped.
        self.encoder = nn.Sequential(*down[:-3])
        self.decoder = nn.Sequential(*up[:-3])

    def forward(self, masks: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.decoder(self.encoder(masks))
        return logits

    def rebuild(self, images: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        """See :class:`HermesLib.research.rivals.rebuilt.Rebuilder`; ignores the images."""
        return torch.sigmoid(self(masks))


def _down(before: int, after: int, stride: int) -> nn.Module:
    return nn.Conv2d(before, after, 4, 2, 1) if stride == 2 else nn.Conv2d(before, after, 3, 1, 1)


def _up(before: int, after: int, stride: int) -> nn.Module:
    if stride == 2:
        return nn.ConvTranspose2d(before, after, 4, 2, 1)
    return nn.Conv2d(before, after, 3, 1, 1)


def _between(channels: int) -> list[nn.Module]:
    return [nn.BatchNorm2d(channels), nn.LeakyReLU(SLOPE), nn.Dropout(DROPOUT)]
