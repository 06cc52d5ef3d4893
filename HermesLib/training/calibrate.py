"""``hermes train calibration``: fit the score of weights on their own held-out patients."""

import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from HermesLib.datasets.splits import Split
from HermesLib.devices import select_device
from HermesLib.evaluation.scored_masks import ScoredMask, score_cases
from HermesLib.models.registry import MODELS, bundled_models, load_model
from HermesLib.presets.preset import Preset
from HermesLib.quality.diffusion_qc import DiffusionQuality
from HermesLib.quality.network.config import QualityConfig
from HermesLib.quality.ood import MahalanobisDistance
from HermesLib.quality.registry import load_diffusion
from HermesLib.quality.slice_reading import slice_features
from HermesLib.training.calibration_fit import (
    FEWEST_PATIENTS,
    TooFewPatientsError,
    calibration_on_unseen,
    fit_calibration,
)
from HermesLib.training.held_out import HeldOutData, held_out_cases, recorded_split
from HermesLib.training.job import TrainingJob
from HermesLib.training.presence_fit import fit_presence, volume_evidence
from HermesLib.weights.bundled import bundled_checkpoint
from HermesLib.weights.checkpoint import load_checkpoint, save_checkpoint


def train_calibration(
    preset: Preset,
    weights: Path,
    data: HeldOutData,
    output: Path,
    *,
    seed: int = 0,
    device_name: str = "auto",
    on_case: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Write weights to ``output`` with calibrated score, presence rule and OOD detection.

    The masks come from refinements with all bundled models, from corruptions, and from the truth.
    A ``.json`` beside ``output`` keeps the score of every mask.

    Args:
        preset: organ and intensities.
        weights: a file of a QC core.
        data: the held-out patients. To test the calibrated score too, leave the test part out.
        output: the file to write.
        seed: of all randomness.
        device_name: ``auto``, ``cpu`` or ``cuda``.
        on_case: called with the cases done and their total.

    Returns:
        The numbers of the calibration, and what it is worth on patients left out.

    Raises:
        HermesError: weights that do not record their patients, or too few of these in the folders.
    """
    device = select_device(device_name)
    job = TrainingJob(data.datasets, output.parent).for_organ(preset)
    data = dataclasses.replace(data, datasets=job.datasets)
    checkpoint = load_checkpoint(weights)
    quality = load_diffusion(str(weights), preset, device, score="raw")
    split = recorded_split(checkpoint, weights)
    cases = held_out_cases(data, preset.organ_label, split)
    if (patients := len({case.patient for case in cases})) < FEWEST_PATIENTS:
        raise TooFewPatientsError(patients)
    models = [load_model(name, "bundled", device) for name in bundled_models()]
    masks = score_cases(cases, preset, quality, models, seed, device, on_case)
    calibration = fit_calibration(masks)
    unseen = {
        name: figures and dataclasses.asdict(figures)
        for name, figures in calibration_on_unseen(masks).items()
    }
    config = QualityConfig.from_dict(checkpoint.config)
    presence = fit_presence(volume_evidence(cases, preset, quality), config.presence_rule)
    config = dataclasses.replace(
        config, calibration=calibration, presence_rule=presence.rule, familiarity=True
    )
    record = {
        "data": [dataset.describe() for dataset in data.datasets],
        "parts": list(data.parts),
        "patients": sorted({mask.patient for mask in masks}),
        "models": {model.name: model.sha256 for model in models},
        "models_trained_on_them": _trained_on(data.patients(split)),
        "presence_rule": presence.record,
        "unseen_patients": unseen,
        "seed": seed,
    }
    save_checkpoint(
        output,
        {**checkpoint.tensors, **_fit_distance(quality, data, split)},
        "quality",
        config.to_dict(),
        {**checkpoint.training, "calibration": record},
    )
    write_scored(output.with_suffix(".json"), masks)
    return {**calibration.to_dict(), "unseen_patients": unseen}


def _trained_on(patients: set[str]) -> list[str]:
    """The bundled promptable models that were trained on any of these patients."""
    names = []
    for name in bundled_models():
        split = bundled_checkpoint(str(MODELS[name].bundled)).training["split"]
        if patients & set(split["train"]):
            names.append(name)
    return names


def _fit_distance(
    quality: DiffusionQuality, data: HeldOutData, split: Split
) -> dict[str, torch.Tensor]:
    """Tensors of the out-of-distribution detection, by name."""
    distance = MahalanobisDistance(2 * quality.core.config.image_channels[-1])
    distance.fit(
        _features(quality, data, set(split.train)), _features(quality, data, data.patients(split))
    )
    return {f"familiarity.{name}": tensor for name, tensor in distance.state_dict().items()}


@torch.inference_mode()
def _features(quality: DiffusionQuality, data: HeldOutData, patients: set[str]) -> torch.Tensor:
    """Pooled features (N, c) of all slices of patients."""
    features = []
    for dataset in data.datasets:
        for labelled in dataset.read(patients.__contains__):
            image = torch.from_numpy(labelled.image.astype(np.float32) / 255)[None, None]
            features.append(slice_features(quality.core, image).cpu())
    return torch.cat(features)


def write_scored(path: Path, masks: Sequence[ScoredMask]) -> None:
    """Keep scored masks as JSON, an object each."""
    plain = [dataclasses.asdict(mask) for mask in masks]
    path.write_text(json.dumps(plain) + "\n", encoding="utf-8")
