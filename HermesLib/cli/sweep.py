"""``hermes evaluate sweep``: organs of other size and place, in whole volumes."""

import argparse
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from HermesLib.cli.options import add_model, add_prompt
from HermesLib.evaluation.sweep_steps import (
    DEFAULT_DIRECTIONS,
    DIRECTIONS,
    DISTANCES,
    FACTORS,
    KINDS,
    shift_sweep,
    size_sweep,
)

if TYPE_CHECKING:
    from HermesLib.cli.evaluate import Parts
    from HermesLib.evaluation.sweeps import Measure, WarpedOutcomes


def add_parser(
    kinds: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> argparse.ArgumentParser:
    """Add ``evaluate sweep``; the options of all evaluations are added by the caller."""
    parser = kinds.add_parser(
        "sweep", help="is an organ found that is larger, smaller or elsewhere?"
    )
    parser.add_argument(
        "--warps", nargs="+", choices=KINDS, default=KINDS, help="what is changed (default: both)"
    )
    parser.add_argument(
        "--factors",
        nargs="+",
        type=float,
        default=FACTORS,
        metavar="F",
        help=f"of the organ's volume (default {_listed(FACTORS)})",
    )
    parser.add_argument(
        "--distances",
        nargs="+",
        type=float,
        default=DISTANCES,
        metavar="D",
        help=f"of the shift, in radii of the organ (default {_listed(DISTANCES)})",
    )
    parser.add_argument(
        "--directions",
        nargs="+",
        choices=DIRECTIONS,
        default=DEFAULT_DIRECTIONS,
        help=f"of the shift (default {' '.join(DEFAULT_DIRECTIONS)})",
    )
    parser.add_argument(
        "--loop",
        action="store_true",
        help="run the loop with a promptable model; by default the pGT of a blank mask is judged",
    )
    add_model(parser)
    add_prompt(parser)
    parser.add_argument("--threshold", type=float, default=0.9)
    parser.add_argument(
        "--plot", type=Path, metavar="PNG", help="plot Dice, dropped slices and silent failures"
    )
    parser.set_defaults(run=run_sweep)
    return parser


def run_sweep(arguments: argparse.Namespace) -> int:
    """Warp every volume, and measure what is found of the organ."""
    from dataclasses import asdict

    from HermesLib.cli.evaluate import publish
    from HermesLib.evaluation.sweep_figures import sweep_figures, sweep_table
    from HermesLib.evaluation.sweep_plots import plot_sweeps
    from HermesLib.evaluation.sweeps import evaluate_sweep

    steps = {
        "size": size_sweep(arguments.factors),
        "shift": shift_sweep(arguments.distances, arguments.directions),
    }
    warps = [warp for kind in dict.fromkeys(arguments.warps) for warp in steps[kind]]
    parts, measure, networks = _by_loop(arguments) if arguments.loop else _by_pgt(arguments)
    try:
        volumes = evaluate_sweep(parts.cases, parts.preset, warps, measure, _show, _say)
    except KeyboardInterrupt as interrupt:
        interrupt.add_note("nothing was written")
        raise
    figures = sweep_figures(volumes)
    _say(sweep_table(figures))
    if arguments.plot:
        plot_sweeps(arguments.plot, figures, volumes, parts.preset.title)
    return publish(
        {
            "preset": parts.preset.name,
            **networks,
            "quality_sha256": parts.quality.sha256,
            "trained_on": parts.trained_on,
            "threshold": arguments.threshold,
            "out_of_fold": arguments.out_of_fold,
            "sweeps": figures,
        },
        {"volumes": [asdict(volume) for volume in volumes]},
        arguments.output,
    )


def _by_loop(arguments: argparse.Namespace) -> "tuple[Parts, Measure, dict[str, Any]]":
    """The organ as the loop finds it."""
    from HermesLib.cli.evaluate import read_parts
    from HermesLib.evaluation.loop_runs import Loop, evaluate_images
    from HermesLib.models.registry import load_model, model_checkpoint, prompt_kind
    from HermesLib.presets.registry import load_preset
    from HermesLib.refinement.settings import RefinementSettings

    settings = RefinementSettings(threshold=arguments.threshold, seed=arguments.seed)
    name = arguments.model or load_preset(arguments.preset).model
    parts = read_parts(arguments, {name: model_checkpoint(name, arguments.weights)})
    model = load_model(name, arguments.weights, parts.device)
    kind = prompt_kind(model, arguments.prompt)
    loop = Loop(
        parts.preset, model, parts.quality, kind, settings, parts.device, arguments.out_of_fold
    )
    networks = {"model": model.name, "model_sha256": model.sha256}
    return parts, partial(evaluate_images, loop=loop), networks


def _by_pgt(arguments: argparse.Namespace) -> "tuple[Parts, Measure, dict[str, Any]]":
    """The organ as the pGT of a blank mask shows it."""
    from HermesLib.cli.evaluate import read_parts
    from HermesLib.errors import HermesError
    from HermesLib.evaluation.pgt_runs import PgtRun, evaluate_pgt

    if arguments.model or arguments.prompt or arguments.weights != "bundled":
        raise HermesError("a promptable model takes part with --loop only; add it")
    parts = read_parts(arguments)
    run = PgtRun(
        parts.quality, arguments.threshold, arguments.seed, parts.device, arguments.out_of_fold
    )
    return parts, partial(evaluate_pgt, run=run), {"model": None}


def _listed(numbers: Iterable[float]) -> str:
    return " ".join(f"{number:g}" for number in numbers)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _show(volume: "WarpedOutcomes", done: int, total: int) -> None:
    missed = "" if volume.reached else " (no room)"
    line = f"volume {done} of {total}: {volume.patient}, {volume.warp.title}{missed}"
    _say(f"{line}, {volume.seconds:g} s")
