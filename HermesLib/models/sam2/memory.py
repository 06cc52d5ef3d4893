"""SAM 2.1's memory of other slices: the layers whose tensors official files hold.

Slices are segmented one by one here, so nothing reads these layers yet; they are built so that an
official file loads whole, and a file that lacks them is noticed.
"""

from itertools import pairwise

import torch
from torch import nn

from HermesLib.models.sam2.config import Sam2Config
from HermesLib.models.sam2.layers import ChannelNorm, Mlp

#: Channels of the mask on its way to an eighth of its side and so on down to a sixteenth.
_MASK_WIDTHS = (1, 4, 16, 64, 256)


def _attention(width: int, memory: int) -> nn.ModuleDict:
    return nn.ModuleDict(
        {
            "q_proj": nn.Linear(width, width),
            "k_proj": nn.Linear(memory, width),
            "v_proj": nn.Linear(memory, width),
            "out_proj": nn.Linear(width, width),
        }
    )


def memory_attention(config: Sam2Config) -> nn.ModuleDict:
    """Layers through which a slice's features attend to the memories of others."""
    width = config.features
    layers = nn.ModuleList(
        nn.ModuleDict(
            {
                "self_attn": _attention(width, width),
                "cross_attn_image": _attention(width, config.memory_width),
                "linear1": nn.Linear(width, config.decoder_mlp),
                "linear2": nn.Linear(config.decoder_mlp, width),
                "norm1": nn.LayerNorm(width),
                "norm2": nn.LayerNorm(width),
                "norm3": nn.LayerNorm(width),
            }
        )
        for _ in range(config.memory_layers)
    )
    return nn.ModuleDict({"layers": layers, "norm": nn.LayerNorm(width)})


class _FusedBlock(nn.Module):
    """A ConvNeXt block on (B, C, H, W)."""

    def __init__(self, width: int):
        super().__init__()
        self.dwconv = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm = ChannelNorm(width)
        self.pwconv1 = nn.Linear(width, 4 * width)
        self.pwconv2 = nn.Linear(4 * width, width)
        self.gamma = nn.Parameter(torch.full((width,), 1e-6))


def memory_encoder(config: Sam2Config) -> nn.ModuleDict:
    """Layers that make a memory of a slice's features and its mask."""
    width = config.features
    downsampler = nn.Sequential()
    for inputs, outputs in pairwise(_MASK_WIDTHS):
        downsampler.append(nn.Conv2d(inputs, outputs, 3, stride=2, padding=1))
        downsampler.append(ChannelNorm(outputs))
        downsampler.append(nn.GELU())
    downsampler.append(nn.Conv2d(_MASK_WIDTHS[-1], width, 1))
    fuser = nn.ModuleList([_FusedBlock(width), _FusedBlock(width)])
    return nn.ModuleDict(
        {
            "mask_downsampler": nn.ModuleDict({"encoder": downsampler}),
            "pix_feat_proj": nn.Conv2d(width, width, 1),
            "fuser": nn.ModuleDict({"layers": fuser}),
            "out_proj": nn.Conv2d(width, config.memory_width, 1),
        }
    )


def object_pointer(config: Sam2Config) -> Mlp:
    """A mask's token to a pointer to its object."""
    return Mlp((config.features,) * 4, nn.ReLU())
