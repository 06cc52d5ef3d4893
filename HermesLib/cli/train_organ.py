"""``hermes train organ``: its options, and the call."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from HermesLib.cli.training_options import (
    add_stage_options,
    add_training_options,
    add_view_options,
    training_job,
    with_given,
)
from HermesLib.errors import HermesError

if TYPE_CHECKING:
    from HermesLib.presets.preset import Preset
    from HermesLib.training.organ_preset import PresetOptions
    from HermesLib.training.qc_settings import SliceView

#: Share of patients that validate, and that test, in a training with latent diffusion.
_SHARE = 0.2
#: Options of one of the two trainings only.
_GENERATIVE = (
    "autoencoder_steps",
    "expert_steps",
    "diffusion_steps",
    "batch",
    "rate",
    "validation",
    "test",
)
_CROSS_FITTED = ("folds", "steps", "context_steps", "thorough", "start_from")


def add_parser(kinds: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``organ``."""
    organ = kinds.add_parser(
        "organ",
        help="your own organ: a preset with trained and calibrated weights, a report and a card",
    )
    organ.add_argument(
        "--organ", required=True, metavar="LABEL", help="its name in the folder's dataset.json"
    )
    organ.add_argument("--title", help="its title (default: organ and modality)")
    organ.add_argument(
        "--code", metavar="SCHEME:VALUE:MEANING", help="its code, e.g. SCT:10200004:Liver"
    )
    organ.add_argument(
        "--window",
        nargs=2,
        type=float,
        metavar=("LOW", "HIGH"),
        help="window of a CT, Hounsfield units",
    )
    organ.add_argument(
        "--folds",
        type=int,
        metavar="N",
        help="folds of the patients (default 5, or as many as there are patients, at least 3)",
    )
    organ.add_argument("--steps", type=int, help="of each member (default 3000)")
    organ.add_argument(
        "--context-steps",
        type=int,
        help="of each context network (default 350); 0 for none",
    )
    organ.add_argument(
        "--thorough",
        action="store_true",
        default=None,
        help="larger batches and stronger augmentation, for a GPU",
    )
    organ.add_argument(
        "--start-from",
        metavar="PRESET",
        help="start from the networks of another organ of the same modality, e.g. spleen-ct; "
        "a quarter of the steps are then enough to try",
    )
    organ.add_argument(
        "--generative",
        action="store_true",
        help="train one QC core with latent diffusion, on a split of the patients, in place of an"
        " ensemble on folds; --autoencoder-steps, --expert-steps, --diffusion-steps, --batch,"
        " --rate, --validation and --test are its options",
    )
    add_stage_options(organ)
    add_view_options(organ)
    organ.add_argument(
        "--data",
        action="append",
        required=True,
        metavar="LAYOUT:FOLDER[:FAMILY]",
        help="decathlon:FOLDER or slices:FOLDER, repeatable",
    )
    add_training_options(organ, share=_SHARE)
    organ.set_defaults(run=run_organ)


def run_organ(arguments: argparse.Namespace) -> int:
    """From a folder of images and masks to a preset."""
    import torch

    from HermesLib.training.organ_preset import PresetOptions

    if arguments.generative:
        _refuse(arguments, _CROSS_FITTED, "is of the training on folds; leave out --generative")
    else:
        _refuse(arguments, _GENERATIVE, "needs --generative: on folds all patients train")
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    options = PresetOptions(
        organ=arguments.organ,
        title=arguments.title,
        code=arguments.code,
        window=None if arguments.window is None else tuple(arguments.window),
    )
    train = _train_generative if arguments.generative else _cross_fit
    try:
        path = train(arguments, options)
    except KeyboardInterrupt:
        print(
            "hermes: interrupted; the same command resumes the training where it was last saved",
            file=sys.stderr,
        )
        return 130
    print(f"preset: {path}")
    print(f"use it: hermes refine IMAGE --preset {path} -o DIR")
    print(f"or by name, in Slicer too, after: hermes presets import {path}")
    return 0


def _refuse(arguments: argparse.Namespace, names: tuple[str, ...], why: str) -> None:
    """Refuse options of the other training.

    Raises:
        HermesError: one of them is given.
    """
    for name in names:
        if getattr(arguments, name) is not None:
            raise HermesError(f"--{name.replace('_', '-')} {why}")


def _command(arguments: argparse.Namespace) -> str:
    """For the card: names of files may be those of patients."""
    from HermesLib.cli.card_command import card_command

    preset = arguments.start_from if str(arguments.start_from).endswith(".json") else None
    return card_command(arguments.command, [arguments.output, arguments.split, preset])


def _cross_fit(arguments: argparse.Namespace, options: "PresetOptions") -> Path:
    from HermesLib.training.ensemble.train_ensemble import EnsembleTraining
    from HermesLib.training.organ import organ_view, train_organ

    def view(preset: "Preset") -> "SliceView":
        return with_given(organ_view(preset.modality), arguments)

    settings = with_given(EnsembleTraining(), arguments)
    return train_organ(training_job(arguments), options, settings, view, _command(arguments))


def _train_generative(arguments: argparse.Namespace, options: "PresetOptions") -> Path:
    import dataclasses

    from HermesLib.training.generative_organ import train_generative_organ
    from HermesLib.training.qc_settings import QualityTraining, default_view

    def view(preset: "Preset") -> "SliceView":
        # Many organs lie on one side: a flip is not plausible unless the user says so.
        base = dataclasses.replace(default_view(preset.modality), mirror=False)
        return with_given(base, arguments)

    settings = with_given(QualityTraining(), arguments)
    job = training_job(arguments)
    return train_generative_organ(job, options, settings, view, _command(arguments))
