"""``hermes train organ``: cross-fit, calibrate and measure an organ's QC, and write its preset."""

import dataclasses
import glob
from collections.abc import Callable
from pathlib import Path
from typing import Any

from HermesLib.datasets.splits import describe_patients, merge_splits, read_split
from HermesLib.errors import HermesError
from HermesLib.presets.preset import Preset
from HermesLib.training.calibration_fit import TooFewPatientsError
from HermesLib.training.ensemble.calibrate import (
    calibrate_out_of_fold,
    fold_cases,
    organ_cases,
)
from HermesLib.training.ensemble.folds import Folds
from HermesLib.training.ensemble.train_ensemble import EnsembleTraining, train_ensemble
from HermesLib.training.job import TrainingJob
from HermesLib.training.organ_figures import Measurement, counter, measure, publish_organ
from HermesLib.training.organ_preset import PresetOptions, propose_preset
from HermesLib.training.qc_settings import CT, SliceView
from HermesLib.weights.card import QUALITY_LIMITS, CardText
from HermesLib.weights.checkpoint import load_checkpoint

#: With fewer patients than this there are no folds to speak of.
FEWEST_FOLDS = 3
_LIMITS = (
    f"{QUALITY_LIMITS} Does not tell whether a slice is unlike those of the training patients "
    "(out-of-distribution), so that no slice is marked as unfamiliar."
)


def organ_view(modality: str) -> SliceView:
    """What the members of a user's organ read, unless the user says more.

    An organ may lie anywhere on the slice and on one side of the body, so that neither its centre
    alone nor a flip is plausible.
    """
    return SliceView(field="body" if modality == CT else "slice", neighbours=1, mirror=False)


def train_organ(
    job: TrainingJob,
    options: PresetOptions,
    settings: EnsembleTraining,
    view: Callable[[Preset], SliceView],
    command: str,
) -> Path:
    """Make a preset of an organ in the job's folder; returns its ``.json`` for ``--preset``.

    All patients train, each of them in all folds but one. What the members that have not seen a
    patient say of it calibrates the score and makes the figures, so that none is lost to a
    validation or a test. Weights, their card and the figures are written beside the preset. The
    same call resumes a training that was interrupted.

    Args:
        job: data and the folder of the preset. Patients that a split of its data lists as test are
            left out.
        options: what the data do not say of the organ.
        settings: of the training; its view is replaced.
        view: what the members read of a slice, given the preset.
        command: the command line, for the card.

    Raises:
        HermesError: no such organ, too few patients, a split that names a test patient whom the
            data do not hold, a fold without the organ, or a folder with another training.
    """
    if settings.folds < FEWEST_FOLDS:
        raise HermesError(f"{settings.folds} folds are too few; choose {FEWEST_FOLDS} or more")
    preset = propose_preset(job.datasets, options)
    job = _without_test_part(job, preset.organ_label)
    job.say(f"training '{preset.name}' ({preset.title})")
    inner = dataclasses.replace(job, folder=job.folder / "training")
    settings = dataclasses.replace(settings, fewest_folds=FEWEST_FOLDS, view=view(preset))
    trained = train_ensemble(preset, inner, settings)
    assert trained is not None, "all folds were trained"
    fitted = _fit(preset, inner, trained, settings.seed)
    folds = Folds.from_plain(load_checkpoint(trained).training["folds"])

    def figures_of(written: Preset) -> dict[str, dict[str, Any]]:
        job.say(f"measuring {len(folds.everyone)} patients, out of fold")
        cases = [
            dataclasses.replace(case, patient=case.identity)
            for case in fold_cases(job.datasets, preset.organ_label, folds)
        ]
        how = Measurement("out of fold", True, settings.seed, job.device, job.say)
        return measure(written, cases, how)

    text = CardText(f"QC ensemble, {preset.title}", command, limits=_LIMITS)
    return publish_organ(preset, job.folder, fitted, text, figures_of)


def _without_test_part(job: TrainingJob, organ: str) -> TrainingJob:
    """The job without the patients that its split file or those of its folders list as test.

    Raises:
        HermesError: a test patient whom the data do not hold. With a wrong name in the split, the
            patient that was meant would train.
    """
    if job.split.file is not None:
        splits = [read_split(job.split.file)]
    else:
        splits = [split for item in job.datasets if (split := item.own_split())]
    listed = merge_splits(splits)
    everyone = {case.identity for case in organ_cases(job.datasets, organ)}
    if unknown := sorted(set(listed.test) - everyone):
        raise HermesError(
            f"the split lists {', '.join(unknown)} as test, but the data hold no such patient; "
            f"they hold {describe_patients(everyone)}"
        )
    others = {
        patient
        for patient in everyone - {*listed.train, *listed.test}
        if not job.split.leaves_out(patient)
    }
    if others and (listed.train or listed.validation):
        job.say(
            "these train on folds, too, though the split does not list them under train: "
            f"{describe_patients(others)}"
        )
    if not listed.test:
        return job
    job.say(f"the split lists as test, so that they do not train: {describe_patients(listed.test)}")
    left_out = (*job.split.leave_out, *(glob.escape(patient) for patient in listed.test))
    return dataclasses.replace(job, split=dataclasses.replace(job.split, leave_out=left_out))


def _fit(preset: Preset, job: TrainingJob, trained: Path, seed: int) -> Path:
    """Calibrate on out-of-fold answers, unless an earlier call did."""
    calibrated = trained.with_name("calibrated.safetensors")
    if calibrated.is_file():
        earlier = dict(load_checkpoint(calibrated).training)
        record = earlier.pop("calibration", {})
        if earlier == load_checkpoint(trained).training and record.get("seed") == seed:
            return calibrated
    job.say("calibrating on what members say of the patients that they have not seen")
    try:
        calibrate_out_of_fold(
            preset,
            trained,
            job.datasets,
            calibrated,
            seed=seed,
            device_name=job.device,
            on_case=counter(job.say, "step"),
        )
    except TooFewPatientsError as error:
        job.say(f"{error}; the score stays the Dice of mask and pGT, too high after a refinement")
        return trained
    return calibrated
