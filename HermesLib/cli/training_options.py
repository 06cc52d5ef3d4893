"""Options that trainings share, and the job that they describe."""

import argparse
import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from HermesLib.training.job import TrainingJob

Settings = TypeVar("Settings", bound="DataclassInstance")


def show_line(line: str) -> None:
    """Print a message on stderr."""
    print(line, file=sys.stderr, flush=True)


def with_given(settings: Settings, arguments: argparse.Namespace) -> Settings:
    """The settings with every one of them that was named on the command line."""
    names = [field.name for field in dataclasses.fields(settings)]
    return dataclasses.replace(
        settings,
        **{name: value for name in names if (value := getattr(arguments, name, None)) is not None},
    )


def add_stage_options(parser: argparse.ArgumentParser) -> None:
    """Length of the three stages of a QC core."""
    parser.add_argument("--autoencoder-steps", type=int)
    parser.add_argument("--expert-steps", type=int)
    parser.add_argument("--diffusion-steps", type=int)


def add_view_options(parser: argparse.ArgumentParser) -> None:
    """What the QC core reads of a slice; the defaults depend on the modality."""
    parser.add_argument(
        "--field",
        choices=["slice", "centre", "body"],
        help="what the network reads of a slice (default: the body of a CT, the slice of an MR)",
    )
    parser.add_argument(
        "--grid", type=int, metavar="PIXELS", help="side of the network's square (default 128)"
    )
    parser.add_argument(
        "--neighbours",
        type=int,
        metavar="N",
        help="slices read on either side (default 0; members of an ensemble: 1)",
    )
    parser.add_argument(
        "--mirror",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="whether a left-right flip of the organ is plausible",
    )


def add_training_options(parser: argparse.ArgumentParser, share: float) -> None:
    """Folder, split and settings, which all trainings share.

    ``share`` of the patients validate and as many test, unless the user says more.
    """
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR")
    parser.add_argument("--batch", type=int)
    parser.add_argument("--rate", type=float)
    parser.add_argument(
        "--split",
        type=Path,
        metavar="FILE",
        help="patients by part, in place of the folders' split.json and of a random split",
    )
    parser.add_argument(
        "--leave-out",
        nargs="+",
        default=[],
        metavar="PATIENT",
        help="patients that are never read, by identity or pattern such as 'study-1*'",
    )
    parser.add_argument(
        "--validation",
        type=float,
        help=f"share of patients that validate in a random split (default {share:g})",
    )
    parser.add_argument(
        "--test",
        type=float,
        help=f"share of patients kept for the test in a random split (default {share:g})",
    )
    parser.set_defaults(share=share)
    parser.add_argument(
        "--terms",
        action="append",
        default=[],
        metavar="TEXT",
        help="terms of use of the data, for the model card (repeatable)",
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, help="processor threads; all by default")
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])


def training_job(arguments: argparse.Namespace) -> "TrainingJob":
    """The job that the options of :func:`add_training_options` describe."""
    from HermesLib.datasets.splits import SplitOptions
    from HermesLib.datasets.training_dataset import TrainingDataset
    from HermesLib.training.job import TrainingJob

    share = arguments.share
    split = SplitOptions(
        validation=share if arguments.validation is None else arguments.validation,
        test=share if arguments.test is None else arguments.test,
        file=arguments.split,
        weights=tuple(getattr(arguments, "split_of", ())),
        leave_out=tuple(arguments.leave_out),
    )
    return TrainingJob(
        datasets=[TrainingDataset.parse(text) for text in arguments.data],
        folder=arguments.output,
        split=split,
        phantoms=getattr(arguments, "phantoms", 0),
        device=arguments.device,
        terms=tuple(arguments.terms),
        say=show_line,
    )
