"""Post-DAE (Larrazabal 2020): a denoising autoencoder maps any mask to a plausible one.

"Post-DAE: Anatomically plausible segmentation via post-processing with denoising autoencoders".
From the source: strided convolutions with 16, 32, 32, 32 and 32 channels, a fully connected layer
of 512, a mirrored decoder, the Dice loss, and training on masks that were corrupted on purpose.
Ours: the grid, the kernel of 4 in the decoder, batch normalisation (without it the network learns
ten times as slowly), He's initial weights, the sizes of the corruptions and the share of clean
masks (:func:`HermesLib.research.rivals.corruptions.corrupt`), and Adam's settings.
"""

import torch
from torch import nn

from HermesLib.research.rivals.layers import downsampling, flat_size, upsampling

CHANNELS = (1, 16, 32, 32, 32, 32)
WIDTH = 512


class PostDae(nn.Module):
    """Masks (B, 1, side, side) in 0..1 to logits of the same shape; ``side``: a multiple of 32."""

    kind = "postdae"

    def __init__(self, side: int = 128):
        super().__init__()
        self.side = side
        cells, flat = flat_size(CHANNELS, side)
        down = downsampling(CHANNELS, 3, _down_block)
        self.encoder = nn.Sequential(*down, nn.Flatten(), nn.Linear(flat, WIDTH), nn.ReLU())
        up = upsampling(CHANNELS[::-1], _up_block)
        self.decoder = nn.Sequential(
            nn.Linear(WIDTH, flat), nn.Unflatten(1, (CHANNELS[-1], cells, cells)), *up
        )

    def forward(self, masks: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.decoder(self.encoder(masks))
        return logits

    def rebuild(self, images: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        """See :class:`HermesLib.research.rivals.rebuilt.Rebuilder`; ignores the images."""
        return torch.sigmoid(self(masks))


def _down_block(convolution: nn.Module, channels: int) -> list[nn.Module]:
    return [convolution, nn.BatchNorm2d(channels), nn.ReLU()]


def _up_block(convolution: nn.Module, channels: int) -> list[nn.Module]:
    block = [nn.ReLU(), convolution]
    is_output = channels == CHANNELS[0]
    return block if is_output else [*block, nn.BatchNorm2d(channels)]
