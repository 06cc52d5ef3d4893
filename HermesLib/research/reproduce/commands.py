"""``hermes research reproduce``."""

import argparse
from pathlib import Path

from HermesLib.research.options import add_device, show_line


def add_parsers(kinds: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``reproduce``."""
    parser = kinds.add_parser(
        "reproduce",
        help="the paper's experiment on the official data: trainings, tables, one page",
        description="Train on PI-CAI without the studies of PROSTATE-X and test on these; train and"
        " test on FLARE21; write the paper's tables beside its printed figures. An interrupted call"
        " is continued by the same call.",
    )
    parser.add_argument(
        "--picai",
        metavar="IMAGES:LABELS[:bosma22b|guerbet23]",
        help="PI-CAI's images and the folder picai_labels",
    )
    parser.add_argument(
        "--prostatex",
        metavar="IMAGES:LABELS[:expert=MASKS]",
        help="where the test images are, if not in --picai, and readers' masks of them",
    )
    parser.add_argument("--flare21", metavar="FOLDER", help="FLARE21's images and masks")
    parser.add_argument(
        "--weights",
        action="append",
        default=[],
        metavar="MODEL=FILE",
        help="official weights of a promptable model (repeatable); of others the bundled ones",
    )
    parser.add_argument(
        "--rivals",
        nargs="*",
        metavar="NAME",
        help="published QCs to train and compare with (default: all that draw a pGT; none without"
        " a name)",
    )
    parser.add_argument(
        "--limit", type=int, metavar="N", help="at most so many training studies of each organ"
    )
    parser.add_argument(
        "--quick", action="store_true", help="train for a few steps, to see that everything runs"
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="check data, weights, disk and memory, and tell the time it will take",
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR")
    parser.add_argument(
        "--workers", type=int, default=1, metavar="N", help="processes that measure side by side"
    )
    add_device(parser)
    parser.set_defaults(run=run_reproduce)


def run_reproduce(arguments: argparse.Namespace) -> int:
    """Check, and unless it is a dry run, reproduce."""
    from HermesLib.errors import HermesError
    from HermesLib.research.reproduce.readiness import findings_of
    from HermesLib.research.reproduce.request import (
        QUICK,
        RIVALS,
        Lengths,
        ReproduceRequest,
        prostate_experiment,
        spleen_experiment,
    )
    from HermesLib.research.reproduce.stages import Reproduction

    if arguments.prostatex and not arguments.picai:
        raise HermesError("--prostatex is tested after a training on --picai; name both")
    experiments = []
    if arguments.picai:
        experiments.append(prostate_experiment(arguments.picai, arguments.prostatex))
    if arguments.flare21:
        experiments.append(spleen_experiment(arguments.flare21))
    if not experiments:
        raise HermesError("name the data: --picai IMAGES:LABELS, --flare21 FOLDER, or both")
    rivals = RIVALS if arguments.rivals is None else tuple(arguments.rivals)
    if unknown := sorted(set(rivals) - set(RIVALS)):
        raise HermesError(f"no such rival: {', '.join(unknown)}; choose {', '.join(RIVALS)}")
    request = ReproduceRequest(
        tuple(experiments),
        arguments.output,
        tuple(_named_file(text) for text in arguments.weights),
        rivals,
        arguments.limit,
        QUICK if arguments.quick else Lengths(),
        arguments.seed,
        arguments.device,
        arguments.workers,
    )
    findings = findings_of(request)
    for finding in findings:
        print(f"{'ready' if finding.ready else 'MISSING'}  {finding.what}: {finding.text}")
    if missing := [finding.what for finding in findings if not finding.ready]:
        raise HermesError(f"cannot reproduce the paper: {'; '.join(missing)}")
    if arguments.dry_run:
        return 0
    print(f"page: {Reproduction(request, show_line).run()}")
    return 0


def _named_file(text: str) -> tuple[str, str]:
    from HermesLib.errors import HermesError

    name, equals, path = text.partition("=")
    if not equals or not path:
        raise HermesError(f"'{text}' does not name weights; write MODEL=FILE")
    return name, path
