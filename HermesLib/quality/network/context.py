"""A small 3D U-Net that looks at a whole volume at low resolution.

It says where along the volume the organ lies and how large it is there. A slice alone, or with its
two neighbours, does not show that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import torch
from pydantic import Field
from torch import nn
from torch.nn import functional

from HermesLib.weights.settings import Levels, Side, View, checked, read_settings


@checked
@dataclass(frozen=True)
class ContextConfig:
    """Sizes of the network, and the resolution that it reads.

    Attributes:
        grid: side of a slice's window on the network's grid, pixels.
        step_mm: distance of the planes that a volume is resampled to.
        field: as in :class:`HermesLib.quality.network.config.QualityConfig`.
        channels, blocks: of the levels, from full resolution down.
        others: names of other organs that the network maps too.
    """

    grid: Side = 64
    step_mm: Annotated[float, Field(ge=0.1, le=100)] = 6.0
    field: View = "slice"
    channels: Levels = (8, 20, 40, 80)
    blocks: Levels = (1, 1, 2, 2)
    others: tuple[str, ...] = ()

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> "ContextConfig":
        """Read from a checkpoint's metadata.

        Raises:
            HermesError: settings that this version does not know.
        """
        return read_settings(cls, raw)

    @property
    def multiple(self) -> int:
        """Planes are padded to a multiple of this."""
        return int(2 ** (len(self.channels) - 1))


@dataclass(frozen=True)
class ContextReading:
    """What the network reads from volumes (B, 1, Z, S, S).

    Attributes:
        organ: (B, 1, Z, S, S) logits of the organ.
        others: (B, K, Z, S, S) logits of the other organs.
        presence: (B, Z) log odds that the plane shows the organ.
    """

    organ: torch.Tensor
    others: torch.Tensor
    presence: torch.Tensor


def _block(inputs: int, outputs: int, count: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for number in range(count):
        layers += [
            nn.Conv3d(outputs if number else inputs, outputs, 3, padding=1),
            nn.GroupNorm(4, outputs),
            nn.SiLU(),
        ]
    return nn.Sequential(*layers)


class ContextNetwork(nn.Module):
    """3D U-Net with maps of the organs and the presence of the organ plane by plane."""

    def __init__(self, config: ContextConfig) -> None:
        super().__init__()
        self.config = config
        channels: Sequence[int] = config.channels
        self.down = nn.ModuleList(
            _block(channels[level - 1] if level else 1, width, config.blocks[level])
            for level, width in enumerate(channels)
        )
        self.up = nn.ModuleList(
            _block(wide + narrow, narrow, 1)
            for wide, narrow in zip(channels[:0:-1], channels[-2::-1], strict=True)
        )
        self.to_maps = nn.Conv3d(channels[0], 1 + len(config.others), 1)
        self.to_presence = nn.Sequential(
            nn.Conv1d(2 * channels[0] + 2 * channels[1], 32, 3, padding=1),
            nn.SiLU(),
            nn.Conv1d(32, 1, 1),
        )

    def forward(self, volumes: torch.Tensor) -> ContextReading:
        """Read volumes (B, 1, Z, S, S) of 0..1; Z is a multiple of ``config.multiple``."""
        x = volumes * 2 - 1
        skips = []
        for level, block in enumerate(self.down):
            x = block(functional.avg_pool3d(x, 2) if level else x)
            skips.append(x)
        decoded = []
        for block, skip in zip(self.up, skips[-2::-1], strict=True):
            larger = functional.interpolate(x, size=skip.shape[2:], mode="trilinear")
            x = block(torch.cat([larger, skip], 1))
            decoded.append(x)
        maps = self.to_maps(x)
        pooled = [_pooled(decoded[-1]), _pooled(decoded[-2])]
        planes = volumes.shape[2]
        pooled[1] = functional.interpolate(pooled[1], size=planes, mode="linear")
        presence = self.to_presence(torch.cat(pooled, 1))[:, 0]
        return ContextReading(maps[:, :1], maps[:, 1:], presence)


def _pooled(maps: torch.Tensor) -> torch.Tensor:
    """Mean and maximum (B, 2 c, Z) over each plane of maps (B, c, Z, s, s)."""
    return torch.cat([maps.mean((3, 4)), maps.amax((3, 4))], 1)
