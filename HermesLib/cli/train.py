"""``hermes train``: the command line of all trainings."""

import argparse
import json
import sys
from pathlib import Path

from HermesLib.cli import input_check, train_ensemble, train_organ
from HermesLib.cli.training_options import (
    add_stage_options,
    add_training_options,
    add_view_options,
    training_job,
    with_given,
)


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``train`` with one subcommand for each kind of network."""
    parser = subparsers.add_parser("train", help="train the quality control of an organ")
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")
    quality = kinds.add_parser("quality", help="the QC core of a preset")
    quality.add_argument("--preset", required=True)
    quality.add_argument(
        "--phantoms",
        type=int,
        default=0,
        metavar="N",
        help="procedural prostate slices to add to the training patients",
    )
    quality.add_argument(
        "--gross", type=float, help="share of gross failures among the corrupted masks"
    )
    quality.add_argument(
        "--pure-noise",
        type=float,
        help="share of training from pure noise, where one-step sampling starts",
    )
    quality.add_argument(
        "--decoded-weight",
        type=float,
        help="weight of the decoded mask's Dice and cross-entropy beside its latent's error",
    )
    quality.add_argument(
        "--refined-share",
        type=float,
        help="share of training on masks that the promptable models predict for the training"
        " patients, guided by --initial",
    )
    quality.add_argument(
        "--initial",
        type=Path,
        metavar="FILE",
        help="weights to continue from; only the third stage is trained",
    )
    quality.add_argument(
        "--teacher",
        type=Path,
        metavar="FILE",
        help="weights that predict labels for slices without a label",
    )
    quality.set_defaults(run=run_quality)
    calibration = kinds.add_parser(
        "calibration", help="fit the score of a QC core to the true Dice"
    )
    calibration.add_argument("--preset", required=True)
    calibration.add_argument(
        "--weights", type=Path, required=True, metavar="FILE", help="the QC core's weights"
    )
    calibration.add_argument(
        "--data",
        action="append",
        required=True,
        metavar="LAYOUT:FOLDER[:FAMILY]",
        help="where its held-out patients are",
    )
    calibration.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="FILE",
        help="the weights with their calibration",
    )
    calibration.add_argument(
        "--weigh",
        action="store_true",
        help="first choose the blend of drawn pGT and organ map, and the part of the neighbouring"
        " slices in it, on the held-out patients",
    )
    calibration.add_argument("--seed", type=int, default=0)
    calibration.add_argument("--threads", type=int, help="processor threads; all by default")
    calibration.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])
    calibration.set_defaults(run=run_calibration)
    input_check.add_parser(kinds)
    train_ensemble.add_parser(kinds)
    train_organ.add_parser(kinds)
    add_stage_options(quality)
    add_view_options(quality)
    quality.add_argument(
        "--data",
        action="append",
        required=True,
        metavar="LAYOUT:FOLDER[:FAMILY]",
        help="decathlon:FOLDER or slices:FOLDER, repeatable",
    )
    add_training_options(quality, share=0.1)


def _set_threads(arguments: argparse.Namespace) -> None:
    import torch

    if arguments.threads:
        torch.set_num_threads(arguments.threads)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def run_quality(arguments: argparse.Namespace) -> int:
    """Train the QC core of a preset."""
    from HermesLib.presets.registry import load_preset
    from HermesLib.training.qc_settings import QualityTraining, default_view
    from HermesLib.training.train_qc import EarlierWeights, train_quality

    _set_threads(arguments)
    preset = load_preset(arguments.preset)
    output = train_quality(
        preset,
        training_job(arguments),
        with_given(QualityTraining(), arguments),
        with_given(default_view(preset.modality), arguments),
        EarlierWeights(arguments.initial, arguments.teacher),
    )
    print(f"best weights: {output}")
    return 0


def run_calibration(arguments: argparse.Namespace) -> int:
    """Calibrate the score of a QC core on its held-out patients."""
    from HermesLib.datasets.training_dataset import TrainingDataset
    from HermesLib.presets.registry import load_preset
    from HermesLib.training.blend import choose_blend
    from HermesLib.training.calibrate import train_calibration
    from HermesLib.training.held_out import HeldOutData

    _set_threads(arguments)
    preset = load_preset(arguments.preset)
    data = HeldOutData([TrainingDataset.parse(text) for text in arguments.data])
    weights = arguments.weights
    if arguments.weigh:
        weights = choose_blend(
            weights,
            preset,
            data,
            arguments.output.with_name("blended.safetensors"),
            seed=arguments.seed,
            device_name=arguments.device,
            say=_say,
        )
    numbers = train_calibration(
        preset,
        weights,
        data,
        arguments.output,
        seed=arguments.seed,
        device_name=arguments.device,
        on_case=lambda done, total: _say(f"case {done} of {total}"),
    )
    print(json.dumps(numbers, indent=1))
    return 0
