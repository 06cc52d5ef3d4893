"""Whether a slice shows the organ, from the image expert's coarsest map."""

import torch
from torch import nn
from torch.nn import functional


class PresenceHead(nn.Module):
    """Does the slice show the organ? A logit (B,) from the image expert's coarsest map."""

    def __init__(self, channels: int):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2 * channels, 64), nn.SiLU(), nn.Linear(64, 1))

    def forward(self, coarse: torch.Tensor) -> torch.Tensor:
        pooled = torch.cat(
            [functional.adaptive_avg_pool2d(coarse, 1), functional.adaptive_max_pool2d(coarse, 1)],
            1,
        )
        return self.layers(pooled.flatten(1)).squeeze(1)
