"""The numbers of a QC core that is small enough for a test."""

from HermesLib.quality.calibration import Calibration, Curve
from HermesLib.quality.network.config import QualityConfig

SMALL = QualityConfig(
    grid=64,
    autoencoder_channels=(8, 8, 16),
    mask_channels=(16, 16, 16, 16),
    image_channels=(16, 16, 16, 16),
    token_width=32,
    denoiser_channels=(32, 32),
)

CALIBRATION = Calibration(Curve(0.1, 1.1, -0.4, 0.3, 700), Curve(-0.1, 0.8, -0.8, 0.5, 900), 0.9, 8)
