"""``hermes evaluate guide``: does the loop correct what a guide got wrong?"""

import argparse
import sys
from pathlib import Path

from HermesLib.cli.options import add_prompt
from HermesLib.models.registry import bundled_models

#: Sizes of the errors, in multiples of the organ's radius in a slice.
LEVELS = (0.1, 0.25, 0.5)


def add_parser(
    kinds: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> argparse.ArgumentParser:
    """Add ``evaluate guide``."""
    parser = kinds.add_parser(
        "guide", help="true Dice of a guide and of the masks that the loop makes of it"
    )
    parser.add_argument(
        "--guide",
        type=Path,
        metavar="FOLDER",
        help="masks named as the images; without it, corrupted truths at three levels",
    )
    parser.add_argument(
        "--levels",
        type=float,
        nargs="+",
        default=LEVELS,
        metavar="L",
        help="size of the corrupted truths' errors in radii of the organ (default %(default)s)",
    )
    parser.add_argument("--organ", metavar="NAME", help="an organ without a preset")
    parser.add_argument("--modality", choices=["CT", "MR"], default="CT", help="of --organ")
    parser.add_argument(
        "--models",
        nargs="+",
        default=list(bundled_models()),
        metavar="NAME",
        help="with bundled weights (default: all)",
    )
    add_prompt(parser)
    parser.add_argument("--threshold", type=float, default=0.9)
    parser.set_defaults(run=run)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Measure guides and results."""
    from dataclasses import asdict

    from HermesLib.cli.evaluate import publish, show_progress
    from HermesLib.devices import select_device
    from HermesLib.evaluation.cases import CaseSelection, select_cases
    from HermesLib.evaluation.guided_runs import (
        GuidedLoop,
        corrupted,
        from_folder,
        guided_figures,
        guided_slices,
    )
    from HermesLib.models.registry import load_model, prompt_kind
    from HermesLib.presets.organs import organ_preset
    from HermesLib.presets.registry import load_preset
    from HermesLib.refinement.settings import RefinementSettings

    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    named = arguments.organ
    preset = organ_preset(named, arguments.modality) if named else load_preset(arguments.preset)
    selection = CaseSelection(arguments.split, arguments.part, tuple(arguments.patients or ()))
    cases = select_cases(arguments.data, preset.organ_label, selection, say)
    device = select_device(arguments.device)
    settings = RefinementSettings(threshold=arguments.threshold, seed=arguments.seed)
    guides = {
        f"corrupted {level:g}": corrupted(level, arguments.seed) for level in arguments.levels
    }
    if arguments.guide is not None:
        guides = {"folder": from_folder(arguments.guide)}
    figures: dict[str, object] = {"preset": preset.name, "threshold": arguments.threshold}
    details = {}
    for name in arguments.models:
        model = load_model(name, "bundled", device)
        loop = GuidedLoop(preset, model, prompt_kind(model, arguments.prompt), settings, device)
        for guide, make_guide in guides.items():
            say(f"{name}, {guide}")
            slices = guided_slices(cases, loop, make_guide, show_progress)
            figures[f"{name}, {guide}"] = guided_figures(slices, arguments.threshold)
            details[f"{name}, {guide}"] = [asdict(item) for item in slices]
    return publish(figures, {"slices": details}, arguments.output)
