"""``hermes train promptable``: from folders to the weights of a small promptable model."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from HermesLib.checkpoints import load_checkpoint, save_checkpoint
from HermesLib.data.slices import LabelledSlice, patients_of
from HermesLib.data.splits import Split, split_as
from HermesLib.devices import select_device
from HermesLib.errors import HermesError
from HermesLib.training.phantoms import labelled_phantoms
from HermesLib.training.promptable import PromptableTrainer, PromptableTraining
from HermesLib.training.promptable_pool import ObjectPool
from HermesLib.training.run import TrainingRun
from HermesLib.training.sources import Source, read_sources
from HermesLib.training.tasks import TASKS

#: The presets' organs are prompted more often than the others, the small scribbled set less.
FAVOUR = {"spleen": 10.0, "medscribble": 0.5, "phantom": 0.3}


def train_promptable(
    model: str,
    sources: Sequence[Source],
    folder: Path,
    settings: PromptableTraining,
    phantoms: int = 0,
    validation: float = 0.1,
    test: float = 0.1,
    device_name: str = "auto",
    initial: Path | None = None,
    split_of: Sequence[Path] = (),
) -> Path:
    """Train a small model on every labelled object of all sources; returns ``model.safetensors`` in ``folder``, the best of validation.

    ``split_of`` names weights whose held-out patients are held out here too, in place of the shares ``validation`` and ``test``: so
    a quality control can be calibrated on masks of patients that neither of them has seen.
    """
    begun = load_checkpoint(initial) if initial else None
    if model not in TASKS:
        raise HermesError(f"unknown model '{model}'; choose {', '.join(TASKS)}")
    torch.manual_seed(settings.seed)
    task = TASKS[model]()
    slices, split = read_sources(sources, settings.seed, validation, test)
    if split_of:
        split = split_as(patients_of(slices), [_split_of(path) for path in split_of])
        if not split.train or not split.validation:
            raise HermesError("with the split of these weights nobody is left to train or to validate")

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
            raise HermesError(f"{initial} was trained on other patients; training on would blur who is a test patient")
        recorded["initial"] = {"sha256": begun.sha256, "training": begun.training}
        task.network.load_state_dict(begun.tensors)
    run = TrainingRun(folder, recorded)
    train = ObjectPool(of(split.train) + labelled_phantoms(settings.seed, phantoms), FAVOUR)
    trainer = PromptableTrainer(task, settings, run, train, ObjectPool(of(split.validation), FAVOUR), select_device(device_name))
    output = folder / "model.safetensors"

    def keep(network: nn.Module, measured: dict[str, float]) -> None:
        save_checkpoint(output, network.state_dict(), task.kind, task.config(), {**recorded, "validation": measured})
        (folder / "best.json").write_text(json.dumps(measured, indent=1), encoding="utf-8")

    trainer.fit(keep)
    return output


def _split_of(path: Path) -> Split:
    """Who trained, validated and tested the weights in a file."""
    told = load_checkpoint(path).training.get("split")
    if told is None:
        raise HermesError(f"{path.name} does not say on which patients it was trained")
    return Split(*(tuple(told[part]) for part in ("train", "validation", "test")))
