"""Wang 2020, "Deep generative model-based quality control for cardiac MRI segmentation": a variational autoencoder of pairs of image and good
mask; at test time the latent is sought from which the pair at hand is best built anew, and the mask built there stands in for the truth.

From the source: the pairs, the search by gradient from the encoding until the loss rests, Dice of mask and surrogate as score. Ours: the
sizes, the latent's width, image and mask weighed equally, Adam as the searcher.
"""

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional

CHANNELS = (2, 16, 32, 48, 64, 64)
LATENT = 64
#: The search: steps at most, their rate, and the share by which the loss must fall in ten steps to go on.
SEARCH_STEPS, SEARCH_RATE, RESTS = 60, 0.1, 0.01


class Wang(nn.Module):
    """Pairs (B, 2, side, side) of image and mask in 0..1 to a latent (B, 64) and back to image and mask logits."""

    kind = "wang"

    def __init__(self, side: int = 128):
        super().__init__()
        self.side = side
        cells = side // 2 ** (len(CHANNELS) - 1)
        flat = CHANNELS[-1] * cells**2
        down: list[nn.Module] = []
        for before, after in pairwise(CHANNELS):
            down += [nn.Conv2d(before, after, 4, 2, 1), nn.GroupNorm(8, after), nn.LeakyReLU(0.2)]
        self.encoder = nn.Sequential(*down, nn.Flatten(), nn.Linear(flat, 2 * LATENT))
        up: list[nn.Module] = []
        for before, after in pairwise((*CHANNELS[:0:-1], CHANNELS[1])):
            up += [
                nn.ConvTranspose2d(before, after, 4, 2, 1),
                nn.GroupNorm(8, after),
                nn.LeakyReLU(0.2),
            ]
        self.decoder = nn.Sequential(
            nn.Linear(LATENT, flat),
            nn.Unflatten(1, (CHANNELS[-1], cells, cells)),
            *up,
            nn.Conv2d(CHANNELS[1], 2, 3, 1, 1),
        )

    def encode(
        self, images: torch.Tensor, masks: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and logarithm of the variance (B, 64) of pairs (B, 1, S, S)."""
        mean, log_variance = self.encoder(torch.cat([images, masks], 1)).chunk(2, 1)
        return mean, log_variance.clamp(-12, 6)

    def decode(self, latents: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Image in 0..1 and mask logits (B, 1, S, S)."""
        image, mask = self.decoder(latents).chunk(2, 1)
        return torch.sigmoid(image), mask

    def distance(
        self, latents: torch.Tensor, images: torch.Tensor, masks: torch.Tensor
    ) -> torch.Tensor:
        """How badly (B,) the pairs are built anew from latents."""
        image, mask = self.decode(latents)
        seen = (image - images).abs().mean((1, 2, 3))
        return seen + functional.binary_cross_entropy_with_logits(
            mask, masks, reduction="none"
        ).mean((1, 2, 3))

    def rebuild(self, images: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        """See :class:`HermesLib.research.rivals.rebuilt.Rebuilder`. Pair by pair: when one search rests is not the others' affair."""
        pairs = zip(images.split(1), masks.split(1), strict=True)
        with torch.inference_mode(False), torch.enable_grad():
            # Tensors made in inference mode take no part in a search by gradient; their copies do.
            return torch.cat([self._search(image.clone(), mask.clone()) for image, mask in pairs])

    def _search(self, image: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        latent = self.encode(image, mask)[0].detach().requires_grad_(True)
        optimiser = torch.optim.Adam([latent], lr=SEARCH_RATE)
        last = float("inf")
        for step in range(1, SEARCH_STEPS + 1):
            optimiser.zero_grad()
            loss = self.distance(latent, image, mask).sum()
            loss.backward(inputs=[latent])
            optimiser.step()
            if step % 10 == 0:
                now = float(loss.detach())
                if now > (1 - RESTS) * last:
                    break
                last = now
        return torch.sigmoid(self.decode(latent)[1]).detach()
