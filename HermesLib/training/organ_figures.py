"""The figures of a user's own organ, and the files that it consists of."""

import dataclasses
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from HermesLib.devices import select_device
from HermesLib.errors import HermesError
from HermesLib.evaluation.cases import Case
from HermesLib.evaluation.invariance import evaluate_invariance
from HermesLib.evaluation.loop_metrics import summarise
from HermesLib.evaluation.loop_runs import Loop, evaluate_loop
from HermesLib.evaluation.score_metrics import score_figures
from HermesLib.evaluation.scored_masks import score_cases
from HermesLib.evaluation.silent_failures import failure_table, silent_failure_figures
from HermesLib.evaluation.training_overlap import overlap_warning, trained_on
from HermesLib.models.registry import bundled_models, load_model, model_checkpoint
from HermesLib.presets.preset import Preset, write_preset
from HermesLib.presets.registry import load_preset
from HermesLib.quality.judgement import require_judgement
from HermesLib.quality.network.config import QualityConfig
from HermesLib.quality.registry import load_diffusion
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.weights.bundling import store_weights
from HermesLib.weights.card import CardText
from HermesLib.weights.checkpoint import load_checkpoint


@dataclass(frozen=True)
class Measurement:
    """How a preset is measured.

    Attributes:
        whom: the patients, in words, for the figures' titles.
        out_of_fold: whether patients of the ensemble's folds are measured without the members that
            were trained on them.
        seed: of all randomness.
        device_name: ``auto``, ``cpu`` or ``cuda``.
        say: takes progress and the table of silent failures.
    """

    whom: str
    out_of_fold: bool
    seed: int
    device_name: str
    say: Callable[[str], None]


def publish_organ(
    preset: Preset,
    folder: Path,
    fitted: Path,
    text: CardText,
    figures_of: Callable[[Preset], dict[str, dict[str, Any]]],
) -> Path:
    """Write weights, preset, figures and card of an organ.

    Args:
        preset: of the organ.
        folder: takes the files.
        fitted: the trained and calibrated weights.
        text: of the card, without figures.
        figures_of: measures the preset as it was written; see :func:`measure`.

    Returns:
        The preset's ``.json``.

    Raises:
        HermesError: weights whose calibration judges nothing or is out of range; then nothing is
            written.
    """
    weights = folder / f"{preset.name}.safetensors"
    path = folder / f"{preset.name}.json"
    checkpoint = load_checkpoint(fitted)
    try:
        config = QualityConfig.from_dict(checkpoint.config)
    except HermesError as error:
        raise HermesError(
            f"what was fitted for {preset.name} is out of range; train longer or on more patients"
            f" ({error})"
        ) from error
    require_judgement(config.calibration, config.evidence, preset.name)
    store_weights(weights, checkpoint, text)
    write_preset(path, preset)
    figures = figures_of(load_preset(str(path)))
    report = json.dumps(figures, indent=1) + "\n"
    (folder / f"{preset.name}-report.json").write_text(report, encoding="utf-8")
    store_weights(weights, checkpoint, dataclasses.replace(text, figures=_for_card(figures)))
    return path


def measure(preset: Preset, cases: Sequence[Case], how: Measurement) -> dict[str, dict[str, Any]]:
    """Figures of a preset's weights on cases, silent failures first; by what was measured.

    The loop with the preset's model, the pGT, and the score along refinements with all models.
    Patients that a promptable model was trained on are reported and named last.
    """
    on_case = counter(how.say)
    device = select_device(how.device_name)
    quality = load_diffusion("diffusion", preset, device)
    models = {name: load_model(name, "bundled", device) for name in bundled_models()}
    model = models[preset.model]
    settings = RefinementSettings(seed=how.seed)
    kind = model.prompt_kinds[0]
    loop = Loop(preset, model, quality, kind, settings, device, how.out_of_fold)
    how.say(f"the loop, {how.whom}")
    outcomes = evaluate_loop(cases, loop, on_case)
    failures = silent_failure_figures(outcomes)
    how.say(failure_table(failures))
    how.say(f"the pGT, {how.whom}")
    invariance = evaluate_invariance(
        cases, preset, quality, how.seed, device, on_case, out_of_fold=how.out_of_fold
    )
    how.say(f"the score along refinements, {how.whom}")
    masks = score_cases(
        cases,
        preset,
        quality,
        list(models.values()),
        how.seed,
        device,
        on_case,
        out_of_fold=how.out_of_fold,
    )
    scores = {}
    # There are no masks if no slice with the organ is taken to show it.
    if masks:
        scores["raw"] = score_figures(masks, "raw")
    if masks and quality.score == "calibrated":
        scores["calibrated"] = score_figures(masks, "calibrated")
    overlaps = _overlaps(models, cases, how)
    title = f"the loop with {model.name} at threshold {settings.threshold:g}, {how.whom}"
    return {
        f"Silent failures of {title}": failures,
        f"T{title[1:]}": summarise(outcomes),
        f"pGT from a blank, a full and a shifted mask, {how.whom}": invariance,
        f"Score of refined, corrupted and perfect masks, {how.whom}": scores,
        **({"Patients that a promptable model was trained on": overlaps} if overlaps else {}),
    }


def _overlaps(
    names: Iterable[str], cases: Sequence[Case], how: Measurement
) -> dict[str, list[str]]:
    """Patients that bundled promptable models were trained on, by model; warns of them."""
    overlaps = {}
    for name in names:
        if patients := trained_on(model_checkpoint(name).training, cases):
            overlaps[name] = patients
            remedy = "a model trained on others may draw worse masks"
            how.say(overlap_warning(name, patients, cases, remedy))
    return overlaps


def counter(say: Callable[[str], None], what: str = "case") -> Callable[[int, int], None]:
    """Reports cases or steps done through ``say``."""
    return lambda done, total: say(f"{what} {done} of {total}")


def _for_card(figures: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Figures as a card shows them: of the patients, only the worst."""
    shown = {}
    for title, values in figures.items():
        if "patients" in values and "by_position" in values:
            worst = dict(list(values["patients"].items())[:1])
            values = {"all": values["all"], "worst patient": worst}
        shown[title] = values
    return shown
