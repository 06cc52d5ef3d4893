"""E1, the expert on masks (paper, "team of experts"): a convolutional autoencoder."""

from collections.abc import Sequence

import torch
from torch import nn

from HermesLib.networks.blocks import ResidualBlock, upsample


class MaskExpert(nn.Module):
    """Autoencoder of masks (B, 1, S, S), trained on anomalous ones; its first level is at S/2."""

    def __init__(self, channels: Sequence[int], token_width: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, channels[0], 5, stride=2, padding=2)
        self.levels = nn.ModuleList()
        previous = channels[0]
        for level, width in enumerate(channels):
            layers: list[nn.Module] = (
                [nn.Conv2d(previous, width, 3, stride=2, padding=1)] if level else []
            )
            self.levels.append(nn.Sequential(*layers, ResidualBlock(width, width)))
            previous = width
        self.to_tokens = nn.Linear(channels[-1], token_width)
        self.decoder = nn.Sequential()
        for width, following in zip(channels[:0:-1], channels[-2::-1], strict=True):
            self.decoder.append(upsample(width, following // 2))
            self.decoder.append(ResidualBlock(following // 2, following))
        self.decoder.append(
            nn.Sequential(nn.Conv2d(channels[0], 4, 3, padding=1), nn.PixelShuffle(2))
        )

    def encode(self, masks: torch.Tensor) -> list[torch.Tensor]:
        """Feature maps at S/2, S/4 and so on; the last is the coarsest."""
        x = self.stem(masks * 2 - 1)
        maps = []
        for level in self.levels:
            x = level(x)
            maps.append(x)
        return maps

    def tokens(self, coarse: torch.Tensor) -> torch.Tensor:
        """One token (B, cells, token_width) for each cell of the coarsest map."""
        return self.to_tokens(coarse.flatten(2).transpose(1, 2))

    def reconstruct(self, masks: torch.Tensor) -> torch.Tensor:
        """The training task: the mask itself, as logits (B, 1, S, S)."""
        return self.decoder(self.encode(masks)[-1])
