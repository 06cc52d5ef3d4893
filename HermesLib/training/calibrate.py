"""``hermes train calibration``: judge masks of the weights' own held-out patients, fit, and write the weights anew."""

import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from HermesLib.datasets.folders import patient_identity, read_table
from HermesLib.datasets.training_dataset import TrainingDataset
from HermesLib.devices import select_device
from HermesLib.errors import HermesError
from HermesLib.evaluation.cases import Case, decathlon_cases, lone_slice_cases
from HermesLib.evaluation.scored_masks import ScoredMask, score_cases
from HermesLib.models.registry import bundled_models, load_model, model_checkpoint
from HermesLib.presets.preset import Preset
from HermesLib.quality.diffusion_qc import DiffusionQuality
from HermesLib.quality.network.config import QualityConfig
from HermesLib.quality.ood import MahalanobisDistance
from HermesLib.quality.registry import load_diffusion
from HermesLib.quality.slice_reading import slice_features
from HermesLib.training.calibration_fit import FEWEST_PATIENTS, TooFewPatientsError, fit_calibration
from HermesLib.weights.checkpoint import load_checkpoint, save_checkpoint

HELD_OUT = ("validation", "test")


def held_out_cases(
    sources: Sequence[TrainingDataset],
    organ: str,
    split: dict[str, list[str]],
    parts: Sequence[str] = HELD_OUT,
) -> list[Case]:
    """Images, with the organ's label, of the patients in these parts of a training's split.

    Raises:
        HermesError: there are none, or a folder of another layout.
    """
    wanted = {patient for part in parts for patient in split[part]}
    found = []
    for source in sources:
        if source.layout == "scribbled":
            raise HermesError(
                "a calibration reads volumes or slices; write decathlon:FOLDER or slices:FOLDER"
            )
        family = source.family or str(read_table(source.folder)["name"])
        if source.layout == "slices":
            found += lone_slice_cases(source.folder, organ, wanted, family)
            continue
        for case in decathlon_cases(source.folder, organ):
            patient = patient_identity(family, case.image.name.split(".")[0])
            if patient in wanted:
                found.append(dataclasses.replace(case, patient=patient))
    if not found:
        raise HermesError("the folders hold none of the weights' held-out patients")
    return found


def train_calibration(
    preset: Preset,
    weights: str,
    sources: Sequence[TrainingDataset],
    output: Path,
    seed: int = 0,
    device_name: str = "auto",
    on_case: Callable[[int, int], None] = lambda done, total: None,
    parts: Sequence[str] = HELD_OUT,
) -> dict[str, Any]:
    """Calibrate ``weights`` (a file) for a preset and write them with the calibration, and with what they know of unfamiliar slices, to
    ``output``; returns the calibration's numbers. ``parts`` of the weights' split are judged: whoever wants to test the calibrated score
    too leaves the test patients out.

    Raises:
        HermesError: weights that do not name their patients, or too few of these in the folders.

    The masks come from refinements with all three bundled models, from corruptions, and from the truth. Beside ``output``, a ``.json``
    keeps every judged mask.
    """
    device = select_device(device_name)
    sources = [dataclasses.replace(source, scale=preset.intensity) for source in sources]
    checkpoint = load_checkpoint(Path(weights))
    quality = load_diffusion(weights, preset, device, score="raw")
    split = checkpoint.training.get("split")
    if split is None:
        raise HermesError(
            f"{Path(weights).name} does not say on which patients it was trained; no patient is known to be held out"
        )
    cases = held_out_cases(sources, preset.organ_label, split, parts)
    if (patients := len({case.patient for case in cases})) < FEWEST_PATIENTS:
        raise TooFewPatientsError(patients)
    models = [load_model(name, "bundled", device) for name in bundled_models()]
    judged = score_cases(cases, preset, quality, models, seed, device, on_case)
    calibration = fit_calibration(judged)
    config = dataclasses.replace(
        QualityConfig.from_dict(checkpoint.config), calibration=calibration, familiarity=True
    )
    familiarity = MahalanobisDistance(2 * config.image_channels[-1])
    familiarity.fit(
        _features(quality, sources, split, ("train",)), _features(quality, sources, split, parts)
    )
    known = {f"familiarity.{name}": tensor for name, tensor in familiarity.state_dict().items()}
    told = {
        "data": [source.describe() for source in sources],
        "parts": list(parts),
        "patients": sorted({one.patient for one in judged}),
        "models": {model.name: model.sha256 for model in models},
        "models_trained_on_them": _trained_on(
            {patient for part in parts for patient in split[part]}
        ),
        "seed": seed,
    }
    save_checkpoint(
        output,
        {**checkpoint.tensors, **known},
        "quality",
        config.to_dict(),
        {**checkpoint.training, "calibration": told},
    )
    write_judged(output.with_suffix(".json"), judged)
    return calibration.to_dict()


def _trained_on(patients: set[str]) -> list[str]:
    """The bundled promptable models that were trained on any of these patients."""
    splits = {name: model_checkpoint(name).training["split"] for name in bundled_models()}
    return [name for name, split in splits.items() if patients & set(split["train"])]


@torch.inference_mode()
def _features(
    quality: DiffusionQuality,
    sources: Sequence[TrainingDataset],
    split: dict[str, list[str]],
    parts: Sequence[str],
) -> torch.Tensor:
    """Pooled features (N, c) of all slices of the patients in these parts of a split."""
    wanted = {patient for part in parts for patient in split[part]}
    core = quality.core
    images = [one.image for source in sources for one in source.read() if one.patient in wanted]
    shown = [torch.from_numpy(image.astype(np.float32) / 255)[None, None] for image in images]
    return torch.cat([slice_features(core, image).cpu() for image in shown])


def write_judged(path: Path, judged: Sequence[ScoredMask]) -> None:
    """Keep judged masks as JSON, one object a mask."""
    path.write_text(
        json.dumps([dataclasses.asdict(one) for one in judged]) + "\n", encoding="utf-8"
    )
