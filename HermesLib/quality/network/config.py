"""The settings of one QC core, stored with its weights."""

import dataclasses
from dataclasses import asdict, dataclass, replace
from typing import Any

from HermesLib.errors import HermesError
from HermesLib.quality.anatomy import AnatomyRule
from HermesLib.quality.blend import Blend
from HermesLib.quality.calibration import Calibration
from HermesLib.quality.evidence import EnsembleEvidence
from HermesLib.quality.network.ensemble import EnsembleConfig
from HermesLib.quality.network.input_check import InputCheckConfig
from HermesLib.quality.presence import PresenceRule
from HermesLib.weights.settings import (
    Count,
    Levels,
    Neighbours,
    Share,
    Side,
    View,
    checked,
    read_settings,
)


@checked
@dataclass(frozen=True)
class QualityConfig:
    """Sizes of the networks, and how they are used.

    Attributes:
        grid: side of the square grid that slices are brought to, pixels.
        field: what of the slice the grid shows: ``slice`` (all of it), ``centre`` (its middle three
            quarters) or ``body`` (the bounding box of the body).
        neighbours: slices on either side that the image expert reads with the slice itself.
        standardise: whether the image expert brings every slice to mean 0 and deviation 1 (MR,
            which has no calibrated scale).
        latent_channels: channels of the mask's latent.
        autoencoder_channels: channels of the spatial VAE's levels; each but the first halves the
            grid. Three levels, a latent at a quarter of the grid: at an eighth a small gland is two
            cells wide, too few to represent it.
        mask_channels, image_channels: channels of the experts' levels (1/2, 1/4, 1/8, 1/16 of the
            grid).
        token_width: width of the experts' tokens and of the condition.
        denoiser_channels: channels of the denoiser's levels, the first at the latent's resolution.
        timesteps: length of the noise schedule.
        steps, samples: default number of sampling steps and of samples averaged. One step is the
            default because more made the pGT worse on validation patients (true Dice 0.82 in one
            step, 0.76 in two, 0.65 in four).
        mirror: whether the organ may be seen mirrored left to right.
        calibration: from the score to an estimate of the true Dice; None before it is fitted.
        familiarity: whether the weights include the out-of-distribution statistics.
        expert_share, through_plane, expert_in_map: the blend of the pGT, see
            :class:`HermesLib.quality.blend.Blend`. Where training was short or data few, the organ
            map is better than the samples; validation decides (:mod:`HermesLib.training.blend`).
            Organs are continuous across slices, hence ``through_plane``.
        presence_rule: how the presence of the organ is decided along a volume.
        anatomy_rule: which ends of the organ are doubted.
        closer_view: side of the organ map's closer view, as a share of the window's.
        island_share: components of a pGT below this share of its largest one are removed.
        generative: whether there is a latent diffusion, with its experts, that samples pGTs. A core
            without one consists of an ensemble, whose organ map is the pGT.
        ensemble: networks trained on different patients; None for a core without.
        evidence: how the ensemble's evidence is weighed; None before it is fitted.
        evidence_without: the same, fitted without the patients of each fold: with it, figures of
            these patients are out of fold in every number.
        input_check: of the networks that tell whether slices are what the preset was made for.
    """

    grid: Side = 128
    field: View = "slice"
    neighbours: Neighbours = 0
    standardise: bool = False
    latent_channels: Count = 4
    autoencoder_channels: Levels = (8, 16, 32)
    mask_channels: Levels = (16, 32, 48, 64)
    image_channels: Levels = (32, 48, 96, 128)
    token_width: Count = 128
    denoiser_channels: Levels = (48, 96, 128)
    timesteps: Count = 1000
    steps: Count = 1
    samples: Count = 4
    mirror: bool = False
    calibration: Calibration | None = None
    familiarity: bool = False
    expert_share: Share = 0.0
    through_plane: Share = 0.0
    expert_in_map: Share = 0.0
    presence_rule: PresenceRule = dataclasses.field(default_factory=PresenceRule)
    anatomy_rule: AnatomyRule = dataclasses.field(default_factory=AnatomyRule)
    closer_view: Share = 0.88
    island_share: Share = 0.1
    generative: bool = True
    ensemble: EnsembleConfig | None = None
    evidence: EnsembleEvidence | None = None
    evidence_without: tuple[EnsembleEvidence, ...] = ()
    input_check: InputCheckConfig | None = None

    def __post_init__(self) -> None:
        """Check that something draws the pGT.

        Raises:
            HermesError: neither a latent diffusion nor an ensemble; more steps than the schedule.
        """
        if self.steps > self.timesteps:
            raise HermesError(f"{self.steps} steps exceed the schedule of {self.timesteps}")
        if not self.generative and (self.ensemble is None or self.expert_share != 1):
            raise HermesError(
                "a core without latent diffusion needs an ensemble that draws its pGT"
            )

    @property
    def blend(self) -> Blend:
        """How the pGT is composed."""
        return Blend(self.expert_share, self.through_plane, self.expert_in_map)

    def with_blend(self, blend: Blend) -> "QualityConfig":
        """The same core with its pGT composed differently."""
        return replace(self, **asdict(blend))

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
        """Cells of the experts' coarsest maps: the number of tokens of each expert."""
        return (self.grid // 2 ** len(self.image_channels)) ** 2

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a checkpoint's metadata."""
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> "QualityConfig":
        """Read from a checkpoint's metadata; settings that it does not name get their defaults.

        Raises:
            HermesError: values that do not fit; settings that this version does not know.
        """
        return read_settings(cls, raw)
