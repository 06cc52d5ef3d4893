"""Rivals as quality controls: the pGT is the mask as a network reconstructs it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, Self, TypeVar

import torch

from HermesLib.io.neighbours import own_slice
from HermesLib.metrics.overlap import dice_batch
from HermesLib.quality.anatomy import AnatomyRule
from HermesLib.quality.field_of_view import Window, find_windows, from_grid, to_grid
from HermesLib.quality.presence import PresenceRule
from HermesLib.quality.protocol import Assessment, Evidence, Observation, ScoreKind


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
    """A network that reconstructs masks on its own square grid."""

    def rebuild(self, images: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        """Reconstruct masks of slices, all (B, 1, S, S) in 0..1, as probabilities."""
        ...


N = TypeVar("N", bound=_Network)


@dataclass(frozen=True, eq=False)
class GridSlice:
    """A slice (1, 1, S, S) on a network's grid, and the window that it was cut from."""

    image: torch.Tensor
    window: Window


class GridJudge(Generic[N]):
    """A quality control with a network that reads slices and masks on a square grid.

    It does not know whether a slice shows the organ, nor whether it is out of distribution, and its
    score has no interval.

    Args:
        network: of the rival.
        field: the part of a slice that the network reads
            (:func:`HermesLib.quality.field_of_view.find_windows`).
        name, sha256: for reports.
    """

    score: ScoreKind = "raw"
    presence_rule = PresenceRule()
    anatomy_rule = AnatomyRule()
    guarantee = None

    def __init__(self, network: N, field: str, name: str, sha256: str = ""):
        self.network = network.eval()
        self.field = field
        self.name = name
        self.sha256 = sha256
        self.device = torch.device("cpu")

    def to(self, device: torch.device) -> Self:
        """Move the network to a device."""
        self.network = self.network.to(device)
        self.device = device
        return self

    def without(self, patient: str) -> Self:
        """See :class:`HermesLib.quality.protocol.QualityControl`."""
        return self

    def observe(self, images: torch.Tensor, thickness: float | None = None) -> Observation:
        """See :class:`HermesLib.quality.protocol.QualityControl`."""
        features = []
        for image in images:
            window = find_windows(image[None], self.field)[0]
            own = own_slice(image[None]).to(self.device)
            features.append(GridSlice(to_grid(own, [window], self.network.side), window))
        return Observation(images, None, None, tuple(features))

    def on_grid(
        self, observation: Observation, masks: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, list[Window]]:
        """Slices and masks (B, H, W, bool) on the grid (B, 1, S, S), and their windows."""
        slices: tuple[GridSlice, ...] = observation.features
        windows = [grid_slice.window for grid_slice in slices]
        images = torch.cat([grid_slice.image for grid_slice in slices])
        masks = masks.to(self.device)[:, None].float()
        return images, to_grid(masks, windows, self.network.side), windows


class RebuiltQuality(GridJudge[Rebuilder]):
    """Judges a mask by its Dice with its reconstruction."""

    @torch.inference_mode()
    def assess(
        self,
        observation: Observation,
        masks: torch.Tensor,
        seeds: Sequence[int],
        evidence: Evidence = "independent",
    ) -> Assessment:
        """See :class:`HermesLib.quality.protocol.QualityControl`. Deterministic."""
        images, on_grid, windows = self.on_grid(observation, masks)
        rebuilt = self.network.rebuild(images, on_grid)
        pgt = from_grid(rebuilt, windows, (masks.shape[-2], masks.shape[-1]))[:, 0]
        return plain_assessment(pgt, masks)


def plain_assessment(pgt: torch.Tensor, masks: torch.Tensor) -> Assessment:
    """Assess masks (B, H, W, bool) by their Dice with pGTs (B, H, W, probability) alone."""
    pdsc = dice_batch(masks.to(pgt.device), pgt > 0.5)
    ones = torch.ones_like(pdsc)
    return Assessment(pgt, pdsc, pdsc, pdsc, ones, ones)
