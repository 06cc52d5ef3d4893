"""The numbers of a QC core that is small enough for a test."""

from HermesLib.quality.network.config import QualityConfig

SMALL = QualityConfig(
    grid=64,
    autoencoder_channels=(8, 8, 16),
    mask_channels=(16, 16, 16, 16),
    image_channels=(16, 16, 16, 16),
    token_width=32,
    denoiser_channels=(32, 32),
)
