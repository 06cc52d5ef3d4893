"""``hermes train organ``: train, calibrate, measure on patients that nothing was fitted on, and put the preset together."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from HermesLib.datasets.training_dataset import TrainingDataset
from HermesLib.devices import select_device
from HermesLib.evaluation.cases import Case
from HermesLib.evaluation.invariance import evaluate_invariance
from HermesLib.evaluation.loop_metrics import summarise
from HermesLib.evaluation.loop_runs import evaluate_loop
from HermesLib.evaluation.score_metrics import score_figures
from HermesLib.evaluation.scored_masks import score_cases
from HermesLib.models.registry import bundled_models, load_model
from HermesLib.presets.preset import Preset, write_preset
from HermesLib.presets.registry import load_preset
from HermesLib.quality.registry import load_diffusion
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.training.blend import choose_blend
from HermesLib.training.calibrate import held_out_cases, train_calibration
from HermesLib.training.calibration_fit import TooFewPatientsError
from HermesLib.training.organ_preset import PresetOptions, propose_preset
from HermesLib.training.qc_trainer import QualityTraining
from HermesLib.training.train_qc import train_quality
from HermesLib.weights.bundled import manifest_entry
from HermesLib.weights.card import model_card
from HermesLib.weights.checkpoint import load_checkpoint, save_checkpoint


def train_organ(
    sources: Sequence[TrainingDataset],
    wishes: PresetOptions,
    folder: Path,
    settings: QualityTraining,
    command: str,
    validation: float = 0.2,
    test: float = 0.2,
    device_name: str = "auto",
    say: Callable[[str], None] = lambda line: None,
) -> Path:
    """Make a preset of the sources' organ in ``folder``; returns its ``.json``, which ``--preset`` takes.

    Beside it lie the weights, their card and the figures on the test patients. The validation patients choose the weights and, where
    there are enough of them, calibrate the score; the test patients are only measured. Run again, a training that was cut goes on.

    Raises:
        HermesError: no such organ, nothing that may train, or a folder that holds another training.
    """
    preset = propose_preset(sources, wishes)
    folder.mkdir(parents=True, exist_ok=True)
    say(f"training '{preset.name}' ({preset.title})")
    trained = train_quality(
        preset, sources, folder / "training", settings, 0, validation, test, device_name
    )
    split = load_checkpoint(trained).training["split"]
    trained = choose_blend(
        trained,
        preset,
        sources,
        trained.with_name("weighed.safetensors"),
        settings.seed,
        device_name,
        say,
        ("validation",),
    )
    say(f"calibrating on {len(split['validation'])} validation patients")
    chosen = folder / "training" / "calibrated.safetensors"
    try:
        train_calibration(
            preset,
            str(trained),
            sources,
            chosen,
            settings.seed,
            device_name,
            _counting(say),
            parts=("validation",),
        )
    except TooFewPatientsError as error:
        say(
            f"{error}; the score stays the plain Dice of mask and pGT, which is too high after refinement"
        )
        chosen = trained
    weights, checkpoint = folder / f"{preset.name}.safetensors", load_checkpoint(chosen)
    save_checkpoint(
        weights, checkpoint.tensors, "quality", checkpoint.config, checkpoint.training, half=True
    )
    path = folder / f"{preset.name}.json"
    write_preset(path, preset)
    figures: dict[str, Any] = {}
    if split["test"]:
        say(f"measuring on {len(split['test'])} test patients")
        cases = held_out_cases(sources, preset.organ_label, split, ("test",))
        figures = measure(load_preset(str(path)), cases, settings.seed, device_name, _counting(say))
    (folder / f"{preset.name}-report.json").write_text(
        json.dumps(figures, indent=1) + "\n", encoding="utf-8"
    )
    entry = manifest_entry(weights, "quality", preset.title)
    card = model_card(load_checkpoint(weights), f"QC core, {preset.title}", command, figures, entry)
    (folder / f"{preset.name}.md").write_text(card, encoding="utf-8")
    return path


def measure(
    preset: Preset,
    cases: Sequence[Case],
    seed: int,
    device_name: str,
    on_case: Callable[[int, int], None],
) -> dict[str, dict[str, Any]]:
    """Figures of a preset's weights on cases, by what was measured: the pGT, the score, and the loop with the preset's model."""
    device = select_device(device_name)
    quality = load_diffusion("diffusion", preset, device)
    models = {name: load_model(name, "bundled", device) for name in bundled_models()}
    drawn = evaluate_invariance(cases, preset, quality, seed, device, on_case)
    judged = score_cases(cases, preset, quality, list(models.values()), seed, device, on_case)
    model = models[preset.model]
    settings = RefinementSettings(seed=seed)
    outcomes = evaluate_loop(
        cases, preset, model, quality, model.prompt_kinds[0], settings, device, on_case
    )
    scored = {}
    # Without a mask on a slice that is taken to show the organ there is no score to measure.
    if judged:
        scored["raw"] = score_figures(judged, raw=True)
    if judged and quality.calibration is not None:
        scored["calibrated"] = score_figures(judged, raw=False)
    return {
        "pGT from a blank, a full and a shifted mask, on test patients": drawn,
        "The score of refined, corrupted and perfect masks, on test patients": scored,
        f"The loop with {model.name} at threshold {settings.threshold:g}, on test patients": summarise(
            outcomes
        ),
    }


def _counting(say: Callable[[str], None]) -> Callable[[int, int], None]:
    return lambda done, total: say(f"case {done} of {total}")
