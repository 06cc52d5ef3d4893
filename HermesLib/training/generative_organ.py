"""``hermes train organ --generative``: a whole QC core, its latent diffusion included."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from HermesLib.datasets.splits import Split
from HermesLib.presets.preset import Preset
from HermesLib.training.blend import choose_blend
from HermesLib.training.calibrate import train_calibration
from HermesLib.training.calibration_fit import TooFewPatientsError
from HermesLib.training.held_out import HeldOutData, held_out_cases
from HermesLib.training.job import TrainingJob
from HermesLib.training.organ_figures import Measurement, counter, measure, publish_organ
from HermesLib.training.organ_preset import PresetOptions, propose_preset
from HermesLib.training.qc_settings import QualityTraining, SliceView
from HermesLib.training.train_qc import train_quality
from HermesLib.weights.card import CardText
from HermesLib.weights.checkpoint import load_checkpoint


def train_generative_organ(
    job: TrainingJob,
    options: PresetOptions,
    settings: QualityTraining,
    view: Callable[[Preset], SliceView],
    command: str,
) -> Path:
    """Make a preset of an organ in the job's folder; returns its ``.json`` for ``--preset``.

    Weights, their card and the figures on the test patients are written beside it. The validation
    patients choose the weights and, if there are enough of them, calibrate the score; the test
    patients are only measured. The same call resumes a training that was interrupted.

    Args:
        job: data, split, and the folder of the preset.
        options: what the data do not say of the organ.
        settings: of the training.
        view: what the network reads of a slice, given the preset.
        command: the command line, for the card.

    Raises:
        HermesError: no such organ, no slices to train on, or a folder with another training.
    """
    preset = propose_preset(job.datasets, options)
    job.folder.mkdir(parents=True, exist_ok=True)
    job.say(f"training '{preset.name}' ({preset.title})")
    inner = dataclasses.replace(job, folder=job.folder / "training")
    trained = train_quality(preset, inner, settings, view(preset))
    split = Split.from_plain(load_checkpoint(trained).training["split"])
    fitted = _fit(preset, inner, trained, split, settings.seed)

    def figures_of(written: Preset) -> dict[str, dict[str, Any]]:
        if not split.test:
            return {}
        job.say(f"testing on {len(split.test)} patients")
        cases = held_out_cases(HeldOutData(job.datasets, ("test",)), preset.organ_label, split)
        how = Measurement("on test patients", False, settings.seed, job.device, job.say)
        return measure(written, cases, how)

    text = CardText(f"QC core, {preset.title}", command)
    return publish_organ(preset, job.folder, fitted, text, figures_of)


def _fit(preset: Preset, job: TrainingJob, trained: Path, split: Split, seed: int) -> Path:
    """Choose the blend and calibrate the score on the validation patients."""
    data = HeldOutData(job.datasets, ("validation",))
    blended = choose_blend(
        trained,
        preset,
        data,
        trained.with_name("blended.safetensors"),
        seed=seed,
        device_name=job.device,
        say=job.say,
    )
    job.say(f"calibrating on {len(split.validation)} validation patients")
    calibrated = trained.with_name("calibrated.safetensors")
    try:
        train_calibration(
            preset,
            blended,
            data,
            calibrated,
            seed=seed,
            device_name=job.device,
            on_case=counter(job.say),
        )
    except TooFewPatientsError as error:
        job.say(f"{error}; the score stays the Dice of mask and pGT, too high after a refinement")
        return blended
    return calibrated
