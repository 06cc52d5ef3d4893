"""``hermes train promptable``: from folders to the weights of a small promptable model."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from HermesLib.datasets.slices import LabelledSlice
from HermesLib.datasets.training_dataset import TrainingDataset, read_datasets
from HermesLib.devices import select_device
from HermesLib.errors import HermesError
from HermesLib.research.promptable.object_sampler import ObjectSampler
from HermesLib.research.promptable.objectives import OBJECTIVES
from HermesLib.training.phantoms import labelled_phantoms
from HermesLib.training.run_folder import TrainingRun
from HermesLib.training.trainer import Trainer, TrainerSettings
from HermesLib.weights.checkpoint import load_checkpoint, save_checkpoint

#: The presets' organs are prompted more often than the others, the small scribbled set less.
FAVOUR = {"spleen": 10.0, "medscribble": 0.5, "phantom": 0.3}


def train_promptable(
    model: str,
    sources: Sequence[TrainingDataset],
    folder: Path,
    settings: TrainerSettings,
    phantoms: int = 0,
    validation: float = 0.1,
    test: float = 0.1,
    device_name: str = "auto",
    initial: Path | None = None,
    split_of: Sequence[Path] = (),
) -> Path:
    """Train a small model on every labelled object of all sources; returns ``model.safetensors`` in ``folder``, the best of validation.

    ``split_of`` as in :func:`HermesLib.datasets.training_dataset.read_datasets`: so a quality control can be calibrated on masks of patients that
    neither of them has seen.
    """
    begun = load_checkpoint(initial) if initial else None
    if model not in OBJECTIVES:
        raise HermesError(f"unknown model '{model}'; choose {', '.join(OBJECTIVES)}")
    torch.manual_seed(settings.seed)
    task = OBJECTIVES[model]()
    slices, split = read_datasets(sources, settings.seed, validation, test, split_of)

    def of(patients: tuple[str, ...]) -> list[LabelledSlice]:
        chosen = set(patients)
        return [one for one in slices if one.patient in chosen]

    recorded: dict[str, Any] = {
        "model": model,
        "data": [source.describe() for source in sources],
        "phantoms": phantoms,
        "favour": FAVOUR,
        "split": dataclasses.asdict(split),
        **settings.to_dict(),
    }
    if begun:
        if begun.training.get("split") != json.loads(json.dumps(recorded["split"])):
            raise HermesError(
                f"{initial} was trained on other patients; training on would blur who is a test patient"
            )
        recorded["initial"] = {"sha256": begun.sha256, "training": begun.training}
        task.network.load_state_dict(begun.tensors)
    run = TrainingRun(folder, recorded)
    train = ObjectSampler(of(split.train) + labelled_phantoms(settings.seed, phantoms), FAVOUR)
    trainer = Trainer(
        task,
        settings,
        run,
        train,
        ObjectSampler(of(split.validation), FAVOUR),
        select_device(device_name),
    )
    output = folder / "model.safetensors"

    def keep(network: nn.Module, measured: dict[str, float]) -> None:
        save_checkpoint(
            output,
            network.state_dict(),
            task.kind,
            task.config(),
            {**recorded, "validation": measured},
        )
        (folder / "best.json").write_text(json.dumps(measured, indent=1), encoding="utf-8")

    trainer.fit(keep)
    return output
