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
from HermesLib.training.qc_batches import corrupted, present_dice, with_refined
from HermesLib.training.qc_settings import QualityTraining
from HermesLib.training.slice_sampler import SliceSampler


@dataclass(frozen=True)
class StageInputs:
    """What the stages share: network, discriminator, settings, training slices and device."""

    core: QualityCore
    discriminator: nn.Sequential
    settings: QualityTraining
    train: SliceSampler
    device: torch.device


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

    def step(self, step: int, rng: np.random.Generator) -> dict[str, float]:
        """Train on one batch; returns figures for the report."""
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

    def step(self, step: int, rng: np.random.Generator) -> dict[str, float]:
        """Reconstruct masks; from a share of the stage on, against the discriminator."""
        torch.manual_seed(int(rng.integers(2**31)))
        masks = self._masks(rng, self.inputs.settings.batch)
        adversarial = step >= int(self.steps * self.loss.adversarial_from)
        with autocast(self.inputs.device):
            logits, mean, deviation = self.inputs.core.autoencoder.reconstruct(masks)
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

    def step(self, step: int, rng: np.random.Generator) -> dict[str, float]:
        """Repair corrupted masks, denoise images, find the organ and say whether it is there."""
        core = self.inputs.core
        settings = self.inputs.settings
        device = self.inputs.device
        grid = core.config.grid
        images, masks = self.inputs.train.draw(rng, settings.batch, grid, settings.augmentation)
        wrong = corrupted(masks, images, rng, settings.gross).to(device)
        strength = rng.uniform(0, self.loss.noise, (len(images), 1, 1, 1)).astype(np.float32)
        noise = rng.standard_normal(tuple(images.shape), dtype=np.float32) * strength
        noisy = (images + torch.from_numpy(noise)).clamp(0, 1).to(device)
        images = images.to(device)
        masks = masks.to(device)
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

    def step(self, step: int, rng: np.random.Generator) -> dict[str, float]:
        """Predict the clean latent of the true mask from noise, image and a corrupted mask."""
        core = self.inputs.core
        settings = self.inputs.settings
        device = self.inputs.device
        images, masks, refined = self.inputs.train.draw_with_refined(
            rng, settings.batch, core.config.grid, settings.augmentation
        )
        wrong = corrupted(masks, images, rng, settings.gross)
        wrong = with_refined(wrong, refined, rng, settings.refined_share)
        keep_mask, keep_image = self._kept_experts(rng)
        timesteps = self._timesteps(rng)
        side = core.config.latent_side
        shape = (settings.batch, core.config.latent_channels, side, side)
        noise = torch.from_numpy(rng.standard_normal(shape, dtype=np.float32)).to(device)
        images = images.to(device)
        masks = masks.to(device)
        with torch.no_grad():
            clean = core.autoencoder.encode(masks)
        with autocast(device):
            features = core.read_images(images)
            presence = core.presence(features.coarse).float()
            condition = core.condition(features, wrong.to(device), keep_mask, keep_image)
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
        keep = (rng.random((2, settings.batch)) > chances).astype(np.float32)
        mask, image = torch.from_numpy(keep).to(self.inputs.device)
        mask[image == 0] = 1.0
        return mask, image

    def _timesteps(self, rng: np.random.Generator) -> torch.Tensor:
        """Timesteps (B,). Sampling takes few steps from pure noise, and so do many of these."""
        settings = self.inputs.settings
        last = self.inputs.core.config.timesteps - 1
        pure = rng.random(settings.batch) < settings.pure_noise
        times = np.where(pure, last, rng.integers(0, last + 1, settings.batch))
        return torch.from_numpy(times).to(self.inputs.device)


def _divergence(mean: torch.Tensor, deviation: torch.Tensor) -> torch.Tensor:
    """Kullback-Leibler divergence from the standard normal, mean over all entries."""
    return 0.5 * (mean**2 + deviation**2 - 2 * deviation.log() - 1).mean()
