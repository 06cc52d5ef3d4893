"""``hermes research train-promptable``, ``oracle-prompts`` and ``simulated-prompts``."""

import argparse
from pathlib import Path

from HermesLib.cli.options import add_model
from HermesLib.models.registry import bundled_models
from HermesLib.research.options import (
    add_device,
    add_figures_output,
    add_training_options,
    publish,
    show_progress,
    trainer_settings,
    training_job,
)


def add_parsers(kinds: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the three commands."""
    train = kinds.add_parser("train-promptable", help="train a small promptable model")
    train.add_argument("--model", required=True, choices=bundled_models())
    train.add_argument(
        "--phantoms",
        type=int,
        default=0,
        metavar="N",
        help="procedural prostate slices to add to the training patients",
    )
    train.add_argument(
        "--initial",
        type=Path,
        metavar="FILE",
        help="weights to continue from, trained on the same patients",
    )
    add_training_options(train)
    train.set_defaults(run=run_train_promptable)

    oracle = kinds.add_parser(
        "oracle-prompts", help="masks that a promptable model predicts from prompts of the truth"
    )
    add_model(oracle)
    oracle.add_argument("--preset", default="prostate-t2")
    oracle.add_argument(
        "--data",
        required=True,
        metavar="LAYOUT:FOLDER",
        help="decathlon:FOLDER, or slices:FOLDER (its test patients)",
    )
    oracle.add_argument("--patients", nargs="+", metavar="NAME", help="only these patients")
    add_device(oracle)
    add_figures_output(oracle)
    oracle.set_defaults(run=run_oracle_prompts)

    simulated = kinds.add_parser(
        "simulated-prompts",
        help="masks that a small model predicts from simulated prompts, on its own test patients",
    )
    simulated.add_argument("--model", required=True, choices=bundled_models())
    simulated.add_argument("--weights", default="bundled", metavar="bundled|FILE")
    simulated.add_argument(
        "--data",
        action="append",
        required=True,
        metavar="LAYOUT:FOLDER[:FAMILY]",
        help="as for its training, repeatable",
    )
    simulated.add_argument("--objects", type=int, default=256, help="how many objects are sampled")
    add_device(simulated)
    add_figures_output(simulated)
    simulated.set_defaults(run=run_simulated_prompts)


def run_train_promptable(arguments: argparse.Namespace) -> int:
    """Train one small promptable model."""
    from HermesLib.research.promptable.training import train_promptable
    from HermesLib.training.processes import is_first

    output = train_promptable(
        arguments.model,
        training_job(arguments),
        trainer_settings(arguments),
        arguments.initial,
    )
    if is_first():
        print(f"best weights: {output}")
    return 0


def run_oracle_prompts(arguments: argparse.Namespace) -> int:
    """Measure what a model predicts from prompts of the truth."""
    import dataclasses

    from HermesLib.devices import select_device
    from HermesLib.errors import HermesError
    from HermesLib.models.registry import load_model
    from HermesLib.presets.registry import load_preset
    from HermesLib.research.promptable.oracle_prompts import (
        oracle_figures,
        predict_from_oracle_prompts,
    )
    from HermesLib.research.release.test_patients import read_test_cases

    preset = load_preset(arguments.preset)
    device = select_device(arguments.device)
    cases = read_test_cases(arguments.data, preset.organ_label)
    if arguments.patients:
        cases = [case for case in cases if case.patient in arguments.patients]
    if not cases:
        raise HermesError(f"{arguments.data} has no such case")
    model = load_model(arguments.model or preset.model, arguments.weights, device)
    masks = predict_from_oracle_prompts(cases, preset, model, arguments.seed, device, show_progress)
    networks = {"preset": preset.name, "model": model.name, "model_sha256": model.sha256}
    return publish(
        {**networks, **oracle_figures(masks)},
        {"slices": [dataclasses.asdict(mask) for mask in masks]},
        arguments.output,
    )


def run_simulated_prompts(arguments: argparse.Namespace) -> int:
    """Measure a small model on simulated prompts."""
    from HermesLib.datasets.training_dataset import TrainingDataset
    from HermesLib.devices import select_device
    from HermesLib.models.registry import model_checkpoint
    from HermesLib.research.promptable.simulated_prompts import evaluate_simulated_prompts

    checkpoint = model_checkpoint(arguments.model, arguments.weights)
    figures = evaluate_simulated_prompts(
        checkpoint,
        [TrainingDataset.parse(text) for text in arguments.data],
        arguments.objects,
        arguments.seed,
        select_device(arguments.device),
    )
    networks = {"model": arguments.model, "weights_sha256": checkpoint.sha256}
    return publish({**networks, **figures}, {}, arguments.output)
