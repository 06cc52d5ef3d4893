"""Train the context networks of an ensemble, one for each fold of the patients."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from HermesLib.datasets.slices import LabelledSlice
from HermesLib.devices import select_device
from HermesLib.presets.preset import Preset
from HermesLib.quality.network.context import ContextConfig, ContextNetwork, ContextReading
from HermesLib.training.autocast import autocast
from HermesLib.training.ensemble.folds import Folds
from HermesLib.training.ensemble.other_organ import OtherOrgan
from HermesLib.training.ensemble.surroundings import surrounding_organs
from HermesLib.training.ensemble.volumes import (
    FEWEST_VOLUMES,
    OrganVolume,
    VolumeAugmentation,
    organ_volumes,
    sampled_view,
)
from HermesLib.training.losses import mean_over
from HermesLib.training.optimisation import Learner, RateSchedule, RunningAverage
from HermesLib.training.qc_settings import CT
from HermesLib.training.run_folder import TrainingRun
from HermesLib.weights.checkpoint import save_checkpoint


@dataclass(frozen=True)
class ContextTraining:
    """Settings of the training of one context network.

    Attributes:
        steps, batch: batches, and views in each.
        rate, weight_decay, clip, schedule, average: as of
            :class:`HermesLib.training.trainer.TrainerSettings`.
        others, presence: weights of the other organs' maps and of the presence by plane.
        every: steps between reports.
        seed: of all randomness.
        augmentation: of the views.
    """

    steps: int = 350
    batch: int = 2
    rate: float = 3e-3
    weight_decay: float = 0.02
    clip: float = 1.0
    schedule: RateSchedule = field(default_factory=lambda: RateSchedule(warmup=30))
    average: float = 0.985
    others: float = 0.4
    presence: float = 0.3
    every: int = 25
    seed: int = 0
    augmentation: VolumeAugmentation = field(default_factory=VolumeAugmentation)


def default_context_training(
    modality: str, steps: int, seed: int, *, thorough: bool = False
) -> ContextTraining:
    """Settings of a modality; a ``thorough`` training has larger batches."""
    general = ContextTraining(steps=steps, every=max(25, steps // 40), seed=seed)
    if thorough:
        general = replace(
            general, batch=4, rate=2e-3, schedule=RateSchedule(warmup=100), average=0.998
        )
    if modality == CT:
        return general
    augmentation = VolumeAugmentation(
        planes=(16, 24, 32),
        zoom=(0.65, 1.3),
        stretch_along=(0.7, 1.5),
        flip=0.5,
        gamma=0.35,
        bias=0.35,
    )
    return replace(general, augmentation=augmentation)


def context_config(preset: Preset, slices: Sequence[LabelledSlice]) -> ContextConfig:
    """Sizes of the network for an organ and its training slices."""
    is_ct = preset.modality == CT
    return ContextConfig(
        step_mm=6.0 if is_ct else 3.0,
        field="body" if is_ct else "slice",
        others=surrounding_organs([item for item in slices if item.index >= 0], preset.organ_label),
    )


def context_loss(
    reading: ContextReading, targets: torch.Tensor, inside: torch.Tensor, how: ContextTraining
) -> torch.Tensor:
    """Loss of readings against targets (B, 1 + K, Z, S, S); planes outside do not count."""
    organ = targets[:, 0]
    maps = torch.cat([reading.organ, reading.others], 1).float().flatten(0, 1)
    wanted = targets.flatten(0, 1)
    known = (wanted.flatten(1)[:, 0] >= 0).float()
    wanted = wanted.clamp(min=0)
    probability = torch.sigmoid(maps)
    overlap = (probability * wanted).sum((1, 2, 3))
    total = probability.sum((1, 2, 3)) + wanted.sum((1, 2, 3))
    smooth = 20.0
    dice = 1 - (2 * overlap + smooth) / (total + smooth)
    entropy = functional.binary_cross_entropy_with_logits(maps, wanted, reduction="none")
    losses = (dice + 2 * entropy.mean((1, 2, 3))).view(len(targets), -1)
    known = known.view(len(targets), -1)
    loss = losses[:, 0].mean()
    if losses.shape[1] > 1:
        loss = loss + how.others * mean_over(losses[:, 1:], known[:, 1:])
    present = organ.flatten(2).any(2).float()
    presence = functional.binary_cross_entropy_with_logits(
        reading.presence.float(), present, reduction="none"
    )
    return loss + how.presence * mean_over(presence, inside.float())


def train_context(
    preset: Preset,
    slices: Sequence[LabelledSlice],
    folds: Folds,
    fold: int,
    settings: ContextTraining,
    folder: Path,
    device_name: str,
    recorded: dict[str, Any],
    everywhere: Sequence[LabelledSlice] = (),
    other: OtherOrgan | None = None,
) -> Path | None:
    """Train the network that leaves one fold out; arguments as of
    :func:`HermesLib.training.ensemble.member_training.train_member`.

    Returns:
        Its weights; None where the training folds hold fewer than
        :data:`HermesLib.training.ensemble.volumes.FEWEST_VOLUMES` volumes with the organ.
    """
    config = context_config(preset, slices)
    training = folds.training(fold)
    device = select_device(device_name)
    chosen = [*(item for item in slices if item.patient in training), *everywhere]
    volumes = organ_volumes(chosen, preset.organ_label, config, device=device)
    volumes = [volume for volume in volumes if len(volume.planes)]
    if len(volumes) < FEWEST_VOLUMES:
        return None
    recorded = {
        **recorded,
        "preset": preset.name,
        "organ": preset.organ_label,
        "fold": fold,
        "config": asdict(config),
        **asdict(settings),
    }
    run = TrainingRun(folder, recorded)
    torch.manual_seed(settings.seed + 1000 + fold)
    network = ContextNetwork(config)
    if other is not None:
        other.start_context(network, fold, preset.organ_label, config.others)
    network = network.to(device)
    averaged = RunningAverage(network, settings.average)
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=settings.rate, weight_decay=settings.weight_decay
    )
    learner = Learner(optimiser, settings.schedule.of(optimiser, settings.steps), settings.clip)
    first = 0
    if state := run.load_state():
        network.load_state_dict(state["network"])
        averaged.load_state_dict(state["averaged"])
        learner.load_state_dict(state["learner"])
        first = int(state["step"])
    run.begin_stage()
    for step in range(first, settings.steps):
        rng = run.generator(step)
        images, targets, inside = _batch(rng, volumes, config, settings)
        with autocast(device):
            reading = network(images)
        loss = context_loss(reading, targets, inside, settings)
        learner.step(loss)
        averaged.update_parameters(network)
        if (step + 1) % settings.every == 0:
            run.report("context", step + 1, settings.steps, loss=loss.item())
            run.save_state(
                {
                    "step": step + 1,
                    "network": network.state_dict(),
                    "averaged": averaged.state_dict(),
                    "learner": learner.state_dict(),
                }
            )
    output = folder / "context.safetensors"
    record = {**recorded, "folds": folds.to_plain()}
    save_checkpoint(
        output, averaged.module.state_dict(), "ensemble-context", asdict(config), record
    )
    return output


def _batch(
    rng: np.random.Generator,
    volumes: Sequence[OrganVolume],
    config: ContextConfig,
    settings: ContextTraining,
) -> tuple[torch.Tensor, ...]:
    """Images (B, 1, Z, S, S), targets and planes inside; Z is the same for the whole batch."""
    planes = int(rng.choice(settings.augmentation.planes))
    views = []
    for _ in range(settings.batch):
        volume = volumes[int(rng.integers(len(volumes)))]
        views.append(sampled_view(rng, volume, config, settings.augmentation, planes))
    images, targets, inside = zip(*views, strict=True)
    return torch.stack(images), torch.stack(targets), torch.stack(inside)
