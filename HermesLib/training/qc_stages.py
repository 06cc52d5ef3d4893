"""The three stages of a QC core's training: autoencoder, experts, diffusion."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from HermesLib.io.neighbours import own_slice
from HermesLib.metrics.overlap import dice_batch
from HermesLib.quality.network.core import QualityCore
from HermesLib.quality.network.sampler import add_noise
from HermesLib.training.autocast import autocast
from HermesLib.training.losses import dice_cross_entropy, mean_over
from HermesLib.training.optimisation import Learner
from HermesLib.training.qc_batches import Rngs, corrupted, present_dice, together, with_refined
from HermesLib.training.qc_settings import QualityTraining
from HermesLib.training.slice_sampler import SliceSampler


@dataclass(frozen=True)
class StageInputs:
    """What the stages share.

    Attributes:
        core, discriminator: trained in place.
        settings: of the training.
        train: the training slices.
        device: of the networks.
        part: how many slices are drawn with each generator; a batch without several processes.
    """

    core: QualityCore
    discriminator: nn.Sequential
    settings: QualityTraining
    train: SliceSampler
    device: torch.device
    part: int


class Stage(Protocol):
    """One stage of the training.

    Attributes:
        name: in reports.
        steps: how many batches it trains on.
        learners: optimisers by name, for the saved state.
    """

    name: str
    steps: int
    learners: dict[str, Learner]

    def step(self, step: int, rngs: Rngs) -> dict[str, float]:
        """Train on one batch, or this process's share of it.

        Args:
            step: of the stage.
            rngs: one for each part to draw.

        Returns:
            Figures for the report.
        """
        ...


class AutoencoderStage:
    """Stage 1: the spatial VAE-GAN of masks."""

    name = "autoencoder"

    def __init__(self, inputs: StageInputs):
        self.inputs = inputs
        self.steps = inputs.settings.autoencoder_steps
        self.loss = inputs.settings.autoencoder
        optimiser = torch.optim.AdamW(
            inputs.core.autoencoder.parameters(),
            lr=self.loss.rate,
            weight_decay=self.loss.weight_decay,
        )
        opponent = torch.optim.AdamW(
            inputs.discriminator.parameters(),
            lr=self.loss.discriminator_rate,
            betas=self.loss.discriminator_betas,
        )
        schedule = inputs.settings.schedule.of(optimiser, self.steps)
        self.learners = {
            "vae": Learner(optimiser, schedule, inputs.settings.clip),
            "discriminator": Learner(opponent),
        }

    def _masks(self, rng: np.random.Generator, count: int) -> torch.Tensor:
        grid = self.inputs.core.config.grid
        augmentation = self.inputs.settings.augmentation
        _, masks = self.inputs.train.draw(rng, count, grid, augmentation, self.loss.absent)
        return masks.to(self.inputs.device)

    def step(self, step: int, rngs: Rngs) -> dict[str, float]:
        """Reconstruct masks; from a share of the stage on, against the discriminator."""
        masks, logits, mean, deviation = together(self._reconstruct(rng) for rng in rngs)
        adversarial = step >= int(self.steps * self.loss.adversarial_from)
        with autocast(self.inputs.device):
            reconstruction = torch.sigmoid(logits.float())
            loss = dice_cross_entropy(logits, masks).mean()
            loss = loss + self.loss.divergence * _divergence(mean.float(), deviation.float())
            if adversarial:
                loss = loss + self._adversarial(reconstruction, masks)
        self.learners["vae"].step(loss)
        if adversarial:
            self.learners["discriminator"].step(
                self._discrimination(reconstruction.detach(), masks)
            )
        dice = dice_batch(masks[:, 0] > 0.5, logits[:, 0] > 0).mean()
        return {"loss": loss.item(), "dice": dice.item()}

    def _reconstruct(self, rng: np.random.Generator) -> tuple[torch.Tensor, ...]:
        """Masks, logits, latent means and deviations of a part; the noise is PyTorch's."""
        torch.manual_seed(int(rng.integers(2**31)))
        masks = self._masks(rng, self.inputs.part)
        with autocast(self.inputs.device):
            return masks, *self.inputs.core.autoencoder.reconstruct(masks)

    def _adversarial(self, reconstruction: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        """Perceptual distance in the discriminator's features, and its least-squares verdict."""
        fake = self.inputs.discriminator(reconstruction)
        real = self.inputs.discriminator(masks)
        distances = [
            functional.l1_loss(a.float(), b.float().detach())
            for a, b in zip(fake[:-1], real[:-1], strict=True)
        ]
        verdict = ((fake[-1].float() - 1) ** 2).mean()
        return self.loss.perceptual * torch.stack(distances).sum() + self.loss.adversarial * verdict

    def _discrimination(self, reconstruction: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        with autocast(self.inputs.device):
            fake = self.inputs.discriminator(reconstruction)[-1].float()
            real = self.inputs.discriminator(masks)[-1].float()
            return 0.5 * ((real - 1) ** 2).mean() + 0.5 * (fake**2).mean()

    def finish(self, rng: np.random.Generator) -> None:
        """Fit the normalisation of the latents."""
        masks = self._masks(rng, self.loss.normalised_on)
        self.inputs.core.autoencoder.fit_normalisation(masks)


class ExpertStage:
    """Stage 2: the mask expert, the image expert and the presence head."""

    name = "experts"

    def __init__(self, inputs: StageInputs):
        self.inputs = inputs
        self.steps = inputs.settings.expert_steps
        self.loss = inputs.settings.experts
        core = inputs.core
        parts = (core.mask_expert, core.image_expert, core.presence)
        optimiser = torch.optim.AdamW(
            [value for part in parts for value in part.parameters()],
            lr=self.loss.rate,
            weight_decay=self.loss.weight_decay,
        )
        schedule = inputs.settings.schedule.of(optimiser, self.steps)
        self.learners = {"experts": Learner(optimiser, schedule, inputs.settings.clip)}

    def _draw(self, rng: np.random.Generator) -> tuple[torch.Tensor, ...]:
        """Images, masks, corrupted masks and noisy images of a part."""
        settings = self.inputs.settings
        grid = self.inputs.core.config.grid
        images, masks = self.inputs.train.draw(rng, self.inputs.part, grid, settings.augmentation)
        wrong = corrupted(masks, images, rng, settings.gross)
        strength = rng.uniform(0, self.loss.noise, (len(images), 1, 1, 1)).astype(np.float32)
        noise = rng.standard_normal(tuple(images.shape), dtype=np.float32) * strength
        return images, masks, wrong, (images + torch.from_numpy(noise)).clamp(0, 1)

    def step(self, step: int, rngs: Rngs) -> dict[str, float]:
        """Repair corrupted masks, denoise images, find the organ and say whether it is there."""
        core = self.inputs.core
        device = self.inputs.device
        drawn = together(self._draw(rng) for rng in rngs)
        images, masks, wrong, noisy = (part.to(device) for part in drawn)
        present = (masks.sum((1, 2, 3)) > 0).float()
        with autocast(device):
            mask_loss = dice_cross_entropy(core.mask_expert.reconstruct(wrong), wrong).mean()
            cleaned, findings = core.image_expert.denoise(noisy)
            presence = core.presence(findings.coarse).float()
            image_loss = functional.l1_loss(cleaned.float(), own_slice(images))
            organ_loss = mean_over(dice_cross_entropy(findings.organ, masks), present)
        presence_loss = functional.binary_cross_entropy_with_logits(presence, present)
        self.learners["experts"].step(
            self.loss.mask * mask_loss
            + self.loss.image * image_loss
            + self.loss.organ * organ_loss
            + self.loss.presence * presence_loss
        )
        return {
            "mask": mask_loss.item(),
            "image": image_loss.item(),
            "organ": organ_loss.item(),
            "presence": presence_loss.item(),
            "dice": present_dice(findings.organ, masks, present),
        }


class DiffusionStage:
    """Stage 3: latent diffusion, with both experts learning on and the autoencoder fixed."""

    name = "diffusion"

    def __init__(self, inputs: StageInputs):
        self.inputs = inputs
        self.steps = inputs.settings.diffusion_steps
        self.loss = inputs.settings.diffusion
        inputs.core.autoencoder.requires_grad_(False)
        optimiser = torch.optim.AdamW(
            [value for value in inputs.core.parameters() if value.requires_grad],
            lr=inputs.settings.rate,
            weight_decay=self.loss.weight_decay,
        )
        schedule = inputs.settings.schedule.of(optimiser, self.steps)
        self.learners = {"core": Learner(optimiser, schedule, inputs.settings.clip)}

    def _draw(self, rng: np.random.Generator) -> tuple[torch.Tensor, ...]:
        """All that is random of a part: images, masks, corrupted masks, experts, times, noise."""
        config, settings = self.inputs.core.config, self.inputs.settings
        images, masks, refined = self.inputs.train.draw_with_refined(
            rng, self.inputs.part, config.grid, settings.augmentation
        )
        wrong = corrupted(masks, images, rng, settings.gross)
        wrong = with_refined(wrong, refined, rng, settings.refined_share)
        kept, timesteps = self._kept_experts(rng), self._timesteps(rng)
        shape = (self.inputs.part, config.latent_channels, config.latent_side, config.latent_side)
        noise = torch.from_numpy(rng.standard_normal(shape, dtype=np.float32))
        return images, masks, wrong, *kept, timesteps, noise

    def step(self, step: int, rngs: Rngs) -> dict[str, float]:
        """Predict the clean latent of the true mask from noise, image and a corrupted mask."""
        core = self.inputs.core
        settings = self.inputs.settings
        device = self.inputs.device
        drawn = together(self._draw(rng) for rng in rngs)
        images, masks, wrong, keep_mask, keep_image, timesteps, noise = (
            part.to(device) for part in drawn
        )
        with torch.no_grad():
            clean = core.autoencoder.encode(masks)
        with autocast(device):
            features = core.read_images(images)
            presence = core.presence(features.coarse).float()
            condition = core.condition(features, wrong, keep_mask, keep_image)
            noisy = add_noise(clean, noise, core.alphas_cumprod[timesteps])
            predicted = core.predict_clean(noisy, timesteps, condition)
            logits = core.autoencoder.decode(predicted)
        present = (masks.sum((1, 2, 3)) > 0).float()
        # The pGT says where the organ is if it is present; the presence head says whether it is.
        # A core that is trained to draw nothing where it doubts draws nothing at apex and base.
        latent_loss = mean_over((predicted.float() - clean).square().mean((1, 2, 3)), present)
        decoded_loss = mean_over(dice_cross_entropy(logits, masks), present)
        organ_loss = mean_over(dice_cross_entropy(features.organ, masks), present)
        presence_loss = functional.binary_cross_entropy_with_logits(presence, present)
        self.learners["core"].step(
            self.loss.latent * latent_loss
            + settings.decoded_weight * decoded_loss
            + self.loss.organ * organ_loss
            + self.loss.presence * presence_loss
        )
        return {
            "latent": latent_loss.item(),
            "decoded": decoded_loss.item(),
            "organ": organ_loss.item(),
            "presence": presence_loss.item(),
            "dice": present_dice(logits, masks, present),
        }

    def _kept_experts(self, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """1 where an expert speaks, 0 where it is silenced, (B,) each; never both silent."""
        settings = self.inputs.settings
        chances = settings.expert_dropout * np.array([[1.0], [0.5]])
        keep = (rng.random((2, self.inputs.part)) > chances).astype(np.float32)
        mask, image = torch.from_numpy(keep)
        mask[image == 0] = 1.0
        return mask, image

    def _timesteps(self, rng: np.random.Generator) -> torch.Tensor:
        """Timesteps (B,). Sampling takes few steps from pure noise, and so do many of these."""
        settings = self.inputs.settings
        last = self.inputs.core.config.timesteps - 1
        pure = rng.random(self.inputs.part) < settings.pure_noise
        times = np.where(pure, last, rng.integers(0, last + 1, self.inputs.part))
        return torch.from_numpy(times)


def _divergence(mean: torch.Tensor, deviation: torch.Tensor) -> torch.Tensor:
    """Kullback-Leibler divergence from the standard normal, mean over all entries."""
    return 0.5 * (mean**2 + deviation**2 - 2 * deviation.log() - 1).mean()
