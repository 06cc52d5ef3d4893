"""``hermes train input-check``: the network that tells whether an input suits a preset."""

import argparse
import sys
from pathlib import Path


def add_parser(kinds: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``train input-check``."""
    parser = kinds.add_parser(
        "input-check", help="a small network that knows input that a preset was not made for"
    )
    parser.add_argument("--preset", required=True)
    layout = "LAYOUT:FOLDER[:FAMILY]"
    parser.add_argument(
        "--data", action="append", required=True, metavar=layout, help="right input, repeatable"
    )
    parser.add_argument(
        "--other",
        action="append",
        default=[],
        metavar=layout,
        help="scans of anything else, repeatable",
    )
    parser.add_argument("--folds", type=Path, metavar="FILE", help="patients of each fold, JSON")
    parser.add_argument(
        "--leave-out", nargs="+", default=[], metavar="PATIENT", help="patients never read"
    )
    parser.add_argument(
        "--leave-out-kinds", nargs="+", default=[], metavar="KIND", help="kinds never trained on"
    )
    parser.add_argument(
        "--phantoms",
        type=int,
        default=0,
        metavar="N",
        help="prostate phantoms that are right input too, as the sample of hermes demo is",
    )
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--batch", type=int, default=48)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR")
    parser.set_defaults(run=run_input_check)


def run_input_check(arguments: argparse.Namespace) -> int:
    """Read the slices, train the networks, print the figures of each kind."""
    import torch

    from HermesLib.datasets.splits import SplitOptions
    from HermesLib.datasets.training_dataset import TrainingDataset
    from HermesLib.evaluation.wrong_input import CT
    from HermesLib.presets.registry import load_preset
    from HermesLib.quality.network.input_check import InputCheckConfig
    from HermesLib.training.ensemble.folds import divide, read_folds
    from HermesLib.training.input_bank import RIGHT, gather_bank
    from HermesLib.training.input_check import default_input_check_training, train_input_check

    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    preset = load_preset(arguments.preset)
    config = InputCheckConfig(field="body" if preset.modality == CT else "slice")
    options = SplitOptions(leave_out=tuple(arguments.leave_out))
    bank = gather_bank(
        preset,
        [TrainingDataset.parse(text) for text in arguments.data],
        [TrainingDataset.parse(text) for text in arguments.other],
        lambda patient: not options.leaves_out(patient),
        field=config.field,
        side=config.grid,
        seed=arguments.seed,
        phantoms=arguments.phantoms,
        say=lambda line: print(line, file=sys.stderr, flush=True),
    )
    right = [entry.patient for entry in bank.entries if entry.kind == RIGHT]
    if arguments.folds:
        folds = read_folds(arguments.folds)
    else:
        folds = divide(right, 5, {name: right.count(name) for name in right}, arguments.seed)
    settings = default_input_check_training(
        preset.modality,
        steps=arguments.steps,
        batch=arguments.batch,
        seed=arguments.seed,
        left_out_kinds=tuple(arguments.leave_out_kinds),
    )
    recorded = {
        "preset": preset.name,
        "data": [TrainingDataset.parse(text).describe() for text in arguments.data],
        "other": [TrainingDataset.parse(text).describe() for text in arguments.other],
        "phantoms": arguments.phantoms,
        "patients": sorted(set(right)),
    }
    output = train_input_check(
        bank, folds, config, settings, arguments.output, recorded, device_name=arguments.device
    )
    print(f"weights: {output}")
    return 0
