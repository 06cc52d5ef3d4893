"""Constrained VAE (Painchaud 2020, "Cardiac segmentation with strong anatomical guarantees"): a mask's latent is moved towards that of the
nearest valid shape, as little as makes the shape valid.

From the source: a VAE of masks with a latent of 32, a bank of latents of valid shapes by rejection sampling, the nearest of them, a
dichotomic search on the way to it. Ours: what is valid for a single organ (:func:`is_valid`),
the network's sizes and batch normalisation, the bank's size.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from scipy import ndimage
from skimage.morphology import convex_hull_image
from torch import nn

CHANNELS = (1, 16, 32, 48, 64, 64)
LATENT = 32
BANK = 2000
#: Halvings of the way to the nearest valid shape.
_HALVINGS = 8
#: Quantiles of the training masks' area and convexity that are still valid.
_RANGE = (0.005, 0.995)


@dataclass(frozen=True)
class Shape:
    """What is measured of a mask: its share of the grid, and its share of its convex hull."""

    area: float
    convexity: float

    @classmethod
    def of(cls, mask: np.ndarray) -> "Shape":
        """Measure a mask (S, S, bool) that is not empty."""
        return cls(
            float(mask.mean()), float(mask.sum() / max(int(convex_hull_image(mask).sum()), 1))
        )


def is_valid(mask: np.ndarray, low: Shape, high: Shape) -> bool:
    """One component without holes, with an area and a convexity as the training masks have them."""
    if (
        not mask.any()
        or ndimage.label(mask)[1] != 1
        or (ndimage.binary_fill_holes(mask) & ~mask).any()
    ):
        return False
    shape = Shape.of(mask)
    return (
        low.area <= shape.area <= high.area and low.convexity <= shape.convexity <= high.convexity
    )


class ConstrainedVae(nn.Module):
    """Masks (B, 1, side, side) in 0..1 to latents (B, 32) and back. Bank and ranges travel with the weights (:meth:`fit_bank`)."""

    kind = "cvae"
    bank: torch.Tensor
    ranges: torch.Tensor

    def __init__(self, side: int = 128):
        super().__init__()
        self.side = side
        cells = side // 2 ** (len(CHANNELS) - 1)
        flat = CHANNELS[-1] * cells**2
        down: list[nn.Module] = []
        for before, after in pairwise(CHANNELS):
            down += [nn.Conv2d(before, after, 4, 2, 1), nn.BatchNorm2d(after), nn.ELU()]
        self.encoder = nn.Sequential(*down, nn.Flatten(), nn.Linear(flat, 2 * LATENT))
        up: list[nn.Module] = []
        for before, after in pairwise((*CHANNELS[:0:-1], CHANNELS[1])):
            up += [nn.ELU(), nn.ConvTranspose2d(before, after, 4, 2, 1), nn.BatchNorm2d(after)]
        self.decoder = nn.Sequential(
            nn.Linear(LATENT, flat),
            nn.Unflatten(1, (CHANNELS[-1], cells, cells)),
            *up,
            nn.ELU(),
            nn.Conv2d(CHANNELS[1], 1, 3, 1, 1),
        )
        self.register_buffer("bank", torch.zeros(BANK, LATENT))
        self.register_buffer("ranges", torch.tensor([[0.0, 0.0], [1.0, 1.0]]))

    def encode(self, masks: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and logarithm of the variance (B, 32)."""
        mean, log_variance = self.encoder(masks * 2 - 1).chunk(2, 1)
        return mean, log_variance.clamp(-12, 6)

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """Logits (B, 1, side, side)."""
        logits: torch.Tensor = self.decoder(latents)
        return logits

    @torch.no_grad()
    def rebuild(self, images: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        """See :class:`HermesLib.research.rivals.rebuilt.Rebuilder`; the image is not looked at."""
        return torch.sigmoid(
            torch.cat(
                [self.decode(self.nearest_valid(latent)[None]) for latent in self.encode(masks)[0]]
            )
        )

    def nearest_valid(self, latent: torch.Tensor) -> torch.Tensor:
        """The latent (32,) itself if its shape is valid, else the first valid one on the way to the nearest of the bank."""
        if self._valid(latent):
            return latent
        nearest = self.bank[torch.linalg.vector_norm(self.bank - latent, dim=1).argmin()]
        invalid, valid = 0.0, 1.0
        for _ in range(_HALVINGS):
            middle = (invalid + valid) / 2
            if self._valid(torch.lerp(latent, nearest, middle)):
                valid = middle
            else:
                invalid = middle
        return torch.lerp(latent, nearest, valid)

    @torch.no_grad()
    def fit_bank(
        self, masks: torch.Tensor, rng: np.random.Generator, most_tries: int = 20 * BANK
    ) -> float:
        """Learn what is valid from training masks (N, 1, S, S), and fill the bank with samples of the latents' kernel density whose shapes are
        valid; returns the share of the samples that were.

        Raises:
            ValueError: too few valid shapes among ``most_tries`` samples: the network has not learnt to draw them.
        """
        shapes = np.array(
            [
                (shape.area, shape.convexity)
                for shape in (Shape.of(mask) for mask in masks[:, 0].numpy() > 0.5)
            ]
        )
        self.ranges.copy_(torch.from_numpy(np.quantile(shapes, _RANGE, axis=0)))
        device = self.bank.device
        known = (
            torch.cat([self.encode(part.to(device))[0] for part in masks.split(64)]).cpu().numpy()
        )
        # Scott's rule for the kernel's width.
        width = known.std(0) * len(known) ** (-1 / (LATENT + 4))
        found: list[torch.Tensor] = []
        for tries in range(1, most_tries + 1):
            drawn = known[rng.integers(len(known))] + width * rng.standard_normal(LATENT)
            sample = torch.from_numpy(drawn.astype(np.float32)).to(device)
            if self._valid(sample):
                found.append(sample)
                if len(found) == BANK:
                    self.bank.copy_(torch.stack(found))
                    return BANK / tries
        raise ValueError(f"only {len(found)} of {most_tries} samples were valid shapes")

    @torch.no_grad()
    def _valid(self, latent: torch.Tensor) -> bool:
        low, high = (Shape(*values) for values in self.ranges.tolist())
        return is_valid(self.decode(latent[None])[0, 0].cpu().numpy() > 0, low, high)
