"""``hermes train baseline``: from folders to the weights of a rival, on the patients that the quality control was trained on."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from HermesLib.datasets.augmentation import IDENTITY, sampling_grid
from HermesLib.datasets.training_dataset import read_datasets
from HermesLib.devices import select_device
from HermesLib.errors import HermesError
from HermesLib.presets.preset import Preset
from HermesLib.quality.diffusion_qc import DiffusionQuality
from HermesLib.research.release.test_patients import without_test_patients
from HermesLib.research.rivals.constrained_vae import ConstrainedVae
from HermesLib.research.rivals.galati import Galati
from HermesLib.research.rivals.nnqc import NnQc
from HermesLib.research.rivals.objectives import (
    RIVAL_OBJECTIVES,
    DiceRegressionObjective,
    NnQcObjective,
    WangObjective,
)
from HermesLib.research.rivals.post_dae import PostDae
from HermesLib.research.rivals.registry import RIVALS
from HermesLib.training.job import TrainingJob
from HermesLib.training.qc_settings import default_augmentation, default_view
from HermesLib.training.run_folder import TrainingRun
from HermesLib.training.slice_sampler import SampledSlice, SliceSampler, sampled_slices
from HermesLib.training.trainer import Trainer, TrainerSettings
from HermesLib.weights.checkpoint import load_checkpoint, save_checkpoint

_SHAPE_MODELS = (PostDae.kind, Galati.kind, ConstrainedVae.kind)
#: Rivals that look at masks alone: stronger changes of shape than an image would bear keep them from learning few patients by heart, and
#: what becomes of images is no matter.
_SHAPE_VARIETY = {
    "rotation_degrees": 20,
    "stretch": 0.15,
    "bend": 0.03,
    "gamma": 0,
    "bias": 0,
    "noise": 0,
    "blur": 0,
    "sharpen": 0,
}
_NO_IMAGE = np.zeros((1, 1, 1), np.uint8)
#: Masks that a bank of valid shapes is learnt from.
_BANK_MASKS = 1500


def train_rival(
    method: str,
    preset: Preset,
    job: TrainingJob,
    settings: TrainerSettings,
    core: Path | None = None,
) -> Path:
    """Train a rival on the slices that show the preset's organ; returns ``model.safetensors`` in ``folder``, the best of validation.

    The project's test patients are left out. ``core``: the weights of the QC core that nnQC's autoencoder and image expert come from;
    its held-out patients stay held out.
    """
    if method not in RIVALS:
        raise HermesError(f"unknown baseline '{method}'; choose {', '.join(RIVALS)}")
    if (core is None) == (method == NnQc.kind):
        raise HermesError(
            "nnqc takes its autoencoder and its image expert over from a trained core: name it with --core, for nnqc alone"
        )
    if method in (WangObjective.kind, DiceRegressionObjective.kind, NnQc.kind) and any(
        source.layout == "masks" for source in job.datasets
    ):
        raise HermesError(f"{method} learns from images; masks alone teach it nothing")
    torch.manual_seed(settings.seed)
    begun = load_checkpoint(core) if core is not None else None
    if begun is not None and begun.kind != DiffusionQuality.kind:
        raise HermesError(f"{core} holds no weights of a QC core")
    task = RIVAL_OBJECTIVES[method]() if begun is None else NnQcObjective(begun)
    job = without_test_patients(job)
    if core is not None:
        weights = (*job.split.weights, core)
        job = dataclasses.replace(job, split=dataclasses.replace(job.split, weights=weights))
    organ = preset.organ_label
    view = default_view(preset.modality)
    augmentation = default_augmentation(preset.modality, view.mirror)
    if method in _SHAPE_MODELS:
        augmentation = dataclasses.replace(augmentation, **_SHAPE_VARIETY)  # type: ignore[arg-type]
    settings = dataclasses.replace(settings, augmentation=augmentation)
    job = job.with_datasets(scale=preset.intensity, organ=organ)
    slices, split = read_datasets(job.datasets, job.split, settings.seed, job.say)

    def pool(patients: tuple[str, ...], what: str) -> SliceSampler:
        chosen = set(patients)
        shown = [
            one
            for one in slices
            if one.patient in chosen and (mask := one.organ(organ)) is not None and mask.any()
        ]
        if not shown:
            raise HermesError(f"no slice of those who {what} shows '{organ}'")
        pooled = sampled_slices(shown, organ, view.field)
        if method in _SHAPE_MODELS:
            pooled = [dataclasses.replace(one, image=_NO_IMAGE) for one in pooled]
        return SliceSampler(pooled)

    train, held = pool(split.train, "train"), pool(split.validation, "validate")
    recorded: dict[str, Any] = {
        "baseline": method,
        **({"core": {"sha256": begun.sha256}} if begun is not None else {}),
        "preset": preset.name,
        "organ": organ,
        **job.record(split),
        **settings.to_dict(),
    }
    run = TrainingRun(job.folder, recorded)
    config = {**task.config(), "field": view.field}

    def keep(network: nn.Module, measured: dict[str, float]) -> None:
        save_checkpoint(
            job.output,
            network.state_dict(),
            task.kind,
            config,
            {**recorded, "validation": measured},
        )
        job.save_measured(measured)

    device = select_device(job.device)
    trainer = Trainer(task, settings, run, train, held, device)
    trainer.fit(keep)
    if isinstance(task.network, ConstrainedVae):
        task.network.load_state_dict(load_checkpoint(job.output).tensors)
        shapes = _masks(train.with_organ, settings.seed, task.side)
        valid = task.network.eval().fit_bank(shapes, np.random.default_rng(settings.seed))
        keep(
            task.network,
            {
                **json.loads((job.folder / "best.json").read_text(encoding="utf-8")),
                "valid_samples": valid,
            },
        )
    return job.output


def _masks(slices: Sequence[SampledSlice], seed: int, side: int) -> torch.Tensor:
    """True masks (N, 1, side, side) of up to :data:`_BANK_MASKS` slices, each in its own field of view."""
    rng = np.random.default_rng(seed)
    chosen = [slices[k] for k in rng.permutation(len(slices))[:_BANK_MASKS]]
    _, masks = SliceSampler.views(chosen, sampling_grid(rng, len(chosen), side, IDENTITY))
    return masks[masks.flatten(1).any(1)]
