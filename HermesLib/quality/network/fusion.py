"""Learned cross-attention over the tokens of both experts (paper, "team of experts").

Over a single token the softmax of an attention is constant, and the expert would get no gradient.
Hence one token for each cell of the coarsest map.
"""

import torch
from torch import nn


class ExpertFusion(nn.Module):
    """Learned cross-attention of each cell's query over both experts' tokens.

    Args:
        cells: tokens of each expert.
        width: of the tokens.
        heads: of the attention.
    """

    def __init__(self, cells: int, width: int, heads: int = 4) -> None:
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
        from_masks = mask_tokens + self.places + self.experts[0]
        from_images = image_tokens + self.places + self.experts[1]
        keys = self.norm(torch.cat([from_masks, from_images], 1))
        queries = self.queries + self.places + image_tokens + mask_tokens
        attended, _ = self.attention(self.norm(queries), keys, keys, need_weights=False)
        condition = queries + attended
        return condition + self.mix(condition)
