"""A rival as a quality control: its pGT is the mask as its network builds it anew, its pDSC the Dice between the two."""

from collections.abc import Sequence
from typing import Generic, Protocol, Self, TypeVar

import torch

from HermesLib.io.neighbours import own_slice
from HermesLib.metrics.overlap import dice_batch
from HermesLib.quality.field_of_view import Window, find_windows, from_grid, to_grid
from HermesLib.quality.protocol import Assessment, ScoreKind


class _Network(Protocol):
    """What every rival's network has."""

    side: int

    def eval(self) -> Self:
        """Switch dropout and batch statistics off."""
        ...

    def to(self, device: torch.device, /) -> Self:
        """Move to a device."""
        ...


class Rebuilder(_Network, Protocol):
    """A network that builds masks anew on its own square grid."""

    def rebuild(self, images: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        """Probability (B, 1, S, S) of the mask as it should be, from slices and masks (B, 1, S, S) in 0..1."""
        ...


N = TypeVar("N", bound=_Network)


class GridJudge(Generic[N]):
    """A judge whose network sees slices and masks on a square grid. It knows neither whether a slice shows the organ nor whether it looks
    familiar, and its score has no range.

    Args:
        network: the rival's.
        field: what of the slice the network is shown (:func:`HermesLib.quality.field_of_view.find_windows`).
        name, sha256: for reports.
    """

    score: ScoreKind = "raw"

    def __init__(self, network: N, field: str, name: str, sha256: str = ""):
        self.network = network.eval()
        self.field = field
        self.name = name
        self.sha256 = sha256

    def to(self, device: torch.device) -> Self:
        """Move the network to a device."""
        self.network = self.network.to(device)
        return self

    def on_grid(
        self, images: torch.Tensor, masks: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, list[Window]]:
        """Slices (B, C, H, W) and masks (B, H, W, bool) on the network's grid (B, 1, S, S), and where they were cut out."""
        windows = find_windows(images, self.field)
        seen = to_grid(own_slice(images), windows, self.network.side)
        return (
            seen,
            to_grid(masks.to(images.device)[:, None].float(), windows, self.network.side),
            windows,
        )

    def presence(self, images: torch.Tensor) -> None:
        """Not known."""
        return None

    def unfamiliar(self, images: torch.Tensor) -> None:
        """Not known."""
        return None


class RebuiltQuality(GridJudge[Rebuilder]):
    """Judges a mask by how much of it is left when a network has built it anew."""

    @torch.inference_mode()
    def assess(
        self,
        images: torch.Tensor,
        masks: torch.Tensor,
        seeds: Sequence[int],
        prompted: bool = False,
    ) -> Assessment:
        """See :class:`HermesLib.quality.protocol.QualityControl`. Nothing here is random."""
        seen, drawn, windows = self.on_grid(images, masks)
        pgt = from_grid(
            self.network.rebuild(seen, drawn), windows, (images.shape[-2], images.shape[-1])
        )[:, 0]
        pdsc = dice_batch(masks.to(pgt.device), pgt > 0.5)
        one = torch.ones_like(pdsc)
        return Assessment(pgt, pdsc, pdsc, pdsc, one, one)
