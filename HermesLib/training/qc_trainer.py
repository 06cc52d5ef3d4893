"""Training of the QC core in three stages: the spatial VAE-GAN of masks, the two experts, then the latent diffusion with both
experts learning on. Every stage can be resumed; batches depend only on seed, stage and step."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from HermesLib.datasets.augmentation import IDENTITY, Augmentation, sampling_grid
from HermesLib.datasets.corruptions import blank, corrupt, full, shifted
from HermesLib.io.neighbours import own_slice
from HermesLib.metrics.overlap import dice_batch
from HermesLib.quality.network.autoencoder import patch_discriminator
from HermesLib.quality.network.config import QualityConfig
from HermesLib.quality.network.core import QualityCore
from HermesLib.quality.network.sampler import add_noise
from HermesLib.training.autocast import autocast
from HermesLib.training.losses import cosine_rate, dice_cross_entropy
from HermesLib.training.run_folder import TrainingRun
from HermesLib.training.slice_sampler import SampledSlice, SliceSampler

_EXPERT_RATE = 1e-3


@dataclass(frozen=True)
class QualityTraining:
    """Settings of one training of the QC core."""

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
    every: int = 50
    validate_every: int = 500
    seed: int = 0
    augmentation: Augmentation = field(default_factory=Augmentation)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for the run's settings and the checkpoint."""
        return asdict(self)


def corrupted(
    masks: torch.Tensor, images: torch.Tensor, rng: np.random.Generator, gross: float
) -> torch.Tensor:
    """Corrupt masks (B, 1, S, S) of slices (B, C, S, S) one by one."""
    pairs = zip(masks[:, 0].numpy() > 0.5, own_slice(images)[:, 0].numpy(), strict=True)
    return torch.from_numpy(
        np.stack([corrupt(mask, image, rng, gross) for mask, image in pairs]).astype(np.float32)
    )[:, None]


def with_refined(
    masks: torch.Tensor,
    refined: Sequence[torch.Tensor | None],
    rng: np.random.Generator,
    share: float,
) -> torch.Tensor:
    """Masks (B, 1, S, S), a share of them replaced by those that promptable models drew, where there are such."""
    chosen = [
        other if other is not None and rng.random() < share else mask
        for mask, other in zip(masks, refined, strict=True)
    ]
    return torch.stack(chosen)


