"""SAM 2.1's image encoder: Hiera (Ryali et al. 2023) and a feature pyramid.

Four stages, each at half the side of the one before it. Attention stays in windows except in a
few blocks; the first block of a stage takes the maximum over 2x2 of its queries.
"""

import torch
from torch import nn
from torch.nn import functional

from HermesLib.models.sam2.config import Sam2Config
from HermesLib.models.sam2.layers import Mlp

#: Pixels of the image's side to one of the first stage.
_STRIDE = 4


class _Attention(nn.Module):
    """Self-attention in windows (N, h, w, C); ``pooled`` halves the sides of the answer."""

    def __init__(self, inputs: int, outputs: int, heads: int, pooled: bool):
        super().__init__()
        self.qkv = nn.Linear(inputs, 3 * outputs)
        self.proj = nn.Linear(outputs, outputs)
        self.heads = heads
        self.pooled = pooled

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        query, key, value = self.qkv(x).chunk(3, -1)
        if self.pooled:
            query = _halved(query)
        rows, columns = query.shape[1:3]
        answer = functional.scaled_dot_product_attention(
            self._by_head(query), self._by_head(key), self._by_head(value)
        )
        output: torch.Tensor = self.proj(answer.transpose(1, 2).reshape(len(x), rows, columns, -1))
        return output

    def _by_head(self, x: torch.Tensor) -> torch.Tensor:
        return x.flatten(1, 2).unflatten(-1, (self.heads, -1)).transpose(1, 2)


class _Block(nn.Module):
    """Attention and MLP on (B, H, W, C). ``window`` 0 means the whole image."""

    def __init__(self, inputs: int, outputs: int, heads: int, window: int):
        super().__init__()
        self.pooled = inputs != outputs
        self.window = window
        self.norm1 = nn.LayerNorm(inputs, eps=1e-6)
        self.attn = _Attention(inputs, outputs, heads, self.pooled)
        self.norm2 = nn.LayerNorm(outputs, eps=1e-6)
        self.mlp = Mlp((outputs, 4 * outputs, outputs), nn.GELU())
        if self.pooled:
            self.proj = nn.Linear(inputs, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        normed = self.norm1(x)
        shortcut = _halved(self.proj(normed)) if self.pooled else x
        x = shortcut + self._attended(normed, shortcut.shape[1:3])
        output: torch.Tensor = x + self.mlp(self.norm2(x))
        return output

    def _attended(self, x: torch.Tensor, size: torch.Size) -> torch.Tensor:
        """Attention of (B, H, W, C), in windows if there are any; rows and columns ``size``."""
        if not self.window:
            attended: torch.Tensor = self.attn(x)
            return attended
        batch, rows, columns, _ = x.shape
        side = self.window
        padded = functional.pad(x, (0, 0, 0, -columns % side, 0, -rows % side))
        down, across = padded.shape[1] // side, padded.shape[2] // side
        windows = padded.unflatten(2, (across, side)).unflatten(1, (down, side)).transpose(2, 3)
        answer = self.attn(windows.flatten(0, 2)).unflatten(0, (batch, down, across))
        joined = answer.transpose(2, 3).flatten(3, 4).flatten(1, 2)
        return joined[:, : size[0], : size[1]]


class Hiera(nn.Module):
    """Images (B, 3, S, S) to the features of the four stages, (B, C, S/4, S/4) and smaller."""

    def __init__(self, config: Sam2Config):
        super().__init__()
        projection = nn.Conv2d(3, config.width, 7, stride=_STRIDE, padding=3)
        self.patch_embed = nn.ModuleDict({"proj": projection})
        table = (1, config.width, config.background, config.background)
        self.pos_embed = nn.Parameter(torch.zeros(table))
        window = (1, config.width, config.windows[0], config.windows[0])
        self.pos_embed_window = nn.Parameter(torch.zeros(window))
        self.blocks = nn.ModuleList()
        self.last_blocks: list[int] = []
        inputs = config.width
        for stage, count in enumerate(config.stages):
            outputs, heads = config.width << stage, config.heads << stage
            for number in range(count):
                index = len(self.blocks)
                # A stage's first block still has the windows of the stage before it.
                window_side = config.windows[stage - 1 if number == 0 and stage else stage]
                if index in config.global_blocks:
                    window_side = 0
                self.blocks.append(_Block(inputs, outputs, heads, window_side))
                inputs = outputs
            self.last_blocks.append(len(self.blocks) - 1)

    def forward(self, images: torch.Tensor) -> list[torch.Tensor]:
        x = self.patch_embed["proj"](images)
        side = self.pos_embed_window.shape[-1]
        positions = functional.interpolate(self.pos_embed, x.shape[-2:], mode="bicubic")
        repeats = (1, 1, x.shape[-2] // side, x.shape[-1] // side)
        x = (x + positions + self.pos_embed_window.tile(repeats)).permute(0, 2, 3, 1)
        stages = []
        for index, block in enumerate(self.blocks):
            x = block(x)
            if index in self.last_blocks:
                stages.append(x.permute(0, 3, 1, 2))
        return stages


class _Neck(nn.Module):
    """The features of the stages in one width; the third gets those of the fourth added."""

    def __init__(self, config: Sam2Config):
        super().__init__()
        self.convs = nn.ModuleList(
            nn.ModuleDict({"conv": nn.Conv2d(config.width << stage, config.features, 1)})
            for stage in reversed(range(len(config.stages)))
        )

    def forward(self, stages: list[torch.Tensor]) -> list[torch.Tensor]:
        """Features at a quarter, an eighth and a sixteenth of the image's side."""
        fine, middle, coarse, coarsest = (
            level["conv"](stage)  # type: ignore[index]
            for level, stage in zip(reversed(list(self.convs)), stages, strict=True)
        )
        above = functional.interpolate(coarsest, scale_factor=2.0, mode="nearest")
        return [fine, middle, coarse + above]


class ImageEncoder(nn.Module):
    """Images (B, 3, S, S) to features at a quarter, an eighth and a sixteenth of the side."""

    def __init__(self, config: Sam2Config):
        super().__init__()
        self.trunk = Hiera(config)
        self.neck = _Neck(config)

    def forward(self, images: torch.Tensor) -> list[torch.Tensor]:
        features: list[torch.Tensor] = self.neck(self.trunk(images))
        return features


def _halved(x: torch.Tensor) -> torch.Tensor:
    """The maximum over 2x2 of (B, H, W, C)."""
    return functional.max_pool2d(x.permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1)
