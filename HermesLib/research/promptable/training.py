"""Training of a small promptable model."""

import dataclasses
from pathlib import Path
from typing import Any

import torch
from torch import nn

from HermesLib.errors import HermesError
from HermesLib.research.promptable.object_sampler import ObjectSampler
from HermesLib.research.promptable.objectives import OBJECTIVES
from HermesLib.research.release.test_patients import without_test_patients
from HermesLib.training.job import TrainingJob, check_same_patients
from HermesLib.training.phantoms import labelled_phantoms
from HermesLib.training.processes import Processes, training_processes
from HermesLib.training.run_folder import TrainingRun
from HermesLib.training.trainer import Trainer, TrainerSettings
from HermesLib.weights.checkpoint import load_checkpoint, save_checkpoint

#: Weights of objects and data sets in training: more for an organ of a preset, less for the small
#: scribbled set and for phantoms.
FAVOUR = {"spleen": 10.0, "medscribble": 0.5, "phantom": 0.3}


def train_promptable(
    model: str,
    job: TrainingJob,
    settings: TrainerSettings,
    initial: Path | None = None,
) -> Path:
    """Train a small model on every labelled object, without the project's test patients.

    Args:
        model: its name.
        job: data, split, folder.
        settings: of the trainer.
        initial: weights to continue from, trained on the same patients.

    Returns:
        ``model.safetensors`` in the job's folder: the weights with the best validation.

    Raises:
        HermesError: an unknown model, or initial weights of other patients.
    """
    if model not in OBJECTIVES:
        raise HermesError(f"unknown model '{model}'; choose {', '.join(OBJECTIVES)}")
    with training_processes(job.folder, job.device) as (processes, device):
        if not processes.first:
            job = dataclasses.replace(job, say=lambda line: None)
        return _train(model, job, settings, initial, processes, device)


def _train(
    model: str,
    job: TrainingJob,
    settings: TrainerSettings,
    initial: Path | None,
    processes: Processes,
    device: torch.device,
) -> Path:
    job = without_test_patients(job)
    torch.manual_seed(settings.seed)
    objective = OBJECTIVES[model]()
    data = job.read(settings.seed)
    slices = data.slices
    split = data.split
    record: dict[str, Any] = {
        "model": model,
        "favour": FAVOUR,
        **job.record(data),
        **settings.to_dict(),
        **processes.record(),
    }
    if initial is not None:
        earlier = load_checkpoint(initial)
        check_same_patients(initial, earlier, split)
        record["initial"] = {"sha256": earlier.sha256, "training": earlier.training}
        objective.network.load_state_dict(earlier.tensors)

    def sampler(patients: tuple[str, ...], phantoms: int = 0) -> ObjectSampler:
        labelled = [slice_ for slice_ in slices if slice_.patient in patients]
        return ObjectSampler(labelled + labelled_phantoms(settings.seed, phantoms), FAVOUR)

    def save(network: nn.Module, measured: dict[str, float]) -> None:
        training = {**record, "validation": measured}
        config = objective.config()
        save_checkpoint(job.output, network.state_dict(), objective.kind, config, training)
        job.save_measured(measured)

    run = TrainingRun(job.folder, record, processes)
    train = sampler(split.train, job.phantoms)
    validation = sampler(split.validation)
    Trainer(objective, settings, run, train, validation, device).fit(save)
    return job.output
