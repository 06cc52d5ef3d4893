"""Training of a rival, on the patients that the quality control was trained on."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from HermesLib.datasets.augmentation import IDENTITY, sampling_grid
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
    ErrorMapObjective,
    MaskRegressionObjective,
    NnQcObjective,
    WangObjective,
)
from HermesLib.research.rivals.post_dae import PostDae
from HermesLib.research.rivals.registry import RIVALS
from HermesLib.training.job import TrainingJob
from HermesLib.training.qc_settings import default_augmentation, default_view
from HermesLib.training.run_folder import TrainingRun
from HermesLib.training.slice_sampler import AnySlice, SampledSlice, SliceSampler, sampled_slices
from HermesLib.training.trainer import Trainer, TrainerSettings
from HermesLib.weights.checkpoint import load_checkpoint, save_checkpoint

_SHAPE_MODELS = (PostDae.kind, Galati.kind, ConstrainedVae.kind)
#: The corruptions of the mask regression look at the slice, too.
_IMAGE_MODELS = (
    WangObjective.kind,
    DiceRegressionObjective.kind,
    MaskRegressionObjective.kind,
    ErrorMapObjective.kind,
    NnQc.kind,
)
#: Augmentation of rivals that read masks alone: stronger changes of shape than images allow, so
#: that they do not memorise few patients, and no changes of intensity.
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
#: Masks that the bank of valid shapes is fitted on.
_BANK_MASKS = 1500


def train_rival(
    rival: str,
    preset: Preset,
    job: TrainingJob,
    settings: TrainerSettings,
    core: Path | None = None,
) -> Path:
    """Train a rival on slices that show the preset's organ, without the project's test patients.

    Args:
        rival: its kind.
        preset: the organ and its intensities.
        job: data, split, folder.
        settings: of the trainer; the augmentation is the rival's.
        core: for nnQC, HERMES weights that its autoencoder and image expert are taken from; their
            held-out patients stay held out.

    Returns:
        ``model.safetensors`` in the job's folder: the weights with the best validation.

    Raises:
        HermesError: an unknown rival, or data or weights that it cannot be trained with.
    """
    _check(rival, job, core)
    torch.manual_seed(settings.seed)
    core_weights = load_checkpoint(core) if core is not None else None
    if core_weights is not None and core_weights.kind != DiffusionQuality.kind:
        raise HermesError(f"{core} does not hold weights of HERMES' own quality control")
    objective = RIVAL_OBJECTIVES[rival]() if core_weights is None else NnQcObjective(core_weights)
    job = without_test_patients(job)
    if core is not None:
        weights = (*job.split.weights, core)
        job = dataclasses.replace(job, split=dataclasses.replace(job.split, weights=weights))
    organ = preset.organ_label
    view = default_view(preset.modality)
    augmentation = default_augmentation(preset.modality, view.mirror)
    if rival in _SHAPE_MODELS:
        augmentation = dataclasses.replace(augmentation, **_SHAPE_VARIETY)  # type: ignore[arg-type]
    settings = dataclasses.replace(settings, augmentation=augmentation)
    job = job.for_organ(preset).with_datasets(organ=organ)
    data = job.read(settings.seed)
    slices = data.slices
    split = data.split

    def sampler(patients: tuple[str, ...], part: str) -> SliceSampler:
        with_organ = [
            labelled
            for labelled in slices
            if labelled.patient in patients
            and (mask := labelled.organ(organ)) is not None
            and mask.any()
        ]
        if not with_organ:
            raise HermesError(f"no slice of the {part} patients shows '{organ}'")
        samples = sampled_slices(with_organ, organ, view.field)
        if rival in _SHAPE_MODELS:
            samples = [
                SampledSlice(_NO_IMAGE, sample.mask, sample.patient, sample.share)
                for sample in samples
            ]
        return SliceSampler(samples)

    train = sampler(split.train, "training")
    validation = sampler(split.validation, "validation")
    record: dict[str, Any] = {
        "rival": rival,
        **({"core": {"sha256": core_weights.sha256}} if core_weights is not None else {}),
        "preset": preset.name,
        "organ": organ,
        **job.record(data),
        **settings.to_dict(),
    }
    config = {**objective.config(), "field": view.field}

    def save(network: nn.Module, measured: dict[str, float]) -> None:
        training = {**record, "validation": measured}
        save_checkpoint(job.output, network.state_dict(), objective.kind, config, training)
        job.save_measured(measured)

    run = TrainingRun(job.folder, record)
    Trainer(objective, settings, run, train, validation, select_device(job.device)).fit(save)
    network = objective.network
    if isinstance(network, ConstrainedVae):
        network.load_state_dict(load_checkpoint(job.output).tensors)
        shapes = _masks(train.with_organ, settings.seed, objective.side)
        valid = network.eval().fit_bank(shapes, np.random.default_rng(settings.seed))
        measured = json.loads((job.folder / "best.json").read_text(encoding="utf-8"))
        save(network, {**measured, "valid_samples": valid})
    return job.output


def _check(rival: str, job: TrainingJob, core: Path | None) -> None:
    if rival not in RIVALS:
        raise HermesError(f"unknown rival '{rival}'; choose {', '.join(RIVALS)}")
    if (core is None) == (rival == NnQc.kind):
        raise HermesError(
            "nnqc, and it alone, takes autoencoder and image expert from trained weights; "
            "name them with --core"
        )
    only_masks = any(dataset.layout == "masks" for dataset in job.datasets)
    if rival in _IMAGE_MODELS and only_masks:
        raise HermesError(f"{rival} learns from images; leave out the folders of masks alone")


def _masks(slices: Sequence[AnySlice], seed: int, side: int) -> torch.Tensor:
    """True masks (N, 1, side, side) of up to :data:`_BANK_MASKS` slices, none of them empty."""
    rng = np.random.default_rng(seed)
    some = [slices[k] for k in rng.permutation(len(slices))[:_BANK_MASKS]]
    _, masks = SliceSampler.views(some, sampling_grid(rng, len(some), side, IDENTITY))
    return masks[masks.flatten(1).any(1)]
