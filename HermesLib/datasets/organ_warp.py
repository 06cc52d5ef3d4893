"""Warps that let an organ grow, shrink, move or fall into two parts inside the body.

A warp is applied to sampling positions (..., 2) in -1..1, as ``grid_sample`` takes them, before an
image and its mask are sampled. Far from the organ nothing moves, so that the body keeps its size.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch.nn import functional

from HermesLib.datasets.augmentation import noise_like


@dataclass(frozen=True)
class OrganShape:
    """Where an organ lies on the square of -1..1: points (N, 2) inside it, (x, y)."""

    points: np.ndarray

    @cached_property
    def centre(self) -> np.ndarray:
        """Mean point (2,)."""
        return self.points.mean(0)

    @cached_property
    def radius(self) -> float:
        """Radius of a disc with the same second moment."""
        return float(np.sqrt(2 * ((self.points - self.centre) ** 2).sum(1).mean()) + 1e-3)

    @classmethod
    def of_mask(cls, mask: np.ndarray, most: int = 400) -> "OrganShape":
        """The shape of a mask (H, W), letterboxed to a square."""
        rows, columns = np.nonzero(mask)
        if len(rows) > most:
            chosen = np.linspace(0, len(rows) - 1, most).astype(int)
            rows, columns = rows[chosen], columns[chosen]
        side = max(mask.shape)
        x = (columns + (side - mask.shape[1]) // 2 + 0.5) / side * 2 - 1
        y = (rows + (side - mask.shape[0]) // 2 + 0.5) / side * 2 - 1
        return cls(np.stack([x, y], 1))


@dataclass(frozen=True)
class OrganWarp:
    """Strengths of the warps.

    Attributes:
        share: of the slices that are warped.
        scale: range of the factor by which the organ's width grows near the warp's centre.
        shift: largest shift, as a share of the organ's radius.
        split: share of the slices on which a band of other tissue divides the organ.
        band: range of the band's width, as a share of the view.
    """

    share: float = 0.6
    scale: tuple[float, float] = (0.5, 2.0)
    shift: float = 0.5
    split: float = 0.05
    band: tuple[float, float] = (0.02, 0.06)


def scale_about(
    positions: torch.Tensor,
    centre: np.ndarray | torch.Tensor,
    factor: float | torch.Tensor,
    radius: float | torch.Tensor,
) -> torch.Tensor:
    """Sampling positions that enlarge what lies around ``centre`` by ``factor``.

    The effect ends at about twice ``radius``, measured where the enlarged image is drawn. It has
    no folds for factors from 0.45 on. Tensors are broadcast: centre (..., 2), the rest (..., 1).
    """
    away = positions - torch.as_tensor(centre).to(positions)
    weight = torch.exp(-away.square().sum(-1, keepdim=True) / radius**2)
    return positions - away * ((1 - 1 / factor) * weight)


def shift_about(
    positions: torch.Tensor,
    centre: np.ndarray | torch.Tensor,
    shift: np.ndarray | torch.Tensor,
    radius: float | torch.Tensor,
) -> torch.Tensor:
    """Sampling positions that move what lies around ``centre`` by ``shift``.

    Tensors are broadcast: centre and shift (..., 2), radius (..., 1).
    """
    away = positions - torch.as_tensor(centre).to(positions)
    weight = torch.exp(-away.square().sum(-1, keepdim=True) / radius**2)
    return positions - weight * torch.as_tensor(shift).to(positions)


def warp_positions(
    rng: np.random.Generator,
    positions: torch.Tensor,
    shapes: Sequence[OrganShape],
    how: OrganWarp,
) -> torch.Tensor:
    """Positions (B, S, S, 2) of slices with organs (B), a share of them with a random warp."""
    rows = []
    for shape in shapes:
        centre, radius = shape.centre, shape.radius
        about, factor, shift = centre, 1.0, np.zeros(2)
        if rng.random() < how.share:
            outermost = shape.points[np.argmax((shape.points**2).sum(1))]
            # An organ at the body's wall grows inwards: the warp's centre lies towards that wall.
            about = centre + rng.uniform(0, 1) * (outermost - centre)
            factor = float(np.exp(rng.uniform(*np.log(how.scale))))
            shift = rng.normal(0, 0.5, 2).clip(-1, 1) * how.shift * radius
        rows.append([*centre, *shift, 2 * radius, *about, factor, 1.8 * radius * max(factor, 1.0)])
    values = torch.tensor(np.array(rows), dtype=positions.dtype).to(positions.device)
    centre, shift, near, about, factor, reach = values[:, None, None].split([2, 2, 1, 2, 1, 1], -1)
    return scale_about(shift_about(positions, centre, shift, near), about, factor, reach)


def split_organ(
    rng: np.random.Generator, images: torch.Tensor, mask: torch.Tensor, how: OrganWarp
) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw a band of the surrounding tissue through the organ, for a share of the calls.

    Args:
        rng: random numbers.
        images: (C, S, S) of 0..1.
        mask: (S, S) of 0 and 1.
        how: strengths.
    """
    inside = torch.nonzero(mask > 0.5)
    if rng.random() >= how.split or len(inside) < 40:
        return images, mask
    row, column = inside[int(rng.integers(len(inside)))].tolist()
    angle = rng.uniform(0, np.pi)
    side = mask.shape[-1]
    axis = torch.arange(side, device=mask.device)
    rows, columns = torch.meshgrid(axis, axis, indexing="ij")
    across = (rows - row) * np.sin(angle) + (columns - column) * np.cos(angle)
    band = (across.abs() < rng.uniform(*how.band) * side / 2) & (mask > 0.5)
    outside = (mask < 0.5).float()[None]
    width = 2 * (side // 16) + 1
    around = functional.avg_pool2d(images * outside, width, 1, width // 2)
    around = around / functional.avg_pool2d(outside, width, 1, width // 2).clamp(min=0.02)
    grain = 0.02 * noise_like(rng, images)
    return torch.where(band, (around + grain).clamp(0, 1), images), mask * (~band)
