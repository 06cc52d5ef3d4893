"""``hermes train ensemble``: members and context networks by fold, and the weights they make up."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from HermesLib.datasets.slices import LabelledSlice
from HermesLib.datasets.splits import Split
from HermesLib.errors import HermesError
from HermesLib.presets.preset import Preset
from HermesLib.quality.network.config import QualityConfig
from HermesLib.quality.network.context import ContextConfig
from HermesLib.quality.network.ensemble import EnsembleConfig
from HermesLib.quality.network.member import MemberConfig
from HermesLib.training.ensemble.context_training import default_context_training, train_context
from HermesLib.training.ensemble.folds import Folds, divide, read_folds
from HermesLib.training.ensemble.member_training import (
    default_training,
    member_config,
    train_member,
)
from HermesLib.training.job import TrainingJob
from HermesLib.weights.checkpoint import Checkpoint, load_checkpoint, save_checkpoint


@dataclass(frozen=True)
class EnsembleTraining:
    """Settings of the training of an ensemble.

    Attributes:
        folds: their number.
        folds_file: a JSON file of folds, in place of a seeded division.
        only: the folds that this call trains; all of them if empty.
        steps, context_steps: of each member and of each context network; 0 context steps for an
            ensemble without context networks.
        seed: of all randomness.
    """

    folds: int = 5
    folds_file: Path | None = None
    only: tuple[int, ...] = ()
    steps: int = 3000
    context_steps: int = 350
    seed: int = 0


def train_ensemble(
    preset: Preset,
    job: TrainingJob,
    settings: EnsembleTraining,
    core: Path | None = None,
) -> Path | None:
    """Train what is left of an ensemble, and assemble it.

    Every part has a sub-folder (``member0``, ``context0``, ...). A part that is complete is not
    trained again, and one that was interrupted goes on, so that the same call resumes.

    Args:
        preset: organ, modality and intensities.
        job: data and folder.
        settings: of the training.
        core: weights of a QC core that the ensemble joins; without them the ensemble stands alone.

    Returns:
        ``ensemble.safetensors``; None while folds are missing that this call was not to train.

    Raises:
        HermesError: too few patients, folds that do not list the data's patients, or a fold that
            does not show the organ.
    """
    job = job.with_datasets(scale=preset.intensity)
    slices = labelled_slices(job, preset.organ_label)
    folds = _folds(slices, preset.organ_label, settings)
    config = member_config(preset, slices)
    training = default_training(preset.modality, config.mirror, settings.steps, settings.seed)
    context = default_context_training(preset.modality, settings.context_steps, settings.seed)
    recorded = {"seed": settings.seed}
    chosen = settings.only or tuple(range(len(folds)))
    for fold in chosen:
        if not 0 <= fold < len(folds):
            raise HermesError(f"there is no fold {fold}; choose 0 to {len(folds) - 1}")
        if not _member(job.folder, fold).is_file():
            job.say(f"member {fold + 1} of {len(folds)}: {len(folds.training(fold))} patients")
            folder = _member(job.folder, fold).parent
            train_member(
                preset, slices, folds, fold, config, training, folder, job.device, recorded
            )
        if settings.context_steps and not _context(job.folder, fold).is_file():
            job.say(f"context network {fold + 1} of {len(folds)}")
            folder = _context(job.folder, fold).parent
            if not train_context(
                preset, slices, folds, fold, context, folder, job.device, recorded
            ):
                job.say("too few whole volumes for a context network")
    members = [_member(job.folder, fold) for fold in range(len(folds))]
    if missing := [fold for fold, path in enumerate(members) if not path.is_file()]:
        job.say(f"folds that are still missing: {', '.join(map(str, missing))}")
        return None
    contexts = [_context(job.folder, fold) for fold in range(len(folds))]
    record = {
        "data": [dataset.describe() for dataset in job.datasets],
        "split": Split(train=folds.everyone).to_plain(),
        **({"terms": list(job.terms)} if job.terms else {}),
        "preset": preset.name,
        "organ": preset.organ_label,
        "folds": folds.to_plain(),
        "steps": settings.steps,
        "context_steps": settings.context_steps,
        "seed": settings.seed,
    }
    output = job.folder / "ensemble.safetensors"
    assemble(
        output,
        [load_checkpoint(path) for path in members],
        [load_checkpoint(path) for path in contexts if path.is_file()],
        None if core is None else load_checkpoint(core),
        record,
    )
    return output


def labelled_slices(job: TrainingJob, organ: str) -> list[LabelledSlice]:
    """The slices of a job's folders that label the organ; patients left out are not read.

    Raises:
        HermesError: there are none.
    """
    slices = [
        item
        for dataset in job.datasets
        for item in dataset.read(lambda patient: not job.split.leaves_out(patient))
        if item.organ(organ) is not None
    ]
    if not slices:
        raise HermesError(f"the training folders hold no slice on which '{organ}' is labelled")
    return slices


def _folds(slices: Sequence[LabelledSlice], organ: str, settings: EnsembleTraining) -> Folds:
    """The folds of a file, or a seeded division.

    Raises:
        HermesError: a file with other patients than the data, or too few patients.
    """
    sizes: dict[str, int] = {}
    for item in slices:
        mask = item.organ(organ)
        sizes[item.patient] = sizes.get(item.patient, 0) + int(mask is not None and mask.any())
    if settings.folds_file is None:
        return divide(sizes, settings.folds, sizes, settings.seed)
    folds = read_folds(settings.folds_file)
    if unknown := sorted(set(folds.everyone) - set(sizes)):
        raise HermesError(f"the folds list patients that are not in the data: {', '.join(unknown)}")
    if unlisted := sorted(set(sizes) - set(folds.everyone)):
        raise HermesError(
            f"the folds do not list {', '.join(unlisted)}; add these patients or leave them out"
        )
    return folds


def assemble(
    output: Path,
    members: Sequence[Checkpoint],
    contexts: Sequence[Checkpoint],
    core: Checkpoint | None,
    record: dict[str, Any],
) -> None:
    """Write the weights of a QC core with an ensemble.

    Args:
        output: the file.
        members, contexts: one each for every fold; without context networks for all folds, the
            ensemble has none.
        core: the weights that the ensemble joins; None for an ensemble alone.
        record: of the training.
    """
    with_context = len(contexts) == len(members)
    ensemble = EnsembleConfig(
        MemberConfig.from_dict(members[0].config),
        len(members),
        ContextConfig.from_dict(contexts[0].config) if with_context else None,
    )
    tensors = {} if core is None else dict(core.tensors)
    for fold, member in enumerate(members):
        tensors |= {f"ensemble.members.{fold}.{name}": t for name, t in member.tensors.items()}
    for fold, context in enumerate(contexts if with_context else ()):
        tensors |= {f"ensemble.contexts.{fold}.{name}": t for name, t in context.tensors.items()}
    # The organ map of the ensemble is the pGT: the sample's share is chosen afterwards.
    if core is None:
        config = QualityConfig(generative=False, expert_share=1.0, ensemble=ensemble)
        training = record
    else:
        joined = replace(QualityConfig.from_dict(core.config), ensemble=ensemble)
        config = replace(joined, expert_share=1.0, through_plane=0.0)
        training = {**record, "core": {"sha256": core.sha256, "training": core.training}}
    save_checkpoint(output, tensors, "quality", config.to_dict(), training)


def _member(folder: Path, fold: int) -> Path:
    return folder / f"member{fold}" / "member.safetensors"


def _context(folder: Path, fold: int) -> Path:
    return folder / f"context{fold}" / "context.safetensors"
