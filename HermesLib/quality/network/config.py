"""The numbers of one QC core, stored with its weights."""

from dataclasses import asdict, dataclass, fields
from typing import Any

from HermesLib.errors import HermesError
from HermesLib.quality.calibration import Calibration


@dataclass(frozen=True)
class QualityConfig:
    """Sizes of the networks and defaults of the sampler.

    Attributes:
        grid: side of the square grid that slices are brought to, pixels.
        field: what of the slice the grid shows: ``slice`` (all of it), ``centre`` (its middle three quarters) or ``body`` (the bounding box
            of the body).
        neighbours: slices on either side that the image expert sees besides the slice itself.
        standardise: whether the image expert brings every slice to mean 0 and deviation 1 (MR, which has no calibrated scale).
        latent_channels: channels of the mask's latent.
        autoencoder_channels: channels of the spatial VAE's levels; each but the first halves the grid. Three levels, a latent at
            a quarter of the grid: at an eighth a small gland is two cells wide, too few to draw it.
        mask_channels, image_channels: channels of the experts' levels (1/2, 1/4, 1/8, 1/16 of the grid).
        token_width: width of the experts' tokens and of the condition.
        denoiser_channels: channels of the denoiser's levels, the first at the latent's resolution.
        timesteps: length of the noise schedule.
        mirror: whether the organ may be seen left for right.
        calibration: how the score becomes an estimate of the true Dice; None where nobody has fitted one.
        familiarity: whether the weights know how far a slice lies from the training patients'.
        expert_share: share of the image expert's own map in the pGT's probability, 0..1; the rest is drawn. Where training was short or data
            few, the map is the better of the two; a validation decides (:mod:`HermesLib.training.blend`).
        through_plane: share of either neighbour's log odds in the image expert's map of a slice, 0..0.5; an organ goes on from slice to slice.
            Above 0, the pGT is drawn from that map too.
        steps, samples: default number of sampling steps and of samples averaged. One step is the default because more made the
            pGT worse on validation patients (true Dice 0.82 in one step, 0.76 in two, 0.65 in four).
    """

    grid: int = 128
    field: str = "slice"
    neighbours: int = 0
    standardise: bool = False
    latent_channels: int = 4
    autoencoder_channels: tuple[int, ...] = (8, 16, 32)
    mask_channels: tuple[int, ...] = (16, 32, 48, 64)
    image_channels: tuple[int, ...] = (32, 48, 96, 128)
    token_width: int = 128
    denoiser_channels: tuple[int, ...] = (48, 96, 128)
    timesteps: int = 1000
    steps: int = 1
    samples: int = 4
    mirror: bool = False
    calibration: Calibration | None = None
    familiarity: bool = False
    expert_share: float = 0.0
    through_plane: float = 0.0

    @property
    def latent_side(self) -> int:
        """Side of the latent, pixels."""
        return self.grid // 2 ** (len(self.autoencoder_channels) - 1)

    @property
    def latent_level(self) -> int:
        """Which of the experts' levels (0 at half the grid) has the latent's resolution."""
        return len(self.autoencoder_channels) - 2

    @property
    def cells(self) -> int:
        """Cells of the experts' coarsest maps: as many tokens each expert gives."""
        return (self.grid // 2 ** len(self.image_channels)) ** 2

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a checkpoint's metadata."""
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> "QualityConfig":
        """Read from a checkpoint's metadata.

        Raises:
            HermesError: settings this version does not know.
        """
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(raw) - known)
        if unknown:
            raise HermesError(
                f"the weights carry settings this version of HERMES does not know: {', '.join(unknown)}; update HERMES"
            )
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in raw.items()
        }
        if values.get("calibration") is not None:
            values["calibration"] = Calibration.from_dict(values["calibration"])
        return cls(**values)
