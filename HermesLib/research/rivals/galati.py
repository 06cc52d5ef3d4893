"""Galati and Zuluaga 2021, "Efficient model monitoring for quality control in cardiac image segmentation": a convolutional autoencoder that has
seen true masks alone builds good masks anew and spoils bad ones.

From the source and its public code: ten convolutions with batch normalisation, LeakyReLU of 0.2 and dropout of 0.5 down to 100 maps of
4 x 4, a mirrored decoder, the sum of mean squared error and Dice as loss, true masks alone as training. Ours: a grid of 128 where theirs is
twice as large, hence five strided convolutions where they have six (their third is one); Adam's settings, and how masks are varied.
"""

from itertools import pairwise

import torch
from torch import nn

CHANNELS = (1, 32, 32, 32, 32, 64, 64, 128, 64, 32, 100)
STRIDES = (2, 2, 1, 1, 2, 1, 2, 1, 1, 2)
SLOPE, DROPOUT = 0.2, 0.5


class Galati(nn.Module):
    """Masks (B, 1, side, side) in 0..1 to logits of the same shape; ``side`` is a multiple of 32."""

    kind = "galati"

    def __init__(self, side: int = 128):
        super().__init__()
        self.side = side
        steps = [
            (before, after, stride)
            for (before, after), stride in zip(pairwise(CHANNELS), STRIDES, strict=True)
        ]
        down: list[nn.Module] = []
        for before, after, stride in steps:
            down += [
                nn.Conv2d(before, after, 4, 2, 1)
                if stride == 2
                else nn.Conv2d(before, after, 3, 1, 1),
                *_between(after),
            ]
        up: list[nn.Module] = []
        for after, before, stride in reversed(steps):
            up += [
                nn.ConvTranspose2d(before, after, 4, 2, 1)
                if stride == 2
                else nn.Conv2d(before, after, 3, 1, 1),
                *_between(after),
            ]
        # Neither the latent nor the output is normalised or dropped.
        down, up = down[:-3], up[:-3]
        self.encoder, self.decoder = nn.Sequential(*down), nn.Sequential(*up)

    def forward(self, masks: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.decoder(self.encoder(masks))
        return logits

    def rebuild(self, images: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        """See :class:`HermesLib.research.rivals.rebuilt.Rebuilder`; the image is not looked at."""
        return torch.sigmoid(self(masks))


def _between(channels: int) -> list[nn.Module]:
    return [nn.BatchNorm2d(channels), nn.LeakyReLU(SLOPE), nn.Dropout(DROPOUT)]
