"""The spatial VAE-GAN of masks (paper, QC core): its latent keeps where parts of the mask are."""

import torch
from monai.networks.nets import AutoencoderKL, PatchDiscriminator
from torch import nn

from HermesLib.quality.network.config import QualityConfig


class SpatialVae(nn.Module):
    """Masks (B, 1, S, S) to latents (B, C, s, s) and back.

    :meth:`encode` normalises latents per channel. Mean and deviation over the training masks are
    buffers, so they are stored with the weights (:meth:`fit_normalisation`).
    """

    latent_mean: torch.Tensor
    latent_deviation: torch.Tensor

    def __init__(self, config: QualityConfig):
        super().__init__()
        self.network = AutoencoderKL(
            spatial_dims=2,
            in_channels=1,
            out_channels=1,
            channels=config.autoencoder_channels,
            attention_levels=[False] * len(config.autoencoder_channels),
            latent_channels=config.latent_channels,
            num_res_blocks=[1] * len(config.autoencoder_channels),
            norm_num_groups=8,
            with_encoder_nonlocal_attn=False,
            with_decoder_nonlocal_attn=False,
        )
        shape = (1, config.latent_channels, 1, 1)
        self.register_buffer("latent_mean", torch.zeros(shape))
        self.register_buffer("latent_deviation", torch.ones(shape))

    def encode(self, masks: torch.Tensor) -> torch.Tensor:
        """Normalised latent means of masks (B, 1, S, S) in 0..1."""
        mean, _ = self.network.encode(masks * 2 - 1)
        return (mean - self.latent_mean) / self.latent_deviation

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """Logits (B, 1, S, S) of normalised latents."""
        return self.network.decode(latents * self.latent_deviation + self.latent_mean)

    def reconstruct(self, masks: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The training pass: logits from a sampled latent, latent means and latent deviations."""
        return self.network(masks * 2 - 1)

    @torch.no_grad()
    def fit_normalisation(self, masks: torch.Tensor) -> None:
        """Set the latents' mean and deviation per channel from training masks (N, 1, S, S)."""
        means = torch.cat([self.network.encode(part * 2 - 1)[0] for part in masks.split(64)])
        self.latent_mean.copy_(means.mean((0, 2, 3), keepdim=True))
        self.latent_deviation.copy_(means.std((0, 2, 3), keepdim=True).clamp(min=1e-3))


def patch_discriminator() -> PatchDiscriminator:
    """The adversary in training: real or reconstructed mask, for each patch.

    It returns its feature maps too, for the perceptual loss.
    """
    return PatchDiscriminator(
        spatial_dims=2, channels=16, in_channels=1, out_channels=1, num_layers_d=3, norm="INSTANCE"
    )
