"""``hermes train ensemble``: members and context networks by fold, and the weights they make up."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from HermesLib.datasets.splits import Split, describe_patients
from HermesLib.errors import HermesError
from HermesLib.presets.preset import Preset
from HermesLib.presets.registry import load_preset
from HermesLib.quality.network.member import MemberConfig
from HermesLib.training.ensemble.assemble import assemble, load_check, load_core
from HermesLib.training.ensemble.context_training import (
    ContextTraining,
    default_context_training,
    train_context,
)
from HermesLib.training.ensemble.data import (
    OrganData,
    check_folds,
    folds_of_file,
    read_organ_data,
)
from HermesLib.training.ensemble.folds import Folds, divide
from HermesLib.training.ensemble.member_training import (
    GO_ON_RATE,
    MemberTraining,
    default_training,
    member_config,
    train_member,
)
from HermesLib.training.ensemble.other_organ import OtherOrgan
from HermesLib.training.ensemble.resume import is_complete, keep_folds
from HermesLib.training.ensemble.volumes import has_volumes
from HermesLib.training.job import TrainingJob
from HermesLib.training.phantoms import phantom_volumes
from HermesLib.training.qc_settings import SliceView
from HermesLib.weights.checkpoint import load_checkpoint


@dataclass(frozen=True)
class EnsembleTraining:
    """Settings of the training of an ensemble.

    Attributes:
        folds: their number.
        fewest_folds: with fewer patients than ``folds``, as many folds as patients, but at least
            this many; None for ``folds`` in any case.
        folds_file: a JSON file of folds, in place of a seeded division.
        only: the folds that this call trains; all of them if empty.
        steps, context_steps: of each member and of each context network; 0 context steps for an
            ensemble without context networks.
        thorough: larger batches and stronger augmentation, for a GPU.
        view: what members read of a slice; as for the bundled organ of the modality if None.
        expert_in_map: share of the core's image expert in the organ map.
        input_check: weights of an input check of the same folds, which joins the ensemble.
        start: folder of an earlier training on the same folds, whose members are trained on.
        start_from: preset of another organ of the same modality, whose bundled or own ensemble's
            networks this one's start from.
        seed: of all randomness.
    """

    folds: int = 5
    fewest_folds: int | None = None
    folds_file: Path | None = None
    only: tuple[int, ...] = ()
    steps: int = 3000
    context_steps: int = 350
    thorough: bool = False
    view: SliceView | None = None
    expert_in_map: float = 0.0
    input_check: Path | None = None
    start: Path | None = None
    start_from: str | None = None
    seed: int = 0


@dataclass(frozen=True)
class _Plan:
    """The settings of all parts, the folds, and which of these are trained."""

    config: MemberConfig
    member: MemberTraining
    context: ContextTraining
    folds: Folds
    chosen: tuple[int, ...]
    start: Path | None
    other: OtherOrgan | None

    @classmethod
    def of(cls, preset: Preset, data: OrganData, settings: EnsembleTraining) -> "_Plan":
        other = None
        if settings.start_from is not None:
            other = OtherOrgan.load(load_preset(settings.start_from), preset.modality)
        folds = _folds(data, settings, other)
        config = member_config(preset, data.slices)
        seed, thorough = settings.seed, settings.thorough
        context = default_context_training(
            preset.modality, settings.context_steps, seed, thorough=thorough
        )
        if settings.view is not None:
            config = replace(config, **asdict(settings.view))
            if not config.mirror:
                context = replace(context, augmentation=replace(context.augmentation, flip=0.0))
        member = default_training(
            preset.modality, config.mirror, settings.steps, seed, thorough=thorough
        )
        if settings.start is not None or other is not None:
            member = replace(member, trainer=replace(member.trainer, rate=GO_ON_RATE))
        everything = tuple(range(len(folds)))
        if unknown := sorted(set(settings.only) - set(everything)):
            raise HermesError(f"fold {unknown[0]} does not exist; choose 0 to {everything[-1]}")
        chosen = settings.only or everything
        return cls(config, member, context, folds, chosen, settings.start, other)


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
        HermesError: too few patients, folds that do not list the data's patients, a fold that does
            not show the organ, or a folder with a training on other folds or with other settings.
    """
    if not 0 <= settings.expert_in_map <= 1:
        raise HermesError(f"a share of {settings.expert_in_map:g} in the map is not within 0 to 1")
    joined = None if core is None else load_core(core)
    check = None if settings.input_check is None else load_check(settings.input_check)
    job = job.for_organ(preset)
    data = read_organ_data(job, preset.organ_label)
    plan = _Plan.of(preset, data, settings)
    keep_folds(job.folder / "folds.json", plan.folds)
    members, contexts = _train_parts(preset, job, data, plan)
    if missing := [str(fold) for fold, path in enumerate(members) if not path.is_file()]:
        job.say(f"folds that are still missing: {', '.join(missing)}")
        return None
    record = {
        "data": [dataset.describe() for dataset in job.datasets],
        "split": Split(train=plan.folds.everyone).to_plain(),
        **({"left_out": list(data.left_out)} if data.left_out else {}),
        **({"terms": list(job.terms)} if job.terms else {}),
        **_extras(job, plan),
        "preset": preset.name,
        "organ": preset.organ_label,
        "folds": plan.folds.to_plain(),
        "steps": settings.steps,
        "context_steps": settings.context_steps,
        "thorough": settings.thorough,
        "seed": settings.seed,
    }
    output = job.folder / "ensemble.safetensors"
    assemble(
        output,
        [load_checkpoint(path) for path in members],
        [load_checkpoint(path) for path in contexts if path.is_file()],
        joined,
        record,
        settings.expert_in_map,
        check,
    )
    return output


