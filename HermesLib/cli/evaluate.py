"""``hermes evaluate``: figures on cases with a known truth."""

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from HermesLib.cli import evaluate_guide, evaluate_judges, sweep, wrong_input
from HermesLib.cli.options import add_model, add_prompt
from HermesLib.models.registry import bundled_models

if TYPE_CHECKING:
    import torch

    from HermesLib.evaluation.cases import Case
    from HermesLib.presets.preset import Preset
    from HermesLib.quality.protocol import QualityControl, ScoreKind
    from HermesLib.weights.checkpoint import Checkpoint


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``evaluate loop``, ``pgt``, ``score``, ``wrong-input``, ``guide`` and ``sweep``."""
    parser = subparsers.add_parser(
        "evaluate", help="measure the loop or the quality control on cases with a known truth"
    )
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")
    loop = kinds.add_parser("loop", help="true Dice of first and final masks")
    add_model(loop)
    add_prompt(loop)
    loop.add_argument("--threshold", type=float, default=0.9)
    loop.add_argument("--keep", choices=["best", "last"], default="best")
    loop.set_defaults(run=run_loop)
    pgt = kinds.add_parser("pgt", help="does the pseudo ground truth follow the image?")
    pgt.set_defaults(run=run_pgt)
    score = kinds.add_parser(
        "score", help="how well is the score calibrated, along refinements with all models?"
    )
    score.add_argument(
        "--plot",
        type=Path,
        metavar="PNG",
        help="plot score against truth, reliability, and acceptance",
    )
    score.set_defaults(run=run_score)
    wrong = wrong_input.add_parser(kinds)
    guide = evaluate_guide.add_parser(kinds)
    judges = evaluate_judges.add_parser(kinds)
    for kind in (loop, pgt, score, wrong, guide, judges, sweep.add_parser(kinds)):
        kind.add_argument("--quality", default="diffusion", metavar="NAME|FILE")
        kind.add_argument("--preset", default="prostate-t2")
        kind.add_argument(
            "--data",
            required=True,
            metavar="LAYOUT:FOLDER[:FAMILY]",
            help="decathlon:FOLDER or slices:FOLDER; all patients, or the test part of a split",
        )
        kind.add_argument("--patients", nargs="+", metavar="NAME", help="only these patients")
        kind.add_argument(
            "--split", type=Path, metavar="FILE", help="in place of the folder's split.json"
        )
        kind.add_argument(
            "--part",
            choices=["train", "validation", "test"],
            default="test",
            help="the part of the split that is measured (default %(default)s)",
        )
        kind.add_argument(
            "--out-of-fold",
            action="store_true",
            help="measure patients of the ensemble's folds without the members trained on them",
        )
        kind.add_argument("--seed", type=int, default=0)
        kind.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])
        kind.add_argument(
            "-o", "--output", type=Path, metavar="FILE", help="write all figures as JSON"
        )


@dataclass(frozen=True, eq=False)
class Parts:
    """What is measured, and with what.

    Attributes:
        preset, device, cases, quality: of the measurement.
        trained_on: patients among the cases that a network was trained, selected or calibrated on,
            by the network's name; empty where none was.
    """

    preset: "Preset"
    device: "torch.device"
    cases: "list[Case]"
    quality: "QualityControl"
    trained_on: dict[str, list[str]]


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def show_progress(done: int, total: int) -> None:
    _say(f"case {done} of {total}")


def read_parts(
    arguments: argparse.Namespace, models: "dict[str, Checkpoint] | None" = None
) -> "Parts":
    """Read the cases and load the quality control.

    Warns of patients that a network under test was trained on. ``models``: the weights of the
    promptable models that take part, by their names.
    """
    from HermesLib.devices import select_device
    from HermesLib.errors import HermesError
    from HermesLib.evaluation.cases import CaseSelection, select_cases
    from HermesLib.evaluation.training_overlap import overlap_warning, trained_on
    from HermesLib.presets.registry import load_preset
    from HermesLib.quality.registry import load_quality, quality_weights

    preset = load_preset(arguments.preset)
    device = select_device(arguments.device)
    selection = CaseSelection(arguments.split, arguments.part, tuple(arguments.patients or ()))
    cases = select_cases(arguments.data, preset.organ_label, selection, _say)
    _, quality_name, checkpoint = quality_weights(arguments.quality, preset)
    overlaps = {}
    folds = checkpoint.training.get("folds", []) if arguments.out_of_fold else []
    in_folds = {patient for names in folds for patient in names}
    if arguments.out_of_fold and not in_folds:
        raise HermesError(f"{quality_name} has no ensemble: no patient can be out of fold")
    for name, weights in {quality_name: checkpoint, **(models or {})}.items():
        tested = [case for case in cases if case.identity not in in_folds]
        if patients := trained_on(weights.training, tested if name == quality_name else cases):
            overlaps[name] = patients
            _say(overlap_warning(name, patients, cases))
    quality = load_quality(arguments.quality, preset, device)
    return Parts(preset, device, cases, quality, overlaps)


def publish(figures: dict[str, Any], details: dict[str, Any], output: Path | None) -> int:
    from HermesLib.io.whole_file import write_whole

    if output:
        output.parent.mkdir(parents=True, exist_ok=True)
        write_whole(output, json.dumps({"figures": figures, **details}, indent=1) + "\n")
    print(json.dumps(figures, indent=1))
    return 0


def run_loop(arguments: argparse.Namespace) -> int:
    """Measure the whole loop."""
    from HermesLib.evaluation.loop_metrics import as_rows, summarise
    from HermesLib.evaluation.loop_runs import Loop, evaluate_loop
    from HermesLib.evaluation.silent_failures import failure_table, silent_failure_figures
    from HermesLib.models.registry import load_model, model_checkpoint, prompt_kind
    from HermesLib.presets.registry import load_preset
    from HermesLib.refinement.settings import RefinementSettings

    settings = RefinementSettings(
        threshold=arguments.threshold, keep=arguments.keep, seed=arguments.seed
    )
    name = arguments.model or load_preset(arguments.preset).model
    parts = read_parts(arguments, {name: model_checkpoint(name, arguments.weights)})
    preset = parts.preset
    model = load_model(name, arguments.weights, parts.device)
    kind = prompt_kind(model, arguments.prompt)
    loop = Loop(preset, model, parts.quality, kind, settings, parts.device, arguments.out_of_fold)
    outcomes = evaluate_loop(parts.cases, loop, show_progress)
    failures = silent_failure_figures(outcomes)
    _say(failure_table(failures))
    networks = {
        "preset": preset.name,
        "model": model.name,
        "model_sha256": model.sha256,
        "quality_sha256": parts.quality.sha256,
        "trained_on": parts.trained_on,
    }
    return publish(
        {
            **networks,
            "threshold": arguments.threshold,
            "out_of_fold": arguments.out_of_fold,
            "silent_failures": failures,
            **summarise(outcomes),
        },
        {"slices": as_rows(outcomes)},
        arguments.output,
    )


def run_pgt(arguments: argparse.Namespace) -> int:
    """Measure whether the pGT follows the image."""
    from HermesLib.evaluation.invariance import evaluate_invariance

    parts = read_parts(arguments)
    figures = evaluate_invariance(
        parts.cases,
        parts.preset,
        parts.quality,
        arguments.seed,
        parts.device,
        show_progress,
        out_of_fold=arguments.out_of_fold,
    )
    networks = {
        "preset": parts.preset.name,
        "quality_sha256": parts.quality.sha256,
        "trained_on": parts.trained_on,
    }
    return publish({**networks, **figures}, {}, arguments.output)


def run_score(arguments: argparse.Namespace) -> int:
    """Measure the score against the truth."""
    import dataclasses

    from HermesLib.errors import HermesError
    from HermesLib.evaluation.score_metrics import score_figures
    from HermesLib.evaluation.score_plots import plot_scores
    from HermesLib.evaluation.scored_masks import score_cases
    from HermesLib.models.registry import load_model, model_checkpoint
    from HermesLib.quality.diffusion_qc import DiffusionQuality

    parts = read_parts(arguments, {name: model_checkpoint(name) for name in bundled_models()})
    preset = parts.preset
    quality = parts.quality
    if not isinstance(quality, DiffusionQuality):
        raise HermesError(
            "the score along refinements is measured for the diffusion quality control; "
            "for another one, run evaluate loop and evaluate pgt"
        )
    models = [load_model(name, "bundled", parts.device) for name in bundled_models()]
    masks = score_cases(
        parts.cases,
        preset,
        quality,
        models,
        arguments.seed,
        parts.device,
        show_progress,
        out_of_fold=arguments.out_of_fold,
    )
    kinds: list[ScoreKind] = ["raw"]
    if quality.score == "calibrated":
        kinds.append("calibrated")
    if arguments.plot:
        plot_scores(arguments.plot, masks, preset.title, kinds)
    networks = {
        "quality_sha256": quality.sha256,
        "models_sha256": {model.name: model.sha256 for model in models},
        "trained_on": parts.trained_on,
    }
    figures = {"preset": preset.name, **networks}
    figures |= {kind: score_figures(masks, kind) for kind in kinds}
    details = {"masks": [dataclasses.asdict(mask) for mask in masks]}
    return publish(figures, details, arguments.output)
