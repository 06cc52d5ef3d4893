"""Post-DAE (Larrazabal 2020, "Post-DAE: Anatomically plausible segmentation via post-processing with denoising autoencoders"): a denoising
autoencoder takes any mask to a plausible one.

From the source: strided convolutions with 16, 32, 32, 32 and 32 channels, a fully connected layer of 512, a mirrored decoder, the Dice loss,
and training on masks that were spoilt on purpose. Ours: the grid, the kernel of 4 in the decoder (no chequerboard), batch normalisation
(without it the network learns ten times as slowly), He's initial weights, the corruptions' sizes and the share of clean masks
(:func:`HermesLib.research.rivals.objectives.spoil`), Adam's settings.
"""

from itertools import pairwise

import torch
from torch import nn

CHANNELS = (1, 16, 32, 32, 32, 32)
WIDTH = 512


class PostDae(nn.Module):
    """Masks (B, 1, side, side) in 0..1 to logits of the same shape; ``side`` is a multiple of 32."""

    kind = "postdae"

    def __init__(self, side: int = 128):
        super().__init__()
        self.side = side
        cells = side // 2 ** (len(CHANNELS) - 1)
        flat = CHANNELS[-1] * cells**2
        down: list[nn.Module] = []
        for before, after in pairwise(CHANNELS):
            down += [nn.Conv2d(before, after, 3, 2, 1), nn.BatchNorm2d(after), nn.ReLU()]
        self.encoder = nn.Sequential(*down, nn.Flatten(), nn.Linear(flat, WIDTH), nn.ReLU())
        up: list[nn.Module] = []
        for before, after in pairwise(CHANNELS[::-1]):
            up += [nn.ReLU(), nn.ConvTranspose2d(before, after, 4, 2, 1)]
            if after > 1:
                up.append(nn.BatchNorm2d(after))
        self.decoder = nn.Sequential(
            nn.Linear(WIDTH, flat), nn.Unflatten(1, (CHANNELS[-1], cells, cells)), *up
        )

    def forward(self, masks: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.decoder(self.encoder(masks))
        return logits

    def rebuild(self, images: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        """See :class:`HermesLib.research.rivals.rebuilt.Rebuilder`; the image is not looked at."""
        return torch.sigmoid(self(masks))