def _train_parts(
    preset: Preset, job: TrainingJob, data: OrganData, plan: _Plan
) -> tuple[list[Path], list[Path]]:
    """Train the parts of the plan's folds that are not complete.

    Returns:
        Where the weights of all members and of all context networks are or will be; no context
        networks if the data or the settings allow none.
    """
    folds = plan.folds
    seed = plan.member.trainer.seed
    recorded = {"seed": seed, **_extras(job, plan)}
    phantoms = phantom_volumes(seed, job.phantoms, preset.intensity)
    members = [job.folder / f"member{k}" / "member.safetensors" for k in range(len(folds))]
    contexts = [job.folder / f"context{k}" / "context.safetensors" for k in range(len(folds))]
    if not plan.context.steps:
        contexts = []
    elif not all(
        has_volumes(data.slices, preset.organ_label, folds.training(k)) for k in range(len(folds))
    ):
        job.say("no context networks: a fold leaves fewer than two whole volumes to learn from")
        contexts = []
    expected: dict[str, Any] = {
        "preset": preset.name,
        "organ": preset.organ_label,
        "folds": folds.to_plain(),
        "seed": seed,
        "phantoms": job.phantoms or None,
        "other_organ": plan.other and plan.other.record(),
    }
    for done, fold in enumerate(plan.chosen):
        if not is_complete(
            members[fold], {**expected, **plan.member.to_dict(), "config": plan.config.to_dict()}
        ):
            job.say(
                f"member of fold {fold} ({done + 1} of {len(plan.chosen)}), trained on "
                f"{describe_patients(folds.training(fold))}"
            )
            train_member(
                preset,
                data.slices,
                folds,
                fold,
                plan.config,
                plan.member,
                members[fold].parent,
                job.device,
                recorded,
                plan.start and plan.start / f"member{fold}" / "member.safetensors",
                phantoms,
                plan.other,
            )
        if contexts and not is_complete(contexts[fold], {**expected, **asdict(plan.context)}):
            job.say(f"context network of fold {fold} ({done + 1} of {len(plan.chosen)})")
            train_context(
                preset,
                data.slices,
                folds,
                fold,
                plan.context,
                contexts[fold].parent,
                job.device,
                recorded,
                phantoms,
                plan.other,
            )
    return members, contexts


def _extras(job: TrainingJob, plan: _Plan) -> dict[str, Any]:
    """What a record says of phantoms and of another organ; nothing without any."""
    record: dict[str, Any] = {"phantoms": job.phantoms} if job.phantoms else {}
    if plan.other is not None:
        record["other_organ"] = plan.other.record()
    return record


def _folds(data: OrganData, settings: EnsembleTraining, other: OtherOrgan | None) -> Folds:
    """The folds of a file, or a seeded division.

    Raises:
        HermesError: too few patients, folds that do not list the data's patients, or in which a
            network would judge a patient that it has seen, or a fold that does not show the organ.
    """
    sizes = data.sizes()
    if settings.folds_file is not None:
        folds = folds_of_file(settings.folds_file, sizes)
    else:
        count = settings.folds
        if settings.fewest_folds is not None:
            count = max(min(count, len(sizes)), settings.fewest_folds)
        known = None if other is None else other.known_folds(sorted(sizes), count)
        folds = divide(sizes, count, sizes, settings.seed, known)
    if other is not None:
        other.check_folds(folds)
    check_folds(folds, data)
    return folds
