"""A peer after nnQC (Marciano 2025): latent diffusion of the mask, from a single image token.

"Diffusion-Based Quality Control of Medical Image Segmentations across Organs".
From the source and its public code: the image encoder's tokens are pooled into one by a softmax
over the cells (column softmax); the mask at hand is resized to the latent's grid and concatenated;
the network predicts the noise; the schedule is scaled linear; the Dice of the decoded mask has a
tenth of the weight; five DDIM steps, one sample. Ours: the image encoder is the frozen image expert
of a trained HERMES network, where theirs is a frozen CLIP model of medical images; autoencoder,
denoiser size and corruptions are those of HERMES, so that only the conditioning differs; the noise
is predicted as a difference from the noisy latents (:meth:`NnQc.predict_noise`). Theirs pools by
the slice's position in the volume; single slices have none, so a learnt query pools instead.
"""

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

from HermesLib.quality.field_of_view import from_grid
from HermesLib.quality.network.autoencoder import SpatialVae
from HermesLib.quality.network.config import QualityConfig
from HermesLib.quality.network.core import latent_denoiser
from HermesLib.quality.network.image_expert import ImageEncoder
from HermesLib.quality.network.sampler import sample, seeded_noise
from HermesLib.quality.protocol import Assessment, Evidence, Observation
from HermesLib.research.rivals.rebuilt import GridJudge, plain_assessment

STEPS = 5
#: The noise schedule's ends, as published.
_BETAS = (0.0015, 0.0195)


class NnQc(nn.Module):
    """Slices and masks (B, 1, S, S) in 0..1 to a sample of the true mask.

    Args:
        config: of the trained HERMES network that autoencoder and image expert are taken from.
    """

    kind = "nnqc"
    alphas_cumprod: torch.Tensor

    def __init__(self, config: QualityConfig):
        super().__init__()
        self.config, self.side = config, config.grid
        width = config.token_width
        self.autoencoder = SpatialVae(config).requires_grad_(False)
        self.image_encoder = ImageEncoder(
            config.image_channels, 0, config.standardise
        ).requires_grad_(False)
        self.to_tokens = nn.Linear(config.image_channels[-1], width)
        self.query = nn.Parameter(torch.randn(width) * width**-0.5)
        self.project = nn.Sequential(
            nn.Linear(width, 2 * width), nn.ReLU(), nn.Dropout(0.1), nn.Linear(2 * width, width)
        )
        self.denoiser = latent_denoiser(config, config.latent_channels + 1)
        betas = (
            torch.linspace(
                _BETAS[0] ** 0.5, _BETAS[1] ** 0.5, config.timesteps, dtype=torch.float64
            )
            ** 2
        )
        self.register_buffer(
            "alphas_cumprod", torch.cumprod(1 - betas, 0).float(), persistent=False
        )

    def take_over(self, core: dict[str, torch.Tensor]) -> None:
        """Copy autoencoder and image encoder from the tensors of a trained HERMES network."""
        parts = {"autoencoder.": self.autoencoder, "image_expert.": self.image_encoder}
        for prefix, part in parts.items():
            part.load_state_dict({key: core[prefix + key] for key in part.state_dict()})

    def token(self, images: torch.Tensor) -> torch.Tensor:
        """The single token (B, 1, width) of every image."""
        with torch.no_grad():
            coarse = self.image_encoder.encode(images)[-1]
        tokens = self.to_tokens(coarse.flatten(2).transpose(1, 2))
        weights = torch.softmax(tokens @ self.query, 1)
        return self.project((weights[..., None] * tokens).sum(1, keepdim=True))

    def predict_noise(
        self, noisy: torch.Tensor, times: torch.Tensor, token: torch.Tensor, masks: torch.Tensor
    ) -> torch.Tensor:
        """The noise in latents (B, C, s, s).

        The denoiser predicts it as a difference from the noisy latents (Salimans 2022, appendix D).
        Near pure noise, a hundredth of the noise is as large as the whole signal. A network that
        predicts the noise itself does not get closer than that in thousands of steps.
        """
        small = functional.interpolate(masks, noisy.shape[-2:], mode="nearest")
        alpha = self.alphas_cumprod[times].view(-1, 1, 1, 1)
        difference = self.denoiser(torch.cat([noisy, small], 1), times, context=token)
        return (1 - alpha).sqrt() * noisy + alpha.sqrt() * difference

    def clean(self, noisy: torch.Tensor, times: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """The latents without noise (Ho 2020, eq. 15)."""
        alpha = self.alphas_cumprod[times].view(-1, 1, 1, 1)
        return (noisy - (1 - alpha).sqrt() * noise) / alpha.sqrt()

    def draw(
        self, images: torch.Tensor, masks: torch.Tensor, seeds: Sequence[int], steps: int = STEPS
    ) -> torch.Tensor:
        """Probabilities (B, 1, S, S) of one sample per slice, from one seed per slice."""
        side = self.config.latent_side
        token = self.token(images)
        noise = seeded_noise(seeds, (self.config.latent_channels, side, side), token.device)

        def predict_clean(noisy: torch.Tensor, times: torch.Tensor) -> torch.Tensor:
            return self.clean(noisy, times, self.predict_noise(noisy, times, token, masks))

        return torch.sigmoid(
            self.autoencoder.decode(sample(predict_clean, noise, self.alphas_cumprod, steps))
        )


class NnQcQuality(GridJudge[NnQc]):
    """Judges a mask by its Dice with one sample."""

    @torch.inference_mode()
    def assess(
        self,
        observation: Observation,
        masks: torch.Tensor,
        seeds: Sequence[int],
        evidence: Evidence = "independent",
    ) -> Assessment:
        """See :class:`HermesLib.quality.protocol.QualityControl`."""
        images, on_grid, windows = self.on_grid(observation, masks)
        sample = self.network.draw(images, on_grid, seeds)
        pgt = from_grid(sample, windows, (masks.shape[-2], masks.shape[-1]))[:, 0]
        return plain_assessment(pgt, masks)
