"""SAM 2.1's memory encoder: a slice's features and its mask to a memory of the object there."""

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional

from HermesLib.models.sam2.config import Sam2Config
from HermesLib.models.sam2.layers import ChannelNorm

#: Channels of the mask on its way to a sixteenth of its side.
_MASK_WIDTHS = (1, 4, 16, 64, 256)


class _MaskDownsampler(nn.Module):
    """Masks (B, 1, S, S) to features (B, C, S/16, S/16)."""

    def __init__(self, width: int):
        super().__init__()
        self.encoder = nn.Sequential()
        for inputs, outputs in pairwise(_MASK_WIDTHS):
            self.encoder.append(nn.Conv2d(inputs, outputs, 3, stride=2, padding=1))
            self.encoder.append(ChannelNorm(outputs))
            self.encoder.append(nn.GELU())
        self.encoder.append(nn.Conv2d(_MASK_WIDTHS[-1], width, 1))

    def forward(self, masks: torch.Tensor) -> torch.Tensor:
        features: torch.Tensor = self.encoder(masks)
        return features


class _FuserBlock(nn.Module):
    """A ConvNeXt block (Liu et al. 2022) on (B, C, H, W)."""

    def __init__(self, width: int):
        super().__init__()
        self.dwconv = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm = ChannelNorm(width)
        self.pwconv1 = nn.Linear(width, 4 * width)
        self.pwconv2 = nn.Linear(4 * width, width)
        self.gamma = nn.Parameter(torch.full((width,), 1e-6))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        last = self.norm(self.dwconv(x)).permute(0, 2, 3, 1)
        change: torch.Tensor = self.gamma * self.pwconv2(functional.gelu(self.pwconv1(last)))
        return x + change.permute(0, 3, 1, 2)


class MemoryEncoder(nn.Module):
    """A slice's features and its mask to the slice's memory."""

    def __init__(self, config: Sam2Config):
        super().__init__()
        width = config.features
        self.mask_downsampler = _MaskDownsampler(width)
        self.pix_feat_proj = nn.Conv2d(width, width, 1)
        blocks = nn.ModuleList([_FuserBlock(width), _FuserBlock(width)])
        self.fuser = nn.ModuleDict({"layers": blocks})
        self.out_proj = nn.Conv2d(width, config.memory_width, 1)

    def forward(self, image: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        """Encode.

        Args:
            image: (B, C, s, s) features of the slices as they are without any memory.
            masks: (B, 1, S, S), -10 outside to 10 inside the object.

        Returns:
            (B, M, s, s).
        """
        fused = self.pix_feat_proj(image) + self.mask_downsampler(masks)
        for block in self.fuser["layers"]:  # type: ignore[attr-defined]
            fused = block(fused)
        memory: torch.Tensor = self.out_proj(fused)
        return memory
