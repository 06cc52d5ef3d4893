"""``hermes train promptable``: from folders to the weights of a small promptable model."""

from pathlib import Path
from typing import Any

import torch
from torch import nn

from HermesLib.datasets.slices import LabelledSlice
from HermesLib.datasets.training_dataset import read_datasets
from HermesLib.devices import select_device
from HermesLib.errors import HermesError
from HermesLib.research.promptable.object_sampler import ObjectSampler
from HermesLib.research.promptable.objectives import OBJECTIVES
from HermesLib.research.release.test_patients import without_test_patients
from HermesLib.training.job import TrainingJob, check_same_patients
from HermesLib.training.phantoms import labelled_phantoms
from HermesLib.training.run_folder import TrainingRun
from HermesLib.training.trainer import Trainer, TrainerSettings
from HermesLib.weights.checkpoint import load_checkpoint, save_checkpoint

#: The presets' organs are prompted more often than the others, the small scribbled set less.
FAVOUR = {"spleen": 10.0, "medscribble": 0.5, "phantom": 0.3}


def train_promptable(
    model: str,
    job: TrainingJob,
    settings: TrainerSettings,
    initial: Path | None = None,
) -> Path:
    """Train a small model on every labelled object of all sources; returns ``model.safetensors`` in ``folder``, the best of validation.

    The project's test patients are left out. ``initial`` holds weights to continue from, of the same patients.
    """
    job = without_test_patients(job)
    begun = load_checkpoint(initial) if initial else None
    if model not in OBJECTIVES:
        raise HermesError(f"unknown model '{model}'; choose {', '.join(OBJECTIVES)}")
    torch.manual_seed(settings.seed)
    task = OBJECTIVES[model]()
    slices, split = read_datasets(job.datasets, job.split, settings.seed, job.say)

    def of(patients: tuple[str, ...]) -> list[LabelledSlice]:
        chosen = set(patients)
        return [one for one in slices if one.patient in chosen]

    recorded: dict[str, Any] = {
        "model": model,
        "favour": FAVOUR,
        **job.record(split),
        **settings.to_dict(),
    }
    if begun:
        check_same_patients(initial, begun, split)
        recorded["initial"] = {"sha256": begun.sha256, "training": begun.training}
        task.network.load_state_dict(begun.tensors)
    run = TrainingRun(job.folder, recorded)
    train = ObjectSampler(of(split.train) + labelled_phantoms(settings.seed, job.phantoms), FAVOUR)
    trainer = Trainer(
        task,
        settings,
        run,
        train,
        ObjectSampler(of(split.validation), FAVOUR),
        select_device(job.device),
    )

    def keep(network: nn.Module, measured: dict[str, float]) -> None:
        save_checkpoint(
            job.output,
            network.state_dict(),
            task.kind,
            task.config(),
            {**recorded, "validation": measured},
        )
        job.save_measured(measured)

    trainer.fit(keep)
    return job.output
