"""Train the members of an ensemble, one for each fold of the patients."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from HermesLib.datasets.organ_warp import OrganWarp
from HermesLib.datasets.slices import LabelledSlice
from HermesLib.devices import select_device
from HermesLib.errors import HermesError
from HermesLib.presets.preset import Preset
from HermesLib.quality.network.member import MemberConfig
from HermesLib.training.ensemble.folds import Folds
from HermesLib.training.ensemble.member_batches import (
    MemberAugmentation,
    OrganSliceSampler,
    SliceMix,
)
from HermesLib.training.ensemble.objective import MemberObjective
from HermesLib.training.ensemble.other_organ import OtherOrgan
from HermesLib.training.ensemble.slices import organ_slices
from HermesLib.training.ensemble.surroundings import surrounding_organs
from HermesLib.training.optimisation import RateSchedule
from HermesLib.training.qc_settings import CT, default_augmentation
from HermesLib.training.run_folder import TrainingRun
from HermesLib.training.trainer import Trainer, TrainerSettings
from HermesLib.weights.checkpoint import Checkpoint, load_checkpoint, save_checkpoint

#: Peak learning rate of a training that goes on from trained weights.
GO_ON_RATE = 8e-4


@dataclass(frozen=True)
class MemberTraining:
    """Settings of the training of one member.

    Attributes:
        trainer: steps, batch, rates; its augmentation is not used.
        mix: what a batch consists of.
        augmentation: of slices.
    """

    trainer: TrainerSettings
    mix: SliceMix
    augmentation: MemberAugmentation

    def to_dict(self) -> dict[str, Any]:
        """Plain values for the run's settings and the checkpoint."""
        plain = asdict(self)
        del plain["trainer"]["augmentation"]
        return {**plain.pop("trainer"), **plain}


def default_training(
    modality: str, mirror: bool, steps: int, seed: int, *, thorough: bool = False
) -> MemberTraining:
    """Settings of a modality.

    By default members learn from mild views: with stronger changes on every view and small batches
    the prostate's members needed 1500 steps for the Dice that mild ones reach in 400. A
    ``thorough`` training has larger batches and stronger changes, which a GPU takes in minutes.
    """
    views = default_augmentation(modality, mirror)
    warp = OrganWarp(share=0.25, scale=(0.6, 1.8), shift=0.35, split=0.02)
    if thorough:
        warp = OrganWarp(share=0.4, scale=(0.5, 2.0), shift=0.5, split=0.03)
    if modality == CT:
        views = replace(views, zoom=(0.7, 1.4) if thorough else (0.75, 1.35), sharpen=0.2)
        augmentation = MemberAugmentation(views, warp, cut=0.04, extras=0.1)
    else:
        views = replace(views, zoom=(0.62, 1.3) if thorough else (0.7, 1.25))
        augmentation = MemberAugmentation(views, warp, cut=0.02)
    batch = 12 if modality == CT else 16
    trainer = TrainerSettings(
        steps=steps,
        batch=24 if thorough else batch,
        rate=1.5e-3,
        weight_decay=0.02,
        schedule=RateSchedule(warmup=200 if thorough else 60),
        average=0.999 if thorough else 0.997,
        every=max(50, steps // 40),
        validated_on=96,
        validate_every=steps,  # a fold that is left out must not choose weights
        seed=seed,
    )
    return MemberTraining(trainer, SliceMix(), augmentation)


def member_config(
    preset: Preset, slices: Sequence[LabelledSlice], neighbours: int = 1
) -> MemberConfig:
    """Sizes and view of the members for an organ and its training slices."""
    is_ct = preset.modality == CT
    return MemberConfig(
        grid=128 if is_ct else 96,
        field="body" if is_ct else "centre",
        neighbours=neighbours,
        standardise=not is_ct,
        mirror=not is_ct,
        others=surrounding_organs(slices, preset.organ_label),
    )


def train_member(
    preset: Preset,
    slices: Sequence[LabelledSlice],
    folds: Folds,
    fold: int,
    config: MemberConfig,
    settings: MemberTraining,
    folder: Path,
    device_name: str,
    recorded: dict[str, Any],
    start: Path | None = None,
    everywhere: Sequence[LabelledSlice] = (),
    other: OtherOrgan | None = None,
) -> Path:
    """Train the member that leaves one fold out; returns its weights.

    The weights are those of the last step. The fold's own patients are measured on the way, for
    the report, and choose nothing.

    Args:
        preset: organ and modality.
        slices: of all folds.
        folds, fold: the patients, and which of them are left out.
        config, settings: of network and training.
        folder: takes metrics, the state to resume from, and ``member.safetensors``.
        device_name: ``auto``, ``cpu`` or ``cuda``.
        recorded: what the checkpoint says of the data.
        everywhere: slices of patients of no fold, which train in all of them.
        start: weights of an earlier training of the same member, to go on from.
        other: an ensemble whose member of the same fold the training starts from.

    Raises:
        HermesError: no slice with the organ in the training folds or in the fold left out; a start
            with other folds or sizes.
    """

    device = select_device(device_name)

    def of(patients: Sequence[str], more: Sequence[LabelledSlice] = ()) -> OrganSliceSampler:
        chosen = [*(item for item in slices if item.patient in patients), *more]
        cut = organ_slices(
            chosen, preset.organ_label, config.others, config.field, config.neighbours
        )
        if not any(item.organ.any() for item in cut):
            raise HermesError(
                f"no slice of these patients shows '{preset.organ_label}': {', '.join(patients)}"
            )
        return OrganSliceSampler(cut, settings.mix, settings.augmentation, device)

    recorded = {
        **recorded,
        "preset": preset.name,
        "organ": preset.organ_label,
        "fold": fold,
        "config": config.to_dict(),
        **settings.to_dict(),
    }
    earlier = None if start is None else _earlier(start, folds, fold, config)
    if earlier is not None:
        recorded["started_from"] = {"sha256": earlier.sha256, "training": earlier.training}
    run = TrainingRun(folder, recorded)
    torch.manual_seed(settings.trainer.seed + fold)
    objective = MemberObjective(config)
    if earlier is not None:
        objective.network.load_state_dict(earlier.tensors)
    if other is not None:
        other.start_member(objective.network, fold, preset.organ_label, config.others)
    trainer = Trainer(
        objective,
        replace(settings.trainer, augmentation=None),  # type: ignore[arg-type]
        run,
        of(folds.training(fold), everywhere),
        of(folds.patients[fold]),
        device,
    )
    output = folder / "member.safetensors"

    def keep(network: nn.Module, measured: dict[str, float]) -> None:
        training = {**recorded, "folds": folds.to_plain(), "left_out": measured}
        save_checkpoint(output, network.state_dict(), objective.kind, config.to_dict(), training)

    trainer.fit(keep)
    return output


def _earlier(path: Path, folds: Folds, fold: int, config: MemberConfig) -> Checkpoint:
    """Weights to go on from.

    A member that was trained on a patient of its own fold would judge that patient too well.
    """
    earlier = load_checkpoint(path)
    same = earlier.kind == MemberObjective.kind and (
        earlier.training.get("folds") == folds.to_plain() and earlier.training.get("fold") == fold
    )
    if not same or MemberConfig.from_dict(earlier.config) != config:
        raise HermesError(f"{path} is no member of fold {fold} with the same folds and sizes")
    return earlier
