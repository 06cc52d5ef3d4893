"""The QC core as one network: experts, fusion, spatial VAE and latent denoiser."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from monai.networks.nets import DiffusionModelUNet
from torch import nn
from torch.nn import functional

from HermesLib.io.neighbours import neighbourhood
from HermesLib.quality.network.autoencoder import SpatialVae
from HermesLib.quality.network.config import QualityConfig
from HermesLib.quality.network.fusion import ExpertFusion
from HermesLib.quality.network.image_expert import ImageExpert
from HermesLib.quality.network.mask_expert import MaskExpert
from HermesLib.quality.network.presence_head import PresenceHead
from HermesLib.quality.network.sampler import alphas_cumprod, sample, seeded_noise
from HermesLib.quality.ood import MahalanobisDistance


def latent_denoiser(config: QualityConfig, inputs: int) -> DiffusionModelUNet:
    """The network that tells latents from noise, asked with maps of so many channels and with tokens of the condition's width."""
    return DiffusionModelUNet(
        spatial_dims=2,
        in_channels=inputs,
        out_channels=config.latent_channels,
        channels=config.denoiser_channels,
        attention_levels=[False] * (len(config.denoiser_channels) - 1) + [True],
        num_res_blocks=1,
        norm_num_groups=16,
        num_head_channels=32,
        with_conditioning=True,
        cross_attention_dim=config.token_width,
    )


@dataclass(frozen=True)
class Condition:
    """What the experts say: ``spatial`` (B, c, s, s) maps at latent resolution, ``tokens`` (B, n, width), ``presence`` logit (B,)
    and ``organ``, the logits (B, 1, S, S) of the image expert's own map."""

    spatial: torch.Tensor
    tokens: torch.Tensor
    presence: torch.Tensor
    organ: torch.Tensor

    def repeat(self, times: int) -> "Condition":
        """Each slice's condition ``times`` times in a row."""
        return Condition(
            *(
                part.repeat_interleave(times, 0)
                for part in (self.spatial, self.tokens, self.presence, self.organ)
            )
        )


class QualityCore(nn.Module):
    """From image and mask on the QC grid to samples of the pseudo ground truth."""

    shares: torch.Tensor

    def __init__(self, config: QualityConfig):
        super().__init__()
        self.config = config
        self.autoencoder = SpatialVae(config)
        self.mask_expert = MaskExpert(config.mask_channels, config.token_width)
        self.image_expert = ImageExpert(
            config.image_channels, config.token_width, config.neighbours, config.standardise
        )
        self.fusion = ExpertFusion(config.cells, config.token_width)
        self.presence = PresenceHead(config.image_channels[-1])
        self.familiarity = (
            MahalanobisDistance(2 * config.image_channels[-1]) if config.familiarity else None
        )
        level = config.latent_level
        # The organ's map reaches the latent's cells with all its pixels, as channels.
        spatial = (
            config.mask_channels[level]
            + config.image_channels[level]
            + (config.grid // config.latent_side) ** 2
        )
        self.denoiser = latent_denoiser(config, config.latent_channels + spatial)
        self.register_buffer("shares", alphas_cumprod(config.timesteps), persistent=False)

    def condition(
        self,
        images: torch.Tensor,
        masks: torch.Tensor,
        keep_mask: torch.Tensor | None = None,
        keep_image: torch.Tensor | None = None,
        organ: torch.Tensor | None = None,
    ) -> Condition:
        """Ask both experts about images (B, C, S, S), the slice in the middle of its neighbours, and masks (B, 1, S, S) in 0..1.

        ``keep_mask`` and ``keep_image`` (B,) of 0 and 1 silence an expert for single slices (expert dropout in training).
        ``organ`` (B, 1, S, S): probabilities in place of the image expert's own, where more is known than the slice itself tells.
        """
        config = self.config
        mask_maps = self.mask_expert.encode(masks)
        findings = self.image_expert.look(neighbourhood(images, config.neighbours))
        seen = torch.sigmoid(findings.organ) if organ is None else organ
        shown = functional.pixel_unshuffle(seen * 2 - 1, config.grid // config.latent_side)
        mask_fine, mask_tokens = (
            mask_maps[config.latent_level],
            self.mask_expert.tokens(mask_maps[-1]),
        )
        image_fine = torch.cat([findings.levels[config.latent_level], shown], 1)
        image_tokens = self.image_expert.tokens(findings.coarse)
        if keep_mask is not None:
            mask_fine, mask_tokens = (
                mask_fine * keep_mask.view(-1, 1, 1, 1),
                mask_tokens * keep_mask.view(-1, 1, 1),
            )
        if keep_image is not None:
            image_fine, image_tokens = (
                image_fine * keep_image.view(-1, 1, 1, 1),
                image_tokens * keep_image.view(-1, 1, 1),
            )
        spatial = torch.cat([mask_fine, image_fine], 1)
        return Condition(
            spatial,
            self.fusion(mask_tokens, image_tokens),
            self.presence(findings.coarse),
            findings.organ,
        )

    def predict_clean(
        self, noisy: torch.Tensor, timesteps: torch.Tensor, condition: Condition
    ) -> torch.Tensor:
        """Estimate of the clean latents (B, C, s, s) from noisy ones: the network predicts x0."""
        return self.denoiser(
            torch.cat([noisy, condition.spatial], 1), timesteps, context=condition.tokens
        )

    def sample(
        self, condition: Condition, seeds: Sequence[int], samples: int, steps: int
    ) -> torch.Tensor:
        """Probabilities (B, samples, S, S) of ``samples`` pseudo ground truths a slice; noise from one seed a slice."""
        side = self.config.latent_side
        noise = seeded_noise(
            seeds, (samples, self.config.latent_channels, side, side), condition.tokens.device
        ).flatten(0, 1)
        repeated = condition.repeat(samples)
        latents = sample(
            lambda noisy, times: self.predict_clean(noisy, times, repeated),
            noise,
            self.shares,
            steps,
        )
        return torch.sigmoid(self.autoencoder.decode(latents)).view(
            len(seeds), samples, self.config.grid, self.config.grid
        )
