"""Calibrate an ensemble on what its members say of the patients that they were not trained on."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from HermesLib.datasets.training_dataset import TrainingDataset
from HermesLib.devices import select_device
from HermesLib.errors import HermesError
from HermesLib.evaluation.cases import Case, dataset_cases
from HermesLib.metrics.guarantee import guaranteed_level
from HermesLib.models.registry import bundled_models, load_model
from HermesLib.presets.preset import Preset
from HermesLib.quality.evidence import EnsembleEvidence, PresenceModel
from HermesLib.quality.network.config import QualityConfig
from HermesLib.quality.presence import PresenceRule, contiguous_presence
from HermesLib.quality.registry import load_diffusion
from HermesLib.training.calibration_fit import FEWEST_PATIENTS, TooFewPatientsError
from HermesLib.training.ensemble.evidence_fit import COVERAGE, fit_evidence, fit_presence_model
from HermesLib.training.ensemble.folds import Folds
from HermesLib.training.ensemble.out_of_fold import (
    MaskEvidence,
    MaskSelection,
    SliceEvidence,
    mask_evidence,
    read_out_of_fold,
)
from HermesLib.training.presence_fit import VolumeEvidence, fit_presence
from HermesLib.weights.checkpoint import load_checkpoint, save_checkpoint


def calibrate_out_of_fold(
    preset: Preset,
    weights: Path,
    datasets: Sequence[TrainingDataset],
    output: Path,
    *,
    seed: int = 0,
    device_name: str = "auto",
    on_case: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Write weights to ``output`` with presence, score and intervals fitted out of fold.

    A ``.json`` beside ``output`` keeps the evidence of every slice and mask.

    Args:
        preset: organ and intensities.
        weights: a QC core with an ensemble.
        datasets: the folders that it was trained on.
        output: the file to write.
        seed: of all randomness.
        device_name: ``auto``, ``cpu`` or ``cuda``.
        on_case: called with the steps done and their total, two for each case.

    Returns:
        What the checkpoint records of the calibration.

    Raises:
        HermesError: weights without an ensemble, or folders with too few of its patients.
    """
    checkpoint = load_checkpoint(weights)
    if "folds" not in checkpoint.training:
        raise HermesError(f"{weights.name} has no ensemble; its patients are not in folds")
    folds = Folds.from_plain(checkpoint.training["folds"])
    cases = fold_cases(datasets, preset.organ_label, folds)
    if (count := len({case.identity for case in cases})) < FEWEST_PATIENTS:
        raise TooFewPatientsError(count)
    device = select_device(device_name)
    quality = load_diffusion(str(weights), preset, device, score="raw")
    total = 2 * len(cases)
    slices, findings = read_out_of_fold(
        cases, preset, quality, lambda done, _: on_case(done, total)
    )
    presence = {k: fit_presence_model(_without(slices, folds, k)) for k in range(len(folds))}
    volumes = _volume_evidence(cases, slices, [len(found) for found in findings], presence, folds)
    fitted = fit_presence(volumes, PresenceRule())
    models = [load_model(name, "bundled", device) for name in bundled_models()]
    selection = MaskSelection(seed=seed)
    masks: list[MaskEvidence] = []
    for number, (case, found, volume) in enumerate(zip(cases, findings, volumes, strict=True)):
        present = contiguous_presence(volume.log_odds, fitted.rule.weight)
        masks += mask_evidence(case, preset, quality, found, present, models, selection, device)
        on_case(len(cases) + number + 1, total)
    config = replace(
        QualityConfig.from_dict(checkpoint.config),
        presence_rule=fitted.rule,
        evidence=fit_evidence(slices, masks),
        evidence_without=tuple(
            fit_evidence(_without(slices, folds, k), _without(masks, folds, k))
            for k in range(len(folds))
        ),
    )
    record = _record(config.evidence, masks, fitted.record, {m.name: m.sha256 for m in models})
    record["seed"] = seed
    training = {**checkpoint.training, "calibration": record}
    save_checkpoint(output, checkpoint.tensors, "quality", config.to_dict(), training)
    kept = {"slices": [asdict(item) for item in slices], "masks": [asdict(item) for item in masks]}
    output.with_suffix(".json").write_text(json.dumps(kept) + "\n", encoding="utf-8")
    return record


def fold_cases(datasets: Sequence[TrainingDataset], organ: str, folds: Folds) -> list[Case]:
    """The images of folders whose patient is in a fold; errors as of :func:`organ_cases`."""
    everyone = organ_cases(datasets, organ)
    return [case for case in everyone if folds.fold_of(case.identity) is not None]


def organ_cases(datasets: Sequence[TrainingDataset], organ: str) -> list[Case]:
    """The labelled images of folders.

    Raises:
        HermesError: a folder of another layout.
    """
    return [case for dataset in datasets for case in dataset_cases(dataset, organ)]


def _without(items: "Sequence[Any]", folds: Folds, fold: int) -> "list[Any]":
    """Evidence of the patients of all other folds."""
    return [item for item in items if folds.fold_of(item.patient) != fold]


def _volume_evidence(
    cases: Sequence[Case],
    slices: Sequence[SliceEvidence],
    counts: Sequence[int],
    presence: dict[int, PresenceModel],
    folds: Folds,
) -> list[VolumeEvidence]:
    """Log odds of every case's slices by the model that was fitted without its fold.

    Args:
        cases: in the order in which they were read. Two of a patient may have the same file name.
        slices: of all cases, in that order.
        counts: slices of each case.
        presence: models by the fold that they were fitted without.
        folds: of the patients.
    """
    volumes = []
    first = 0
    for case, count in zip(cases, counts, strict=True):
        own = slices[first : first + count]
        first += count
        fold = folds.fold_of(case.identity)
        assert fold is not None
        log_odds = [_log_odds(presence[fold], item) for item in own]
        present = np.array([item.present for item in own])
        volumes.append(VolumeEvidence(case.identity, np.array(log_odds), present))
    return volumes


def _log_odds(model: PresenceModel, item: SliceEvidence) -> float:
    linear = model.alone if not item.context or model.in_volume is None else model.in_volume
    return linear.bias + sum(w * item.features[name] for name, w in linear.weights.items())


def _record(
    evidence: EnsembleEvidence | None,
    masks: Sequence[MaskEvidence],
    presence: Any,
    models: dict[str, str],
) -> dict[str, Any]:
    assert evidence is not None
    patients = sorted({mask.patient for mask in masks})
    return {
        "out_of_fold": True,
        "patients": patients,
        "coverage": COVERAGE,
        "guaranteed": guaranteed_level(len(patients)),
        "models": models,
        "presence_rule": presence,
        "masks": len(masks),
    }