def mean_over(losses: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
    """Mean of losses (B,) over the samples chosen with 1 (0 for the others); 0 if none is."""
    return (losses * chosen).sum() / chosen.sum().clamp(min=1)


@torch.no_grad()
def present_dice(logits: torch.Tensor, masks: torch.Tensor, present: torch.Tensor) -> float:
    """Mean Dice of logits and masks (B, 1, S, S) over the slices that show the organ."""
    return mean_over(
        dice_batch(masks[:, 0] > 0.5, logits[:, 0] > 0).to(present.device), present
    ).item()


class QualityTrainer:
    """Trains one :class:`QualityCore` on a pool of slices and validates it on another."""

    def __init__(
        self,
        config: QualityConfig,
        settings: QualityTraining,
        run: TrainingRun,
        train: SliceSampler,
        validation: SliceSampler,
        device: torch.device,
    ):
        torch.manual_seed(settings.seed)
        self.settings, self.run, self.train, self.validation, self.device = (
            settings,
            run,
            train,
            validation,
            device,
        )
        self.core = QualityCore(config).to(device)
        self.averaged = copy.deepcopy(self.core).eval().requires_grad_(False)
        self.discriminator = patch_discriminator().to(device)
        self.grid = config.grid
        self.best = -1.0

    def start_from(self, tensors: dict[str, torch.Tensor]) -> None:
        """Take over another training's weights; what a calibration added to them is to be fitted anew."""
        tensors = {
            name: tensor for name, tensor in tensors.items() if not name.startswith("familiarity.")
        }
        self.core.load_state_dict(tensors)
        self.averaged.load_state_dict(tensors)

    def fit(self, on_best: Callable[[QualityCore, dict[str, float]], None]) -> None:
        """Run what is left of the three stages; ``on_best`` gets the averaged core whenever validation improves."""
        state = self.run.load_state()
        stage = state["stage"] if state else 0
        if state:
            self.core.load_state_dict(state["core"])
            self.averaged.load_state_dict(state["averaged"])
            self.discriminator.load_state_dict(state["discriminator"])
            self.best = state["best"]
        stages = (
            self._autoencoder_stage,
            self._expert_stage,
            lambda s: self._diffusion_stage(s, on_best),
        )
        for number in range(stage, len(stages)):
            self.run.begin_stage()
            stages[number](state if state and number == stage else None)
            self._save(number + 1, 0, {})

    def _save(self, stage: int, step: int, optimisers: dict[str, torch.optim.Optimizer]) -> None:
        self.run.save_state(
            {
                "stage": stage,
                "step": step,
                "best": self.best,
                "core": self.core.state_dict(),
                "averaged": self.averaged.state_dict(),
                "discriminator": self.discriminator.state_dict(),
                "optimisers": {
                    name: optimiser.state_dict() for name, optimiser in optimisers.items()
                },
            }
        )

    @staticmethod
    def _restore(state: dict[str, Any] | None, optimisers: dict[str, torch.optim.Optimizer]) -> int:
        if not state or not state["optimisers"]:
            return 0
        for name, optimiser in optimisers.items():
            optimiser.load_state_dict(state["optimisers"][name])
        return int(state["step"])

    def _autoencoder_stage(self, state: dict[str, Any] | None) -> None:
        settings, vae = self.settings, self.core.autoencoder
        if settings.autoencoder_steps == 0:
            return
        optimisers: dict[str, torch.optim.Optimizer] = {
            "vae": torch.optim.AdamW(vae.parameters(), lr=1e-3, weight_decay=0.0),
            "discriminator": torch.optim.AdamW(
                self.discriminator.parameters(), lr=2e-4, betas=(0.5, 0.9)
            ),
        }
        first = self._restore(state, optimisers)
        for step in range(first, settings.autoencoder_steps):
            rng = self.run.generator(0, step)
            torch.manual_seed(int(rng.integers(2**31)))
            masks = self.train.draw(
                rng, settings.batch, self.grid, settings.augmentation, absent=0.08
            )[1].to(self.device)
            for group in optimisers["vae"].param_groups:
                group["lr"] = cosine_rate(step, settings.autoencoder_steps, 1e-3)
            adversarial = step >= settings.autoencoder_steps // 3
            with autocast(self.device):
                logits, mean, deviation = vae.reconstruct(masks)
                drawn = torch.sigmoid(logits.float())
                loss = dice_cross_entropy(logits, masks).mean()
                divergence = (
                    0.5
                    * (
                        mean.float() ** 2 + deviation.float() ** 2 - 2 * deviation.float().log() - 1
                    ).mean()
                )
                loss = loss + 1e-3 * divergence
                if adversarial:
                    seen, real = self.discriminator(drawn), self.discriminator(masks)
                    perceptual = sum(
                        functional.l1_loss(a.float(), b.float().detach())
                        for a, b in zip(seen[:-1], real[:-1], strict=True)
                    )
                    loss = loss + 0.1 * perceptual + 0.02 * ((seen[-1].float() - 1) ** 2).mean()
            optimisers["vae"].zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(vae.parameters(), 1.0)
            optimisers["vae"].step()
            if adversarial:
                with autocast(self.device):
                    fake, real = (
                        self.discriminator(drawn.detach())[-1].float(),
                        self.discriminator(masks)[-1].float(),
                    )
                    judged = 0.5 * ((real - 1) ** 2).mean() + 0.5 * (fake**2).mean()
                optimisers["discriminator"].zero_grad()
                judged.backward()
                optimisers["discriminator"].step()
            if (step + 1) % settings.every == 0:
                score = dice_batch(masks[:, 0] > 0.5, logits[:, 0] > 0).mean()
                self.run.report(
                    "autoencoder",
                    step + 1,
                    settings.autoencoder_steps,
                    loss=loss.item(),
                    dice=score.item(),
                )
                self._save(0, step + 1, optimisers)
        rng = self.run.generator(0, settings.autoencoder_steps)
        vae.fit_normalisation(
            self.train.draw(rng, 512, self.grid, settings.augmentation, absent=0.08)[1].to(
                self.device
            )
        )
        self.averaged.load_state_dict(self.core.state_dict())

    def _expert_stage(self, state: dict[str, Any] | None) -> None:
        settings, core = self.settings, self.core
        if settings.expert_steps == 0:
            return
        taught = (core.mask_expert, core.image_expert, core.presence)
        parameters = [value for part in taught for value in part.parameters()]
        optimisers: dict[str, torch.optim.Optimizer] = {
            "experts": torch.optim.AdamW(parameters, lr=_EXPERT_RATE)
        }
        first = self._restore(state, optimisers)
        for step in range(first, settings.expert_steps):
            rng = self.run.generator(1, step)
            for group in optimisers["experts"].param_groups:
                group["lr"] = cosine_rate(step, settings.expert_steps, _EXPERT_RATE)
            figures, loss = self._expert_loss(rng)
            optimisers["experts"].zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimisers["experts"].step()
            self._average(min(settings.average, (step + 1) / (step + 10)))
            last = step + 1 == settings.expert_steps
            if (step + 1) % settings.every == 0:
                self.run.report("experts", step + 1, settings.expert_steps, **figures)
                self._save(1, step + 1, optimisers)
            if (step + 1) % settings.validate_every == 0 or last:
                self.run.report(
                    "validation",
                    step + 1,
                    settings.expert_steps,
                    organ=found_dice(self.averaged, self.validation),
                )
        core.load_state_dict(self.averaged.state_dict())

    def _expert_loss(self, rng: np.random.Generator) -> tuple[dict[str, float], torch.Tensor]:
        settings, core, device = self.settings, self.core, self.device
        images, masks = self.train.draw(rng, settings.batch, self.grid, settings.augmentation)
        wrong = corrupted(masks, images, rng, settings.gross).to(device)
        strength = rng.uniform(0, 0.15, (len(images), 1, 1, 1)).astype(np.float32)
        noise = torch.from_numpy(
            rng.standard_normal(tuple(images.shape), dtype=np.float32) * strength
        )
        noisy, images, masks = (
            (images + noise).clamp(0, 1).to(device),
            images.to(device),
            masks.to(device),
        )
        present = (masks.sum((1, 2, 3)) > 0).float()
        with autocast(device):
            mask_loss = dice_cross_entropy(core.mask_expert.reconstruct(wrong), wrong).mean()
            cleaned, findings = core.image_expert.denoise(noisy)
            presence = core.presence(findings.coarse).float()
            image_loss = functional.l1_loss(cleaned.float(), own_slice(images))
            organ_loss = mean_over(dice_cross_entropy(findings.organ, masks), present)
        presence_loss = functional.binary_cross_entropy_with_logits(presence, present)
        figures = {
            "mask": mask_loss.item(),
            "image": image_loss.item(),
            "organ": organ_loss.item(),
            "presence": presence_loss.item(),
            "dice": present_dice(findings.organ, masks, present),
        }
        return figures, 0.3 * mask_loss + image_loss + organ_loss + 0.1 * presence_loss

    def _diffusion_stage(
        self, state: dict[str, Any] | None, on_best: Callable[[QualityCore, dict[str, float]], None]
    ) -> None:
        settings, core = self.settings, self.core
        core.autoencoder.requires_grad_(False)
        parameters = [value for value in core.parameters() if value.requires_grad]
        optimisers: dict[str, torch.optim.Optimizer] = {
            "core": torch.optim.AdamW(parameters, lr=settings.rate, weight_decay=0.02)
        }
        first = self._restore(state, optimisers)
        for step in range(first, settings.diffusion_steps):
            rng = self.run.generator(2, step)
            for group in optimisers["core"].param_groups:
                group["lr"] = cosine_rate(step, settings.diffusion_steps, settings.rate)
            figures, loss = self._diffusion_loss(rng)
            optimisers["core"].zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimisers["core"].step()
            self._average(min(settings.average, (step + 1) / (step + 10)))
            last = step + 1 == settings.diffusion_steps
            if (step + 1) % settings.every == 0:
                self.run.report("diffusion", step + 1, settings.diffusion_steps, **figures)
                self._save(2, step + 1, optimisers)
            if (step + 1) % settings.validate_every == 0 or last:
                measured = validate(self.averaged, self.validation)
                self.run.report("validation", step + 1, settings.diffusion_steps, **measured)
                if measured["pgt_dice"] > self.best:
                    self.best = measured["pgt_dice"]
                    on_best(self.averaged, {"step": step + 1, **measured})

    def _diffusion_loss(self, rng: np.random.Generator) -> tuple[dict[str, float], torch.Tensor]:
        settings, core = self.settings, self.core
        images, masks, refined = self.train.draw_with_refined(
            rng, settings.batch, self.grid, settings.augmentation
        )
        wrong = with_refined(
            corrupted(masks, images, rng, settings.gross), refined, rng, settings.refined_share
        )
        kept = torch.from_numpy(
            (
                rng.random((2, settings.batch)) > settings.expert_dropout * np.array([[1.0], [0.5]])
            ).astype(np.float32)
        )
        kept[0][kept[1] == 0] = 1.0  # never both experts silent
        # Sampling starts from pure noise and takes few steps, so a good part of the training does too.
        times = np.where(
            rng.random(settings.batch) < settings.pure_noise,
            core.config.timesteps - 1,
            rng.integers(0, core.config.timesteps, settings.batch),
        )
        shape = (
            settings.batch,
            core.config.latent_channels,
            core.config.latent_side,
            core.config.latent_side,
        )
        noise = torch.from_numpy(rng.standard_normal(shape, dtype=np.float32)).to(self.device)
        timesteps, kept = torch.from_numpy(times).to(self.device), kept.to(self.device)
        images, masks, wrong = images.to(self.device), masks.to(self.device), wrong.to(self.device)
        with torch.no_grad():
            clean = core.autoencoder.encode(masks)
        with autocast(self.device):
            features = core.read_images(images)
            presence = core.presence(features.coarse).float()
            condition = core.condition(features, wrong, kept[0], kept[1])
            noisy = add_noise(clean, noise, core.alphas_cumprod[timesteps])
            predicted = core.predict_clean(noisy, timesteps, condition)
            logits = core.autoencoder.decode(predicted)
        present = (masks.sum((1, 2, 3)) > 0).float()
        # The pGT says where the organ lies if it is there; whether it is there is the presence head's to say. Taught to draw
        # nothing where it doubts, the core draws nothing at apex and base.
        latent_loss = mean_over((predicted.float() - clean).square().mean((1, 2, 3)), present)
        decoded_loss = mean_over(dice_cross_entropy(logits, masks), present)
        organ_loss = mean_over(dice_cross_entropy(features.organ, masks), present)
        presence_loss = functional.binary_cross_entropy_with_logits(presence, present)
        figures = {
            "latent": latent_loss.item(),
            "decoded": decoded_loss.item(),
            "organ": organ_loss.item(),
            "presence": presence_loss.item(),
            "dice": present_dice(logits, masks, present),
        }
        return (
            figures,
            0.5 * latent_loss
            + settings.decoded_weight * decoded_loss
            + 0.5 * organ_loss
            + 0.1 * presence_loss,
        )

    @torch.no_grad()
    def _average(self, keep: float) -> None:
        for mean, value in zip(self.averaged.parameters(), self.core.parameters(), strict=True):
            mean.lerp_(value, 1 - keep)


@torch.no_grad()
def found_dice(core: QualityCore, pool: SliceSampler, limit: int = 80) -> float:
    """Mean true Dice of the image expert's own map over slices with the organ."""
    chosen = _spread(pool.with_organ, limit)
    grids = sampling_grid(np.random.default_rng(0), len(chosen), core.config.grid, IDENTITY)
    images, masks = pool.views(chosen, grids)
    found = [
        core.read_images(part.to(core.device)).organ[:, 0].cpu() > 0 for part in images.split(16)
    ]
    return dice_batch(torch.cat(found), masks[:, 0] > 0.5).mean().item()


@torch.no_grad()
def validate(core: QualityCore, pool: SliceSampler, limit: int = 80) -> dict[str, float]:
    """On slices with the organ: true Dice of the pGT drawn from a blank, a full and a shifted mask, their agreement, the error of
    the pDSC over a fixed mix of corruptions; and the accuracy of presence over slices with and without."""
    chosen = _spread(pool.with_organ, limit)
    grid, device = core.config.grid, core.device
    images, masks = pool.views(
        chosen, sampling_grid(np.random.default_rng(0), len(chosen), grid, IDENTITY)
    )
    truth = masks[:, 0] > 0.5

    def draw(shown: torch.Tensor) -> torch.Tensor:
        parts = [
            core.sample(
                core.condition(core.read_images(image.to(device)), mask.to(device)),
                list(range(len(image))),
                2,
                1,
            )
            .mean(1)
            .cpu()
            for image, mask in zip(images.split(16), shown.split(16), strict=True)
        ]
        return torch.cat(parts) > 0.5

    def present(shown: torch.Tensor) -> torch.Tensor:
        parts = [
            core.presence(core.read_images(part.to(device)).coarse).cpu()
            for part in shown.split(16)
        ]
        return torch.cat(parts) > 0

    drawn = []
    for how in (blank, full, shifted):
        rng = np.random.default_rng(1)
        shown = [
            how(mask, image, rng)
            for mask, image in zip(truth.numpy(), own_slice(images)[:, 0].numpy(), strict=True)
        ]
        drawn.append(draw(torch.from_numpy(np.stack(shown).astype(np.float32))[:, None]))
    mixed = corrupted(masks, images, np.random.default_rng(2), 0.5)
    estimated, true = (
        dice_batch(mixed[:, 0] > 0.5, draw(mixed)),
        dice_batch(mixed[:, 0] > 0.5, truth),
    )
    perfect = dice_batch(truth, draw(masks))
    absent = _spread(pool.without, limit)
    found, spared = present(images), torch.ones(0, dtype=torch.bool)
    if absent:
        others, _ = pool.views(
            absent, sampling_grid(np.random.default_rng(0), len(absent), grid, IDENTITY)
        )
        spared = ~present(others)
    scores = [dice_batch(pgt, truth).mean().item() for pgt in drawn]
    agreement = np.mean(
        [dice_batch(drawn[a], drawn[b]).mean().item() for a, b in ((0, 1), (0, 2), (1, 2))]
    )
    return {
        "pgt_dice": float(np.mean(scores)),
        "from_blank": scores[0],
        "from_full": scores[1],
        "from_shifted": scores[2],
        "agreement": float(agreement),
        "pdsc_error": (estimated - true).abs().mean().item(),
        "pdsc_of_truth": perfect.mean().item(),
        "presence": torch.cat([found, spared]).float().mean().item(),
        "presence_found": found.float().mean().item(),
    }


def _spread(slices: list[SampledSlice], limit: int) -> list[SampledSlice]:
    """At most ``limit`` slices, evenly over all patients."""
    if len(slices) <= limit:
        return slices
    return [slices[round(k)] for k in np.linspace(0, len(slices) - 1, limit)]
