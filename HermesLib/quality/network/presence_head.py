"""The head that decides whether a slice shows the organ."""

import torch
from torch import nn
from torch.nn import functional


class PresenceHead(nn.Module):
    """Log odds (B,) that a slice shows the organ, from the coarsest map (B, c, s, s)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2 * channels, 64), nn.SiLU(), nn.Linear(64, 1))

    def forward(self, coarse: torch.Tensor) -> torch.Tensor:
        mean = functional.adaptive_avg_pool2d(coarse, 1)
        highest = functional.adaptive_max_pool2d(coarse, 1)
        return self.layers(torch.cat([mean, highest], 1).flatten(1)).squeeze(1)
