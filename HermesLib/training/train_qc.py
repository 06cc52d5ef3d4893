"""``hermes train quality``: from folders to a QC checkpoint."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from HermesLib.datasets.augmentation import Augmentation
from HermesLib.datasets.slices import LabelledSlice
from HermesLib.datasets.training_dataset import TrainingDataset, read_datasets
from HermesLib.devices import select_device
from HermesLib.errors import HermesError
from HermesLib.models.registry import bundled_models, load_model
from HermesLib.presets.preset import Preset
from HermesLib.quality.network.config import QualityConfig
from HermesLib.quality.network.core import QualityCore
from HermesLib.quality.protocol import QualityControl
from HermesLib.quality.registry import load_diffusion
from HermesLib.training.phantoms import labelled_phantoms
from HermesLib.training.pseudo_labels import label_slices
from HermesLib.training.qc_trainer import QualityTrainer, QualityTraining
from HermesLib.training.refined_masks import (
    draw_refined_masks,
    keep_refined_masks,
    kept_refined_masks,
)
from HermesLib.training.run_folder import TrainingRun
from HermesLib.training.slice_sampler import SampledSlice, SliceSampler, sampled_slices
from HermesLib.weights.checkpoint import load_checkpoint, save_checkpoint


def preset_augmentation(preset: Preset) -> Augmentation:
    """Strengths that cover a modality's variety: MR has coils and contrasts, CT has a calibrated scale."""
    if preset.modality == "CT":
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
        flip=0.5 if preset.mirror else 0.0,
    )


def train_quality(
    preset: Preset,
    sources: Sequence[TrainingDataset],
    folder: Path,
    settings: QualityTraining,
    phantoms: int = 0,
    validation: float = 0.1,
    test: float = 0.1,
    device_name: str = "auto",
    initial: Path | None = None,
    teacher: Path | None = None,
) -> Path:
    """Train a QC core and keep the best of validation as ``model.safetensors`` in ``folder``; returns that path.

    ``phantoms`` procedural slices join the training patients (prostate only); they never validate. ``initial`` holds weights to go
    on from: only the third stage is then trained, and the checkpoint names the file it came from by its SHA-256. Its training
    patients must be the same (same folders and seed). ``teacher`` holds weights, of the same training patients, that label the
    slices without a label. With ``settings.refined_share`` above 0, ``initial`` also guides a refinement of the training patients, once, with
    every bundled promptable model; their masks are shown to the core beside the corrupted ones.
    """
    settings = dataclasses.replace(settings, augmentation=preset_augmentation(preset))
    sources = [dataclasses.replace(source, scale=preset.intensity) for source in sources]
    begun, taught = (load_checkpoint(path) if path else None for path in (initial, teacher))
    if begun:
        settings = dataclasses.replace(settings, autoencoder_steps=0, expert_steps=0)
    elif settings.refined_share > 0:
        raise HermesError(
            "masks of a refinement want a QC core that guides it; name its weights with --initial"
        )
    slices, split = read_datasets(sources, settings.seed, validation, test)
    organ = preset.organ_label
    for what, patients in (("train", split.train), ("validate", split.validation)):
        if not any(
            one.patient in patients and (mask := one.organ(organ)) is not None and mask.any()
            for one in slices
        ):
            raise HermesError(
                f"no slice of those who {what} shows '{organ}' ({len(patients)} patients); give more patients or other shares"
            )

    def of(patients: tuple[str, ...]) -> list[LabelledSlice]:
        return [one for one in slices if one.patient in patients]

    def pooled(
        chosen: list[LabelledSlice], refined: dict[LabelledSlice, np.ndarray] | None = None
    ) -> list[SampledSlice]:
        return sampled_slices(chosen, organ, preset.field, preset.neighbours, refined)

    config = QualityConfig(
        grid=preset.grid,
        field=preset.field,
        neighbours=preset.neighbours,
        standardise=preset.modality != "CT",
        mirror=preset.mirror,
    )
    recorded: dict[str, Any] = {
        "preset": preset.name,
        "organ": organ,
        "data": [source.describe() for source in sources],
        "phantoms": phantoms,
        "split": dataclasses.asdict(split),
        **settings.to_dict(),
    }
    for role, checkpoint, path in (("initial", begun, initial), ("teacher", taught, teacher)):
        if checkpoint is None:
            continue
        if checkpoint.training.get("split") != json.loads(json.dumps(recorded["split"])):
            raise HermesError(
                f"{path} was trained on other patients; training on would blur who is a test patient"
            )
        recorded[role] = {"sha256": checkpoint.sha256, "training": checkpoint.training}
    run = TrainingRun(folder, recorded)
    device = select_device(device_name)
    refined = None
    if initial and settings.refined_share > 0:
        refined = _refined_masks(
            run,
            of(split.train),
            organ,
            load_diffusion(str(initial), preset, device),
            settings.seed,
            device,
        )
    train = pooled(of(split.train), refined)
    if phantoms:
        train += pooled(labelled_phantoms(settings.seed, phantoms))
    if teacher:
        train += pooled(
            label_slices(slices, load_diffusion(str(teacher), preset, device), organ, settings.seed)
        )
    trainer = QualityTrainer(
        config,
        settings,
        run,
        SliceSampler(train),
        SliceSampler(pooled(of(split.validation))),
        device,
    )
    if begun:
        trainer.start_from(begun.tensors)
    output = folder / "model.safetensors"

    def keep(core: QualityCore, measured: dict[str, float]) -> None:
        save_checkpoint(
            output,
            core.state_dict(),
            "quality",
            config.to_dict(),
            {**recorded, "validation": measured},
        )
        (folder / "best.json").write_text(json.dumps(measured, indent=1), encoding="utf-8")

    trainer.fit(keep)
    return output


def _refined_masks(
    run: TrainingRun,
    slices: list[LabelledSlice],
    organ: str,
    guide: QualityControl,
    seed: int,
    device: torch.device,
) -> dict[LabelledSlice, np.ndarray]:
    """Masks along refinements of the slices, drawn once a run: a resumed one reads them."""
    path = run.folder / "refined.npz"
    if not path.is_file():
        models = [load_model(name, device=device) for name in bundled_models()]
        drawn = draw_refined_masks(
            slices, organ, guide, models, seed, device, lambda *done: run.report("refined", *done)
        )
        keep_refined_masks(path, slices, drawn)
    return kept_refined_masks(path, slices)
