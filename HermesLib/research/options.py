"""Options and outputs that several research commands share."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from HermesLib.training.job import TrainingJob
    from HermesLib.training.trainer import TrainerSettings


def add_device(parser: argparse.ArgumentParser) -> None:
    """``--seed`` and ``--device``."""
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])


def add_figures_output(parser: argparse.ArgumentParser) -> None:
    """``-o FILE`` for figures."""
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="write all figures as JSON"
    )


def add_training_options(parser: argparse.ArgumentParser) -> None:
    """What the trainings of rivals and of small models share."""
    parser.add_argument(
        "--data",
        action="append",
        required=True,
        metavar="LAYOUT:FOLDER[:FAMILY]",
        help="decathlon:FOLDER or slices:FOLDER, repeatable",
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--batch", type=int)
    parser.add_argument("--rate", type=float)
    parser.add_argument(
        "--validation", type=float, default=0.1, help="share of patients for validation"
    )
    parser.add_argument("--test", type=float, default=0.1, help="share of patients for the test")
    parser.add_argument(
        "--split-of",
        type=Path,
        metavar="FILE",
        action="append",
        default=[],
        help="weights whose held-out patients stay held out (repeatable)",
    )
    parser.add_argument("--threads", type=int, help="processor threads; all by default")
    add_device(parser)


def trainer_settings(arguments: argparse.Namespace) -> "TrainerSettings":
    """The trainer's settings with those given on the command line; sets the thread count, too."""
    import dataclasses

    import torch

    from HermesLib.training.trainer import TrainerSettings

    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    given = {
        field.name: getattr(arguments, field.name, None)
        for field in dataclasses.fields(TrainerSettings)
    }
    settings = {name: value for name, value in given.items() if value is not None}
    return dataclasses.replace(TrainerSettings(), **settings)


def training_job(arguments: argparse.Namespace) -> "TrainingJob":
    """The job that the options of :func:`add_training_options` describe."""
    from HermesLib.datasets.splits import SplitOptions
    from HermesLib.datasets.training_dataset import TrainingDataset
    from HermesLib.training.job import TrainingJob

    return TrainingJob(
        datasets=[TrainingDataset.parse(text) for text in arguments.data],
        folder=arguments.output,
        split=SplitOptions(
            validation=arguments.validation,
            test=arguments.test,
            weights=tuple(arguments.split_of),
        ),
        phantoms=getattr(arguments, "phantoms", 0),
        device=arguments.device,
        say=show_line,
    )


def show_line(line: str) -> None:
    """Print a line of progress on stderr."""
    print(line, file=sys.stderr, flush=True)


def show_progress(done: int, total: int) -> None:
    """Print the count of finished cases on stderr."""
    show_line(f"case {done} of {total}")


def publish(figures: dict[str, Any], details: dict[str, Any], output: Path | None) -> int:
    """Print figures as JSON, and write them with their details where a file is named."""
    if output:
        output.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"figures": figures, **details}, indent=1)
        output.write_text(f"{text}\n", encoding="utf-8")
    print(json.dumps(figures, indent=1))
    return 0
