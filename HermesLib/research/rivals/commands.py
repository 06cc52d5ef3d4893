"""``hermes research train-rival`` and ``hermes research weights``."""

import argparse
from pathlib import Path

from HermesLib.research.options import add_training_options, trainer_settings, training_job
from HermesLib.research.rivals.entries import RIVAL_TITLES


def add_parsers(kinds: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add both commands."""
    train = kinds.add_parser("train-rival", help="train a published method, for comparison")
    train.add_argument("--rival", required=True, choices=list(RIVAL_TITLES))
    train.add_argument("--preset", required=True)
    train.add_argument(
        "--core",
        type=Path,
        metavar="FILE",
        help="nnqc: QC weights that its autoencoder and image expert are taken from",
    )
    add_training_options(train)
    train.set_defaults(run=run_train_rival)

    weights = kinds.add_parser("weights", help="list and verify the rivals' bundled weights")
    weights.set_defaults(run=run_weights)


def run_train_rival(arguments: argparse.Namespace) -> int:
    """Train one rival."""
    from HermesLib.presets.registry import load_preset
    from HermesLib.research.rivals.training import train_rival

    output = train_rival(
        arguments.rival,
        load_preset(arguments.preset),
        training_job(arguments),
        trainer_settings(arguments),
        arguments.core,
    )
    print(f"best weights: {output}")
    return 0


def run_weights(arguments: argparse.Namespace) -> int:
    """Print every bundled rival and whether its file is intact; exit code 2 if one is not."""
    from HermesLib.errors import HermesError
    from HermesLib.research.rivals.registry import research_weights
    from HermesLib.weights.bundled import verify_bundled

    checked = verify_bundled(research_weights())
    for weights, problem in checked:
        size = f"{weights.bytes / 1e6:.1f} MB"
        print(f"{weights.name}: {weights.title}, {size}, {problem or 'intact'}")
    damaged = [weights.name for weights, problem in checked if problem]
    if damaged:
        raise HermesError(
            f"{len(damaged)} of {len(checked)} files are not intact: {', '.join(damaged)}; "
            "check them out again"
        )
    return 0
