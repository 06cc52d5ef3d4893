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
from HermesLib.quality.network.ensemble import EnsembleNetworks
from HermesLib.quality.network.fusion import ExpertFusion
from HermesLib.quality.network.image_expert import ImageExpert, ImageFeatures
from HermesLib.quality.network.input_check import InputCheck
from HermesLib.quality.network.mask_expert import MaskExpert
from HermesLib.quality.network.presence_head import PresenceHead
from HermesLib.quality.network.sampler import alphas_cumprod, sample, seeded_noise
from HermesLib.quality.ood import MahalanobisDistance


def latent_denoiser(config: QualityConfig, inputs: int) -> DiffusionModelUNet:
    """The network that predicts clean latents from ``inputs`` channels and the tokens."""
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
    """What the denoiser is conditioned on.

    Attributes:
        spatial: (B, c, s, s) maps at the latent's resolution.
        tokens: (B, n, width).
    """

    spatial: torch.Tensor
    tokens: torch.Tensor

    def repeat(self, times: int) -> "Condition":
        """Each slice's condition ``times`` times in a row."""
        return Condition(
            self.spatial.repeat_interleave(times, 0), self.tokens.repeat_interleave(times, 0)
        )


class QualityCore(nn.Module):
    """From image and mask on the QC grid to samples of the pseudo ground truth."""

    alphas_cumprod: torch.Tensor

    def __init__(self, config: QualityConfig) -> None:
        super().__init__()
        self.config = config
        self.ensemble = None if config.ensemble is None else EnsembleNetworks(config.ensemble)
        self.input_check = None if config.input_check is None else InputCheck(config.input_check)
        alphas = alphas_cumprod(config.timesteps)
        self.register_buffer("alphas_cumprod", alphas, persistent=False)
        if config.generative:
            self._add_generator(config)

    def _add_generator(self, config: QualityConfig) -> None:
        """The experts, their fusion, the spatial VAE and the denoiser."""
        self.autoencoder = SpatialVae(config)
        self.mask_expert = MaskExpert(config.mask_channels, config.token_width)
        self.image_expert = ImageExpert(
            config.image_channels,
            config.token_width,
            config.neighbours,
            config.standardise,
            config.latent_level,
        )
        self.fusion = ExpertFusion(config.cells, config.token_width)
        self.presence = PresenceHead(config.image_channels[-1])
        # Out-of-distribution statistics; published weights store their tensors under this name.
        self.familiarity = (
            MahalanobisDistance(2 * config.image_channels[-1]) if config.familiarity else None
        )
        level = config.latent_level
        # The organ map reaches the latent's cells with all its pixels, as channels.
        map_channels = (config.grid // config.latent_side) ** 2
        spatial = config.mask_channels[level] + config.image_channels[level] + map_channels
        self.denoiser = latent_denoiser(config, config.latent_channels + spatial)

    @property
    def device(self) -> torch.device:
        """Where the networks are."""
        return self.alphas_cumprod.device

    def read_images(self, images: torch.Tensor) -> ImageFeatures:
        """The image expert's features of slices (B, C, S, S), each amid its neighbours."""
        features: ImageFeatures = self.image_expert(neighbourhood(images, self.config.neighbours))
        return features

    def condition(
        self,
        features: ImageFeatures,
        masks: torch.Tensor,
        keep_mask: torch.Tensor | None = None,
        keep_image: torch.Tensor | None = None,
        organ: torch.Tensor | None = None,
    ) -> Condition:
        """Fuse the image expert's features with the mask expert's of masks (B, 1, S, S) in 0..1.

        Args:
            features: of :meth:`read_images`.
            masks: the masks to assess.
            keep_mask, keep_image: (B,) of 0 and 1; 0 silences that expert for a slice (expert
                dropout in training).
            organ: (B, 1, S, S) probabilities in place of the image expert's own, where the
                neighbouring slices add to them.
        """
        config = self.config
        mask_maps = self.mask_expert.encode(masks)
        organ = torch.sigmoid(features.organ) if organ is None else organ
        organ_cells = functional.pixel_unshuffle(organ * 2 - 1, config.grid // config.latent_side)
        mask_fine = mask_maps[config.latent_level]
        mask_tokens = self.mask_expert.tokens(mask_maps[-1])
        image_fine = torch.cat([features.fine, organ_cells], 1)
        image_tokens = self.image_expert.tokens(features.coarse)
        if keep_mask is not None:
            mask_fine = mask_fine * keep_mask.view(-1, 1, 1, 1)
            mask_tokens = mask_tokens * keep_mask.view(-1, 1, 1)
        if keep_image is not None:
            image_fine = image_fine * keep_image.view(-1, 1, 1, 1)
            image_tokens = image_tokens * keep_image.view(-1, 1, 1)
        return Condition(
            torch.cat([mask_fine, image_fine], 1), self.fusion(mask_tokens, image_tokens)
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
        """Probabilities (B, samples, S, S) of sampled pGTs; noise from one seed a slice."""
        side = self.config.latent_side
        shape = (samples, self.config.latent_channels, side, side)
        noise = seeded_noise(seeds, shape, self.device).flatten(0, 1)
        repeated = condition.repeat(samples)
        latents = sample(
            lambda noisy, times: self.predict_clean(noisy, times, repeated),
            noise,
            self.alphas_cumprod,
            steps,
        )
        grid = self.config.grid
        return torch.sigmoid(self.autoencoder.decode(latents)).view(len(seeds), samples, grid, grid)
