"""``hermes train ensemble``: its options, and the call."""

import argparse
import dataclasses
import sys
from pathlib import Path

from HermesLib.cli.training_options import show_line


def add_parser(kinds: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``ensemble``."""
    ensemble = kinds.add_parser(
        "ensemble", help="networks on folds of the patients, that judge what they have not seen"
    )
    ensemble.add_argument("--preset", required=True)
    ensemble.add_argument(
        "--data",
        action="append",
        required=True,
        metavar="LAYOUT:FOLDER[:FAMILY]",
        help="decathlon:FOLDER or slices:FOLDER, repeatable",
    )
    ensemble.add_argument("--folds", default="5", metavar="N|FILE", help="default %(default)s")
    ensemble.add_argument(
        "--fold",
        type=int,
        action="append",
        default=[],
        metavar="K",
        help="train only this fold (repeatable), so that several processes share the work",
    )
    ensemble.add_argument("--steps", type=int, help="of each member")
    ensemble.add_argument("--context-steps", type=int, help="of each context network; 0 for none")
    ensemble.add_argument(
        "--thorough",
        action="store_true",
        help="larger batches and stronger augmentation: two to three times as long a step; "
        "meant for a GPU",
    )
    ensemble.add_argument(
        "--phantoms",
        type=int,
        default=0,
        metavar="N",
        help="whole procedural prostate volumes that train in every fold",
    )
    ensemble.add_argument(
        "--start",
        type=Path,
        metavar="DIR",
        help="go on from the members of an earlier training on the same folds",
    )
    ensemble.add_argument(
        "--core", type=Path, metavar="FILE", help="weights of a QC core that the ensemble joins"
    )
    ensemble.add_argument(
        "--expert-in-map",
        type=float,
        metavar="SHARE",
        help="share of the core's image expert in the organ map, 0 by default. It takes no part "
        "out of fold: choose it by patients that the core was not trained on",
    )
    ensemble.add_argument(
        "--input-check",
        type=Path,
        metavar="FILE",
        help="an input check of the same folds (hermes train input-check), which joins them",
    )
    ensemble.add_argument("--leave-out", nargs="+", default=[], metavar="PATIENT")
    ensemble.add_argument(
        "--calibrate",
        action="store_true",
        help="fit presence, score and intervals on what members say of patients left out",
    )
    ensemble.add_argument("--terms", action="append", default=[], metavar="TEXT")
    ensemble.add_argument("--seed", type=int, default=0)
    ensemble.add_argument("--threads", type=int, help="processor threads; all by default")
    ensemble.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])
    ensemble.add_argument("-o", "--output", type=Path, required=True, metavar="DIR")
    ensemble.set_defaults(run=run_ensemble)


def run_ensemble(arguments: argparse.Namespace) -> int:
    """Train members and context networks by fold, and calibrate them out of fold."""
    import torch

    from HermesLib.datasets.splits import SplitOptions
    from HermesLib.datasets.training_dataset import TrainingDataset
    from HermesLib.presets.registry import load_preset
    from HermesLib.training.ensemble.calibrate import calibrate_out_of_fold
    from HermesLib.training.ensemble.train_ensemble import EnsembleTraining, train_ensemble
    from HermesLib.training.job import TrainingJob

    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    settings = EnsembleTraining(only=tuple(arguments.fold), seed=arguments.seed)
    if arguments.folds.isdigit():
        settings = dataclasses.replace(settings, folds=int(arguments.folds))
    else:
        settings = dataclasses.replace(settings, folds_file=Path(arguments.folds))
    for name in (
        *("steps", "context_steps", "thorough", "start"),
        *("expert_in_map", "input_check"),
    ):
        if (value := getattr(arguments, name)) is not None:
            settings = dataclasses.replace(settings, **{name: value})
    preset = load_preset(arguments.preset)
    job = TrainingJob(
        datasets=[TrainingDataset.parse(text) for text in arguments.data],
        folder=arguments.output,
        split=SplitOptions(leave_out=tuple(arguments.leave_out)),
        phantoms=arguments.phantoms,
        device=arguments.device,
        terms=tuple(arguments.terms),
        say=show_line,
    )
    try:
        output = train_ensemble(preset, job, settings, arguments.core)
        if output is not None and arguments.calibrate:
            calibrated = output.with_name("calibrated.safetensors")
            calibrate_out_of_fold(
                preset,
                output,
                job.datasets,
                calibrated,
                seed=arguments.seed,
                device_name=arguments.device,
                on_case=lambda done, total: show_line(f"step {done} of {total}"),
            )
            output = calibrated
    except KeyboardInterrupt:
        print(
            "hermes: interrupted; the same command resumes the training where it was last saved",
            file=sys.stderr,
        )
        return 130
    if output is not None:
        print(f"weights: {output}")
    return 0
