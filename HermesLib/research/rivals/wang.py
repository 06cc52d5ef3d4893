"""Wang 2020: a variational autoencoder of pairs of image and good mask.

"Deep generative model-based quality control for cardiac MRI segmentation". For a pair to judge,
the latent is searched that reconstructs it best; the mask decoded from that latent stands in for
the truth.

From the source: the pairs, the search by gradient from the encoding until the loss converges, the
Dice of mask and surrogate as score. Ours: the sizes, the latent's width, equal weights of image
and mask, Adam for the search.
"""

import torch
from torch import nn
from torch.nn import functional

from HermesLib.research.rivals.layers import downsampling, flat_size, upsampling

CHANNELS = (2, 16, 32, 48, 64, 64)
LATENT = 64
#: Limits of the logarithm of the variance.
LOG_VARIANCE = (-12, 6)
#: The search: most steps, Adam's rate, and steps between two checks of convergence.
SEARCH_STEPS = 60
SEARCH_RATE = 0.1
CHECK_EVERY = 10
#: The search ends when the loss falls by less than this share from one check to the next.
CONVERGED = 0.01


class Wang(nn.Module):
    """Pairs of image and mask (B, 2, side, side) in 0..1 to a latent (B, 64), and back."""

    kind = "wang"

    def __init__(self, side: int = 128):
        super().__init__()
        self.side = side
        cells, flat = flat_size(CHANNELS, side)
        down = downsampling(CHANNELS, 4, _block)
        self.encoder = nn.Sequential(*down, nn.Flatten(), nn.Linear(flat, 2 * LATENT))
        up = upsampling((*CHANNELS[:0:-1], CHANNELS[1]), _block)
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
        return mean, log_variance.clamp(*LOG_VARIANCE)

    def decode(self, latents: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Image in 0..1 and mask logits (B, 1, S, S)."""
        image, mask = self.decoder(latents).chunk(2, 1)
        return torch.sigmoid(image), mask

    def distance(
        self, latents: torch.Tensor, images: torch.Tensor, masks: torch.Tensor
    ) -> torch.Tensor:
        """Reconstruction error (B,) of pairs from latents."""
        image, mask = self.decode(latents)
        image_error = (image - images).abs().mean((1, 2, 3))
        entropy = functional.binary_cross_entropy_with_logits(mask, masks, reduction="none")
        return image_error + entropy.mean((1, 2, 3))

    def rebuild(self, images: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        """See :class:`HermesLib.research.rivals.rebuilt.Rebuilder`.

        Pair by pair, as each search converges independently.
        """
        pairs = zip(images.split(1), masks.split(1), strict=True)
        with torch.inference_mode(False), torch.enable_grad():
            # Tensors made in inference mode have no gradients; their copies do.
            return torch.cat([self._search(image.clone(), mask.clone()) for image, mask in pairs])

    def _search(self, image: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        latent = self.encode(image, mask)[0].detach().requires_grad_(True)
        optimiser = torch.optim.Adam([latent], lr=SEARCH_RATE)
        previous = float("inf")
        for step in range(1, SEARCH_STEPS + 1):
            optimiser.zero_grad()
            loss = self.distance(latent, image, mask).sum()
            loss.backward(inputs=[latent])
            optimiser.step()
            if step % CHECK_EVERY == 0:
                current = float(loss.detach())
                if current > (1 - CONVERGED) * previous:
                    break
                previous = current
        return torch.sigmoid(self.decode(latent)[1]).detach()


def _block(convolution: nn.Module, channels: int) -> list[nn.Module]:
    return [convolution, nn.GroupNorm(8, channels), nn.LeakyReLU(0.2)]
