"""Constrained VAE (Painchaud 2020): a mask's latent is moved to that of the nearest valid shape.

"Cardiac segmentation with strong anatomical guarantees". The latent moves only as far as it takes
to make the shape valid.

From the source: a VAE of masks with a latent of 32, a bank of latents of valid shapes by rejection
sampling, the nearest of them, a bisection on the line to it. Ours: what is valid for a single
organ (:func:`HermesLib.research.rivals.valid_shapes.is_valid`), the network's sizes, batch
normalisation, the bank's size.
"""

import numpy as np
import torch
from torch import nn

from HermesLib.errors import HermesError
from HermesLib.research.rivals.layers import downsampling, flat_size, upsampling
from HermesLib.research.rivals.valid_shapes import Shape, is_valid

CHANNELS = (1, 16, 32, 48, 64, 64)
LATENT = 32
#: Latents of valid shapes in the bank.
BANK = 2000
#: Limits of the logarithm of the variance.
LOG_VARIANCE = (-12, 6)
#: Steps of the bisection between a latent and the nearest of the bank.
_BISECTIONS = 8
#: Quantiles of the training masks' area and convexity that are still valid.
_RANGE = (0.005, 0.995)
#: Masks that are encoded at once.
_BATCH = 64


class ConstrainedVae(nn.Module):
    """Masks (B, 1, side, side) in 0..1 to latents (B, 32), and back.

    Bank and ranges are stored with the weights; :meth:`fit_bank` fills them.
    """

    kind = "cvae"
    bank: torch.Tensor
    ranges: torch.Tensor

    def __init__(self, side: int = 128):
        super().__init__()
        self.side = side
        cells, flat = flat_size(CHANNELS, side)
        down = downsampling(CHANNELS, 4, _down_block)
        self.encoder = nn.Sequential(*down, nn.Flatten(), nn.Linear(flat, 2 * LATENT))
        up = upsampling((*CHANNELS[:0:-1], CHANNELS[1]), _up_block)
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
        return mean, log_variance.clamp(*LOG_VARIANCE)

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """Logits (B, 1, side, side)."""
        logits: torch.Tensor = self.decoder(latents)
        return logits

    @torch.no_grad()
    def rebuild(self, images: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        """See :class:`HermesLib.research.rivals.rebuilt.Rebuilder`; ignores the images."""
        latents = [self.nearest_valid(latent) for latent in self.encode(masks)[0]]
        return torch.sigmoid(torch.cat([self.decode(latent[None]) for latent in latents]))

    def nearest_valid(self, latent: torch.Tensor) -> torch.Tensor:
        """The first valid latent (32,) on the line from a latent to the nearest of the bank.

        A latent with a valid shape is returned unchanged.
        """
        if self._is_valid(latent):
            return latent
        nearest = self.bank[torch.linalg.vector_norm(self.bank - latent, dim=1).argmin()]
        invalid, valid = 0.0, 1.0
        for _ in range(_BISECTIONS):
            middle = (invalid + valid) / 2
            if self._is_valid(torch.lerp(latent, nearest, middle)):
                valid = middle
            else:
                invalid = middle
        return torch.lerp(latent, nearest, valid)

    @torch.no_grad()
    def fit_bank(
        self, masks: torch.Tensor, rng: np.random.Generator, most_tries: int = 20 * BANK
    ) -> float:
        """Measure which shapes are valid and fill the bank.

        Latents are sampled from a kernel density of the encoded masks; those with valid shapes
        fill the bank.

        Args:
            masks: of the training (N, 1, S, S).
            rng: source of all randomness.
            most_tries: most samples.

        Returns:
            The share of valid samples.

        Raises:
            HermesError: too few valid samples: the network has not learnt to decode such shapes.
        """
        shapes = [Shape.of(mask) for mask in masks[:, 0].numpy() > 0.5]
        measures = np.array([(shape.area, shape.convexity) for shape in shapes])
        self.ranges.copy_(torch.from_numpy(np.quantile(measures, _RANGE, axis=0)))
        device = self.bank.device
        parts = [self.encode(part.to(device))[0] for part in masks.split(_BATCH)]
        encoded = torch.cat(parts).cpu().numpy()
        # Scott's rule for the kernel's width.
        width = encoded.std(0) * len(encoded) ** (-1 / (LATENT + 4))
        valid: list[torch.Tensor] = []
        for tries in range(1, most_tries + 1):
            centre = encoded[rng.integers(len(encoded))]
            sample = (centre + width * rng.standard_normal(LATENT)).astype(np.float32)
            latent = torch.from_numpy(sample).to(device)
            if self._is_valid(latent):
                valid.append(latent)
                if len(valid) == BANK:
                    self.bank.copy_(torch.stack(valid))
                    return BANK / tries
        raise HermesError(
            f"cvae has not learnt to draw shapes of the organ: {len(valid)} of {most_tries} samples"
            " are valid; train it longer"
        )

    @torch.no_grad()
    def _is_valid(self, latent: torch.Tensor) -> bool:
        low, high = (Shape(*values) for values in self.ranges.tolist())
        return is_valid(self.decode(latent[None])[0, 0].cpu().numpy() > 0, low, high)


def _down_block(convolution: nn.Module, channels: int) -> list[nn.Module]:
    return [convolution, nn.BatchNorm2d(channels), nn.ELU()]


def _up_block(convolution: nn.Module, channels: int) -> list[nn.Module]:
    return [nn.ELU(), convolution, nn.BatchNorm2d(channels)]
