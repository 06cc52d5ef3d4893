"""Learned cross-attention over the tokens of both experts (paper, "team of experts").

Over a single token the softmax of an attention is constant and the expert would get no gradient, hence one token for each cell of the
coarsest map.
"""

import torch
from torch import nn


class ExpertFusion(nn.Module):
    """Learned cross-attention: each cell's query asks both experts' tokens and gets the condition's token for that cell."""

    def __init__(self, cells: int, width: int, heads: int = 4):
        super().__init__()
        self.queries = nn.Parameter(torch.randn(1, cells, width) * 0.02)
        self.places = nn.Parameter(torch.randn(1, cells, width) * 0.02)
        self.experts = nn.Parameter(torch.randn(2, 1, 1, width) * 0.02)
        self.norm = nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.mix = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )

    def forward(self, mask_tokens: torch.Tensor, image_tokens: torch.Tensor) -> torch.Tensor:
        """Condition (B, cells, width) from both experts' tokens (B, cells, width)."""
        spoken = torch.cat(
            [
                mask_tokens + self.places + self.experts[0],
                image_tokens + self.places + self.experts[1],
            ],
            1,
        )
        spoken = self.norm(spoken)
        queries = self.queries + self.places
        asked = queries + image_tokens + mask_tokens
        answer, _ = self.attention(self.norm(asked), spoken, spoken, need_weights=False)
        condition = asked + answer
        return condition + self.mix(condition)
