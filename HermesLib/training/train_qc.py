"""``hermes train quality``: from folders to the weights of a QC core."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from HermesLib.datasets.slices import LabelledSlice
from HermesLib.datasets.splits import Split
from HermesLib.errors import HermesError
from HermesLib.models.registry import bundled_models, load_model
from HermesLib.presets.preset import Preset
from HermesLib.quality.network.config import QualityConfig
from HermesLib.quality.network.core import QualityCore
from HermesLib.quality.protocol import QualityControl
from HermesLib.quality.registry import load_diffusion
from HermesLib.training.job import TrainingJob, check_same_patients
from HermesLib.training.phantoms import labelled_phantoms
from HermesLib.training.processes import Processes, training_processes, wait_for_all
from HermesLib.training.pseudo_labels import label_slices
from HermesLib.training.qc_settings import (
    CT,
    QualityTraining,
    SliceView,
    default_augmentation,
    default_view,
)
from HermesLib.training.qc_trainer import QualityTrainer
from HermesLib.training.refined_masks import (
    draw_refined_masks,
    load_refined_masks,
    save_refined_masks,
)
from HermesLib.training.run_folder import TrainingRun
from HermesLib.training.slice_sampler import AnySlice, SliceSampler, sampled_slices
from HermesLib.weights.checkpoint import Checkpoint, load_checkpoint, save_checkpoint


@dataclasses.dataclass(frozen=True)
class EarlierWeights:
    """Weights, of the same training patients, that a training builds on.

    Attributes:
        initial: weights to continue from: only the third stage is trained. They also guide the
            refinement that ``refined_share`` of the settings asks for.
        teacher: weights that label the slices without a label.
    """

    initial: Path | None = None
    teacher: Path | None = None


def train_quality(
    preset: Preset,
    job: TrainingJob,
    settings: QualityTraining,
    view: SliceView | None = None,
    earlier: EarlierWeights | None = None,
) -> Path:
    """Train a QC core; returns ``model.safetensors``, the weights with the best validation.

    Args:
        preset: organ, modality and intensities.
        job: data and folder. A run in a folder with a saved state is resumed.
        settings: of the training; the augmentation is the modality's.
        view: what the network reads of a slice; :func:`default_view` of the modality if None.
        earlier: weights to build on. The checkpoint records them by SHA-256.

    Raises:
        HermesError: no slices with the organ, other patients than the earlier weights', or a
            folder that holds another training; a batch that the processes cannot share.
    """
    with training_processes(job.folder, job.device) as (processes, device):
        if not processes.first:
            job = dataclasses.replace(job, say=lambda line: None)
        return _train(preset, job, settings, view, earlier or EarlierWeights(), processes, device)


def _train(
    preset: Preset,
    job: TrainingJob,
    settings: QualityTraining,
    view: SliceView | None,
    earlier: EarlierWeights,
    processes: Processes,
    device: torch.device,
) -> Path:
    view = view or default_view(preset.modality)
    settings = dataclasses.replace(
        settings, augmentation=default_augmentation(preset.modality, view.mirror)
    )
    job = job.for_organ(preset)
    initial = load_checkpoint(earlier.initial) if earlier.initial else None
    teacher = load_checkpoint(earlier.teacher) if earlier.teacher else None
    if initial:
        settings = dataclasses.replace(settings, autoencoder_steps=0, expert_steps=0)
    elif settings.refined_share > 0:
        raise HermesError("refined masks need a QC core to guide them; name it with --initial")
    organ = preset.organ_label
    data = job.read(settings.seed)
    slices = data.slices
    split = data.split
    check_organ(slices, split, organ)
    recorded: dict[str, Any] = {
        "preset": preset.name,
        "organ": organ,
        "view": dataclasses.asdict(view),
        **job.record(data),
        **settings.to_dict(),
        **processes.record(),
    }
    _record_earlier(recorded, "initial", earlier.initial, initial, split)
    _record_earlier(recorded, "teacher", earlier.teacher, teacher, split)
    run = TrainingRun(job.folder, recorded, processes)

    def of(patients: Sequence[str]) -> list[LabelledSlice]:
        return [item for item in slices if item.patient in patients]

    def sampled(
        chosen: list[LabelledSlice], refined: dict[LabelledSlice, np.ndarray] | None = None
    ) -> list[AnySlice]:
        return sampled_slices(chosen, organ, view.field, view.neighbours, refined)

    refined = None
    if earlier.initial and settings.refined_share > 0:
        guide = load_diffusion(str(earlier.initial), preset, device)
        refined = _refined_masks(run, of(split.train), organ, guide, settings.seed, device)
    train = sampled(of(split.train), refined)
    if job.phantoms:
        train += sampled(labelled_phantoms(settings.seed, job.phantoms))
    if earlier.teacher:
        quality = load_diffusion(str(earlier.teacher), preset, device)
        train += sampled(label_slices(slices, quality, organ, settings.seed))
    config = QualityConfig(
        grid=view.grid,
        field=view.field,
        neighbours=view.neighbours,
        standardise=preset.modality != CT,
        mirror=view.mirror,
    )
    validation = SliceSampler(sampled(of(split.validation)))
    trainer = QualityTrainer(config, settings, run, SliceSampler(train), validation, device)
    if initial:
        trainer.start_from(initial.tensors)

    def keep(core: QualityCore, measured: dict[str, float]) -> None:
        training = {**recorded, "validation": measured}
        save_checkpoint(job.output, core.state_dict(), "quality", config.to_dict(), training)
        job.save_measured(measured)

    trainer.fit(keep)
    return job.output


def check_organ(slices: Sequence[LabelledSlice], split: Split, organ: str) -> None:
    """Refuse a split whose training or validation patients do not show the organ.

    Raises:
        HermesError: with the part and the number of its patients.
    """
    for part, patients in (("training", split.train), ("validation", split.validation)):
        masks = (item.organ(organ) for item in slices if item.patient in patients)
        if not any(mask is not None and mask.any() for mask in masks):
            raise HermesError(
                f"no slice of the {part} patients shows '{organ}' ({len(patients)} patients); "
                "use more patients or another split"
            )


def _record_earlier(
    recorded: dict[str, Any],
    role: str,
    path: Path | None,
    checkpoint: Checkpoint | None,
    split: Split,
) -> None:
    if checkpoint is not None:
        check_same_patients(path, checkpoint, split)
        recorded[role] = {"sha256": checkpoint.sha256, "training": checkpoint.training}


def _refined_masks(
    run: TrainingRun,
    slices: list[LabelledSlice],
    organ: str,
    guide: QualityControl,
    seed: int,
    device: torch.device,
) -> dict[LabelledSlice, np.ndarray]:
    """Masks along refinements of the slices, made once a run; a resumed run reads them."""
    path = run.folder / "refined.npz"
    if run.processes.first and not path.is_file():
        models = [load_model(name, device=device) for name in bundled_models()]
        masks = draw_refined_masks(
            slices, organ, guide, models, seed, device, lambda *done: run.report("refined", *done)
        )
        save_refined_masks(path, slices, masks)
    wait_for_all()
    return load_refined_masks(path, slices)
