"""``hermes train``: the command line of all trainings."""

import argparse
from pathlib import Path

from HermesLib.cli import input_check, train_calibration, train_ensemble, train_organ
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
    train_calibration.add_parser(kinds)
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


def run_quality(arguments: argparse.Namespace) -> int:
    """Train the QC core of a preset."""
    from HermesLib.presets.registry import load_preset
    from HermesLib.training.processes import is_first
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
    if is_first():
        print(f"best weights: {output}")
    return 0
