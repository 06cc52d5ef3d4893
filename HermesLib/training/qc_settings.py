"""Settings of a QC core's training, with their defaults by modality."""

from dataclasses import asdict, dataclass, field
from typing import Any

from HermesLib.datasets.augmentation import Augmentation
from HermesLib.training.optimisation import RateSchedule

#: Modality with a calibrated intensity scale (Hounsfield units).
CT = "CT"


@dataclass(frozen=True)
class SliceView:
    """What the QC core reads of a slice.

    The weights' configuration records it (:class:`HermesLib.quality.network.config.QualityConfig`),
    and inference reads it there.

    Attributes:
        field: ``slice`` (all of it), ``centre`` (its middle) or ``body`` (the body's bounding box).
        grid: side in pixels of the square that the field is resampled to.
        neighbours: slices on either side that the image expert reads besides the slice itself.
        mirror: whether a left-right flip of the organ is plausible.
    """

    field: str = "slice"
    grid: int = 128
    neighbours: int = 0
    mirror: bool = True


def default_view(modality: str) -> SliceView:
    """The view that the bundled weights of a modality were trained with."""
    return SliceView(field="body", mirror=False) if modality == CT else SliceView()


def default_augmentation(modality: str, mirror: bool) -> Augmentation:
    """Strengths that cover a modality's variety.

    MR varies in coils and contrasts; CT has a calibrated scale.
    """
    if modality == CT:
        return Augmentation(
            zoom=(0.8, 1.3),
            rotation_degrees=10,
            stretch=0.08,
            flip=0.0,
            gamma=0.12,
            bias=0.05,
            noise=0.03,
            blur=0.3,
        )
    return Augmentation(
        zoom=(0.75, 1.2),
        rotation_degrees=8,
        bend=0.015,
        gamma=0.3,
        bias=0.3,
        noise=0.03,
        blur=0.2,
        sharpen=0.3,
        flip=0.5 if mirror else 0.0,
    )


@dataclass(frozen=True)
class AutoencoderLoss:
    """Stage 1, the spatial VAE-GAN of masks: weights beside the reconstruction loss, and rates.

    ``adversarial_from`` is the share of the stage after which the discriminator takes part.
    ``absent`` is the share of empty masks, ``normalised_on`` the number of masks that the
    normalisation of latents is fitted on.
    """

    rate: float = 1e-3
    discriminator_rate: float = 2e-4
    weight_decay: float = 0.0
    discriminator_betas: tuple[float, float] = (0.5, 0.9)
    divergence: float = 1e-3
    perceptual: float = 0.1
    adversarial: float = 0.02
    adversarial_from: float = 1 / 3
    absent: float = 0.08
    normalised_on: int = 512


@dataclass(frozen=True)
class ExpertLoss:
    """Stage 2, both experts: learning rate and the weight of each task's loss.

    ``noise`` is the largest deviation of the noise that the image expert removes.
    """

    rate: float = 1e-3
    weight_decay: float = 0.01
    mask: float = 0.3
    image: float = 1.0
    organ: float = 1.0
    presence: float = 0.1
    noise: float = 0.15


@dataclass(frozen=True)
class DiffusionLoss:
    """Stage 3, latent diffusion: weight of each loss beside ``decoded_weight``."""

    weight_decay: float = 0.02
    latent: float = 0.5
    organ: float = 0.5
    presence: float = 0.1


@dataclass(frozen=True)
class QualityTraining:
    """Settings of one training of a QC core.

    Attributes:
        autoencoder_steps, expert_steps, diffusion_steps: length of the three stages.
        batch: slices in a batch.
        rate: peak learning rate of the third stage.
        expert_dropout: how often the mask expert is silenced; the image expert half as often.
        gross: share of gross failures among the corrupted masks.
        pure_noise: share of samples at the last timestep, where one-step sampling starts.
        decoded_weight: weight of the decoded mask's loss beside its latent's.
        refined_share: share of masks that promptable models drew during a refinement.
        average: decay of the running average of the weights.
        clip: largest norm of the gradient.
        schedule: of the learning rates.
        every, validate_every: steps between reports, and between validations.
        seed: of all randomness.
        augmentation: of slices and masks.
        autoencoder, experts, diffusion: losses and rates of the stages.
    """

    autoencoder_steps: int = 700
    expert_steps: int = 1500
    diffusion_steps: int = 2000
    batch: int = 16
    rate: float = 4e-4
    expert_dropout: float = 0.15
    gross: float = 0.55
    pure_noise: float = 0.5
    decoded_weight: float = 0.0
    refined_share: float = 0.0
    average: float = 0.998
    clip: float = 1.0
    schedule: RateSchedule = field(default_factory=RateSchedule)
    every: int = 50
    validate_every: int = 500
    seed: int = 0
    augmentation: Augmentation = field(default_factory=Augmentation)
    autoencoder: AutoencoderLoss = field(default_factory=AutoencoderLoss)
    experts: ExpertLoss = field(default_factory=ExpertLoss)
    diffusion: DiffusionLoss = field(default_factory=DiffusionLoss)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for the run's settings and the checkpoint."""
        return asdict(self)
