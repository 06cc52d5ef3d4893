"""One member of the ensemble: a U-Net that maps the organ on a slice and says whether it is there.

The members of an ensemble are trained on different patients. Where they disagree, the organ looks
unlike what some of them know.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch

from HermesLib.quality.network.image_expert import ImageUNet, full_size_head
from HermesLib.quality.network.presence_head import PresenceHead
from HermesLib.weights.settings import Levels, Neighbours, Side, View, checked, read_settings


@checked
@dataclass(frozen=True)
class MemberConfig:
    """Sizes of a member, and what it reads; stored with its weights.

    Attributes:
        grid, field, neighbours, standardise, mirror: as in
            :class:`HermesLib.quality.network.config.QualityConfig`.
        channels, blocks: of the U-Net's levels (1/2, 1/4, 1/8, 1/16 of the grid).
        others: names of other organs that the member maps too. They teach it the surroundings.
    """

    grid: Side = 128
    field: View = "slice"
    neighbours: Neighbours = 1
    standardise: bool = False
    mirror: bool = False
    channels: Levels = (24, 48, 80, 128)
    blocks: Levels = (1, 1, 2, 2)
    others: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a checkpoint's metadata."""
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> "MemberConfig":
        """Read from a checkpoint's metadata.

        Raises:
            HermesError: settings that this version does not know.
        """
        return read_settings(cls, raw)


@dataclass(frozen=True)
class MemberReading:
    """What a member reads from slices (B, C, S, S).

    Attributes:
        where: (B, 1, S, S) logits of the organ, given that the slice shows it.
        organ: (B, 1, S, S) logits of the organ, on any slice.
        others: (B, K, S, S) logits of the other organs.
        presence: (B,) log odds that the slice shows the organ.
    """

    where: torch.Tensor
    organ: torch.Tensor
    others: torch.Tensor
    presence: torch.Tensor


class EnsembleMember(ImageUNet):
    """A U-Net with a map of the organ, maps of other organs, and a presence head."""

    def __init__(self, config: MemberConfig) -> None:
        super().__init__(config.channels, config.neighbours, config.standardise, config.blocks)
        self.config = config
        self.to_maps = full_size_head(config.channels[0], 2 + len(config.others))
        self.to_presence = PresenceHead(config.channels[-1])

    def forward(self, images: torch.Tensor) -> MemberReading:
        """Read slices (B, 1 + 2 * neighbours, S, S) of 0..1."""
        maps = self.encode(images)
        logits = self.to_maps(self.finish(self.decode(maps)[0]))
        return MemberReading(
            logits[:, :1],
            logits[:, 1:2],
            logits[:, 2:],
            self.to_presence(maps[-1]),
        )


def other_organs(names: Sequence[Sequence[str]], organ: str) -> tuple[str, ...]:
    """The organs besides ``organ`` in the tables of labels (background first), sorted."""
    return tuple(sorted({name for table in names for name in table[1:]} - {organ}))
