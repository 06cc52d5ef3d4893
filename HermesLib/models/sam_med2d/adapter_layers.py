"""Adapter layers of SAM-Med2D: trained beside the frozen blocks of SAM's image encoder."""

from collections.abc import Iterable

import torch
from torch import nn

from HermesLib.models.sam_family.network import SamConfig, vision_transformer

#: The name of an adapter within its block, in official files.
_NAME = "Adapter"


class AdapterLayer(nn.Module):
    """A gate for each channel, then a bottleneck in space, around which the input passes.

    Tensors (B, H, W, C) with even H and W.
    """

    def __init__(self, width: int, reduction: int = 4):
        super().__init__()
        self.channel = nn.Sequential(
            nn.Linear(width, width // reduction, bias=False),
            nn.ReLU(),
            nn.Linear(width // reduction, width, bias=False),
            nn.Sigmoid(),
        )
        self.spatial = nn.Sequential(
            nn.Conv2d(width, width, 3, stride=2, padding=1, bias=False),
            nn.ReLU(),
            nn.ConvTranspose2d(width, width, 4, stride=2, padding=1, bias=False),
            nn.ReLU(),
        )
        self.norm = nn.LayerNorm(width)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        gated = tokens * self.channel(tokens.mean((1, 2)))[:, None, None]
        change = self.spatial(gated.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        output: torch.Tensor = self.norm(tokens + change)
        return output


class _MlpBesideAdapter(nn.Module):
    """A block's MLP plus its adapter, which both read the block's normalised tokens."""

    def __init__(self, mlp: nn.Module, adapter: AdapterLayer):
        super().__init__()
        self.lin1, self.act, self.lin2 = mlp.lin1, mlp.act, mlp.lin2
        # In a tuple, as the adapter's tensors belong to the block and have one name only.
        self._adapter = (adapter,)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        hidden = self.act(self.lin1(tokens))  # type: ignore[operator]
        output: torch.Tensor = self.lin2(hidden) + self._adapter[0](tokens)  # type: ignore[operator]
        return output


def has_adapters(names: Iterable[str]) -> bool:
    """Whether tensors of these names are those of a network with adapters."""
    return any(f".{_NAME}." in name for name in names)


def encoder_with_adapters(config: SamConfig) -> nn.Module:
    """SAM's image encoder with an adapter in every block."""
    encoder = vision_transformer(config)
    for block in encoder.blocks:  # type: ignore[union-attr]
        adapter = AdapterLayer(config.width)
        block.add_module(_NAME, adapter)
        block.mlp = _MlpBesideAdapter(block.mlp, adapter)
    return encoder
