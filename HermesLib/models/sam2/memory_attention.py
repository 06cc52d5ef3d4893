"""SAM 2.1's memory attention: a slice's features read the memories of other slices."""

import torch
from torch import nn
from torch.nn import functional

from HermesLib.models.sam2.config import Sam2Config
from HermesLib.models.sam2.positions import plane_positions, rotated, rotations

#: Weight of the encoded places that are added to a slice's features.
_PLACES = 0.1


class _RotaryAttention(nn.Module):
    """Attention of one head whose queries and keys are turned by their places on the slice."""

    def __init__(self, width: int, inputs: int):
        super().__init__()
        self.q_proj = nn.Linear(width, width)
        self.k_proj = nn.Linear(inputs, width)
        self.v_proj = nn.Linear(inputs, width)
        self.out_proj = nn.Linear(width, width)

    def forward(
        self,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        turns: torch.Tensor,
        unplaced: int = 0,
    ) -> torch.Tensor:
        """Attend.

        Args:
            query: (1, n, C), the cells of a slice.
            key, value: (1, k * n + unplaced, inputs), the cells of k slices and other tokens.
            turns: (n, C / 2), see :func:`rotations`.
            unplaced: how many tokens at the end are of no cell.
        """
        keys = self.k_proj(key)
        placed = keys.shape[1] - unplaced
        keys = torch.cat([rotated(keys[:, :placed], turns), keys[:, placed:]], 1)
        answer = functional.scaled_dot_product_attention(
            rotated(self.q_proj(query), turns)[:, None], keys[:, None], self.v_proj(value)[:, None]
        )
        output: torch.Tensor = self.out_proj(answer[:, 0])
        return output


class _Layer(nn.Module):
    """Attention among a slice's cells, attention to the memories, and an MLP."""

    def __init__(self, config: Sam2Config):
        super().__init__()
        width = config.features
        self.self_attn = _RotaryAttention(width, width)
        self.cross_attn_image = _RotaryAttention(width, config.memory_width)
        self.linear1 = nn.Linear(width, config.decoder_mlp)
        self.linear2 = nn.Linear(config.decoder_mlp, width)
        self.norm1 = nn.LayerNorm(width)
        self.norm2 = nn.LayerNorm(width)
        self.norm3 = nn.LayerNorm(width)

    def forward(
        self,
        x: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        turns: torch.Tensor,
        pointers: int,
    ) -> torch.Tensor:
        own = self.norm1(x)
        x = x + self.self_attn(own, own, own, turns)
        x = x + self.cross_attn_image(self.norm2(x), key, value, turns, pointers)
        output: torch.Tensor = x + self.linear2(functional.relu(self.linear1(self.norm3(x))))
        return output


class MemoryAttention(nn.Module):
    """A slice's features, informed by the memories of other slices."""

    def __init__(self, config: Sam2Config):
        super().__init__()
        self.layers = nn.ModuleList(_Layer(config) for _ in range(config.memory_layers))
        self.norm = nn.LayerNorm(config.features)

    def forward(
        self, image: torch.Tensor, memory: torch.Tensor, positions: torch.Tensor, pointers: int
    ) -> torch.Tensor:
        """Attend to memories.

        Args:
            image: (1, C, s, s) features of a slice.
            memory: (1, k * s * s + pointers, M), the cells of k slices, then parts of pointers.
            positions: of the memory, of its shape.
            pointers: how many tokens at the end are parts of pointers.

        Returns:
            (1, C, s, s).
        """
        channels, cells = image.shape[1:3]
        places = plane_positions(cells, channels, image.device)
        turns = rotations(cells, channels, image.device)
        x = image.flatten(2).transpose(1, 2) + _PLACES * places
        for layer in self.layers:
            x = layer(x, memory + positions, memory, turns, pointers)
        output: torch.Tensor = self.norm(x)
        return output.transpose(1, 2).unflatten(2, (cells, cells))
