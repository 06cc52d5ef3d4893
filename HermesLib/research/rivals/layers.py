"""Chains of strided convolutions that the rivals' encoders and decoders have in common."""

from collections.abc import Callable, Sequence
from itertools import pairwise

from torch import nn

#: Puts activation and normalisation around a convolution; the number is that of its output maps.
Block = Callable[[nn.Module, int], list[nn.Module]]


def flat_size(channels: Sequence[int], side: int) -> tuple[int, int]:
    """Side of the last maps of an encoder on a grid of ``side``, and how many numbers they hold."""
    cells = side // 2 ** (len(channels) - 1)
    return cells, channels[-1] * cells**2


def downsampling(channels: Sequence[int], kernel: int, block: Block) -> list[nn.Module]:
    """One convolution of stride 2 from each number of channels to the next."""
    layers: list[nn.Module] = []
    for before, after in pairwise(channels):
        layers += block(nn.Conv2d(before, after, kernel, 2, 1), after)
    return layers


def upsampling(channels: Sequence[int], block: Block) -> list[nn.Module]:
    """One transposed convolution of stride 2 from each number of channels to the next.

    Their kernel is 4: with an odd kernel, outputs overlap unevenly and show a chequerboard.
    """
    layers: list[nn.Module] = []
    for before, after in pairwise(channels):
        layers += block(nn.ConvTranspose2d(before, after, 4, 2, 1), after)
    return layers
