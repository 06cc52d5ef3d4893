"""``hermes train organ``: train, calibrate and test a QC core, and write its preset."""

import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from HermesLib.datasets.splits import Split
from HermesLib.devices import select_device
from HermesLib.evaluation.cases import Case
from HermesLib.evaluation.invariance import evaluate_invariance
from HermesLib.evaluation.loop_metrics import summarise
from HermesLib.evaluation.loop_runs import Loop, evaluate_loop
from HermesLib.evaluation.score_metrics import score_figures
from HermesLib.evaluation.scored_masks import score_cases
from HermesLib.models.registry import bundled_models, load_model
from HermesLib.presets.preset import Preset, write_preset
from HermesLib.presets.registry import load_preset
from HermesLib.quality.registry import load_diffusion
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.training.blend import choose_blend
from HermesLib.training.calibrate import train_calibration
from HermesLib.training.calibration_fit import TooFewPatientsError
from HermesLib.training.held_out import HeldOutData, held_out_cases
from HermesLib.training.job import TrainingJob
from HermesLib.training.organ_preset import PresetOptions, propose_preset
from HermesLib.training.qc_settings import QualityTraining, SliceView
from HermesLib.training.train_qc import train_quality
from HermesLib.weights.bundling import store_weights
from HermesLib.weights.card import CardText
from HermesLib.weights.checkpoint import load_checkpoint


def train_organ(
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
    folder = job.folder
    folder.mkdir(parents=True, exist_ok=True)
    job.say(f"training '{preset.name}' ({preset.title})")
    inner = dataclasses.replace(job, folder=folder / "training")
    trained = train_quality(preset, inner, settings, view(preset))
    split = Split.from_plain(load_checkpoint(trained).training["split"])
    fitted = _fit(preset, inner, trained, split, settings.seed)
    weights = folder / f"{preset.name}.safetensors"
    path = folder / f"{preset.name}.json"
    checkpoint = load_checkpoint(fitted)
    text = CardText(f"QC core, {preset.title}", command)
    store_weights(weights, checkpoint, text)
    write_preset(path, preset)
    figures: dict[str, Any] = {}
    if split.test:
        job.say(f"testing on {len(split.test)} patients")
        cases = held_out_cases(HeldOutData(job.datasets, ("test",)), preset.organ_label, split)
        figures = measure(load_preset(str(path)), cases, settings.seed, job.device, job.say)
    report = json.dumps(figures, indent=1) + "\n"
    (folder / f"{preset.name}-report.json").write_text(report, encoding="utf-8")
    store_weights(weights, checkpoint, dataclasses.replace(text, figures=figures))
    return path


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
            on_case=_counter(job.say),
        )
    except TooFewPatientsError as error:
        job.say(f"{error}; the score stays the Dice of mask and pGT, too high after a refinement")
        return blended
    return calibrated


def measure(
    preset: Preset,
    cases: Sequence[Case],
    seed: int,
    device_name: str,
    say: Callable[[str], None],
) -> dict[str, dict[str, Any]]:
    """Figures of a preset's weights on cases: pGT, score, and the loop with the preset's model."""
    on_case = _counter(say)
    device = select_device(device_name)
    quality = load_diffusion("diffusion", preset, device)
    models = {name: load_model(name, "bundled", device) for name in bundled_models()}
    invariance = evaluate_invariance(cases, preset, quality, seed, device, on_case)
    masks = score_cases(cases, preset, quality, list(models.values()), seed, device, on_case)
    model = models[preset.model]
    settings = RefinementSettings(seed=seed)
    loop = Loop(preset, model, quality, model.prompt_kinds[0], settings, device)
    outcomes = evaluate_loop(cases, loop, on_case)
    scores = {}
    # There are no masks if no slice with the organ is taken to show it.
    if masks:
        scores["raw"] = score_figures(masks, "raw")
    if masks and quality.score == "calibrated":
        scores["calibrated"] = score_figures(masks, "calibrated")
    title = f"The loop with {model.name} at threshold {settings.threshold:g}, on test patients"
    return {
        "pGT from a blank, a full and a shifted mask, on test patients": invariance,
        "Score of refined, corrupted and perfect masks, on test patients": scores,
        title: summarise(outcomes),
    }


def _counter(say: Callable[[str], None]) -> Callable[[int, int], None]:
    return lambda done, total: say(f"case {done} of {total}")
