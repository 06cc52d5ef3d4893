"""``hermes evaluate wrong-input``: what becomes of input that the preset was not made for."""

import argparse
import sys
from pathlib import Path

from HermesLib.cli.options import add_model, add_prompt


def add_parser(
    kinds: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> argparse.ArgumentParser:
    """Add ``evaluate wrong-input``; the options of all evaluations are added by the caller."""
    parser = kinds.add_parser(
        "wrong-input", help="is input that the preset was not made for marked?"
    )
    add_model(parser)
    add_prompt(parser)
    parser.add_argument("--threshold", type=float, default=0.9)
    parser.add_argument(
        "--other",
        action="append",
        default=[],
        metavar="LAYOUT:FOLDER[:FAMILY]",
        help="scans of anything else, repeatable",
    )
    parser.add_argument(
        "--slices", type=int, default=16, metavar="N", help="of each volume (default %(default)s)"
    )
    parser.add_argument(
        "--input-check", type=Path, metavar="FILE", help="weights of hermes train input-check"
    )
    parser.set_defaults(run=run_wrong_input)
    return parser


def run_wrong_input(arguments: argparse.Namespace) -> int:
    """Run the loop on right and on wrong input."""
    from dataclasses import asdict

    from HermesLib.cli.evaluate import publish, read_parts, show_progress
    from HermesLib.datasets.training_dataset import TrainingDataset
    from HermesLib.evaluation.loop_runs import Loop
    from HermesLib.evaluation.wrong_input_runs import (
        WrongInputTest,
        evaluate_wrong_input,
        wrong_input_figures,
        wrong_input_table,
    )
    from HermesLib.models.registry import load_model, model_checkpoint, prompt_kind
    from HermesLib.presets.registry import load_preset
    from HermesLib.quality.network.input_check import load_input_check
    from HermesLib.refinement.settings import RefinementSettings

    name = arguments.model or load_preset(arguments.preset).model
    parts = read_parts(arguments, {name: model_checkpoint(name, arguments.weights)})
    model = load_model(name, arguments.weights, parts.device)
    kind = prompt_kind(model, arguments.prompt)
    settings = RefinementSettings(threshold=arguments.threshold, seed=arguments.seed)
    loop = Loop(
        parts.preset, model, parts.quality, kind, settings, parts.device, arguments.out_of_fold
    )
    check, folds = load_input_check(arguments.input_check) if arguments.input_check else (None, ())
    test = WrongInputTest(loop, check, folds, arguments.slices, arguments.seed)
    others = [TrainingDataset.parse(text) for text in arguments.other]
    outcomes = evaluate_wrong_input(parts.cases, others, test, show_progress)
    figures = wrong_input_figures(outcomes)
    print(wrong_input_table(figures), file=sys.stderr)
    networks = {"preset": parts.preset.name, "quality_sha256": parts.quality.sha256}
    details = {"slices": [asdict(outcome) for outcome in outcomes]}
    return publish({**networks, **figures}, details, arguments.output)
