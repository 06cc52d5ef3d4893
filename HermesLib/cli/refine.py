"""``hermes refine``: segment an image; the quality control prompts the model."""

import argparse
from typing import Any

from HermesLib.cli.guide_options import add_guide_options, guide_fields
from HermesLib.cli.options import (
    DEFAULTS,
    add_image,
    add_labels,
    add_model,
    add_output,
    add_prompt,
    add_quality_options,
    add_selection,
    add_server,
    named_path,
    parse_count,
    parse_labels,
    shared_fields,
)
from HermesLib.prompts.settings import PromptSettings
from HermesLib.refinement.settings import RefinementSettings

PROMPT_DEFAULTS = PromptSettings()


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``refine``."""
    parser = subparsers.add_parser(
        "refine", help="segment an image; the quality control draws the prompts", allow_abbrev=False
    )
    add_image(parser)
    add_output(parser)
    add_quality_options(parser)
    add_selection(parser)
    add_model(parser)
    add_prompt(parser)
    add_loop_options(parser)
    parser.add_argument(
        "--first-prompt",
        metavar="JSON",
        type=named_path,
        help="your prompt for all selected slices instead of a random first prompt;"
        " the file is described in docs/first-prompts.md",
    )
    parser.add_argument(
        "--init",
        metavar="MASK",
        type=named_path,
        help="start from this mask instead of the model's first mask",
    )
    add_labels(parser, "--init")
    parser.add_argument(
        "--start-slice",
        metavar="N",
        type=parse_count,
        help="refine slice N first, counted from 1, then those next to it (default: the organ's"
        " middle)",
    )
    add_guide_options(parser)
    parser.set_defaults(run=run)


def add_loop_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the refinement loop."""
    add_server(parser)
    parser.add_argument(
        "--max-iterations",
        metavar="N",
        type=int,
        default=DEFAULTS.max_iterations,
        help="calls of the model after the first one (default %(default)s)",
    )
    parser.add_argument(
        "--patience",
        metavar="N",
        type=int,
        default=DEFAULTS.patience,
        help="stop a slice after N iterations without a better pDSC (default %(default)s)",
    )
    parser.add_argument(
        "--slices-at-once",
        metavar="N",
        type=parse_count,
        help="refine so many slices together (default: one on a CPU, as many as its memory holds"
        " on a GPU)",
    )
    parser.add_argument(
        "--precision",
        choices=["full", "half"],
        default="full",
        help="the model in half precision, where the processor has it; masks differ in single"
        " pixels (default %(default)s)",
    )
    parser.add_argument(
        "--keep",
        choices=["best", "last"],
        default=DEFAULTS.keep,
        help="result of a slice: its best iteration by pDSC, or its last (default %(default)s)",
    )
    parser.add_argument(
        "--pgt",
        choices=["renewed", "fixed"],
        default=DEFAULTS.pgt,
        help="draw a new pGT for every mask, or keep the first (default %(default)s)",
    )
    parser.add_argument(
        "--padding",
        metavar="PX",
        type=float,
        default=PROMPT_DEFAULTS.padding,
        help="padding of the pGT's box in pixels, scaled down on slices below 320 pixels"
        " (default %(default)g)",
    )
    parser.add_argument(
        "--keep-first-prompts",
        action="store_true",
        help="keep the random first scribbles when the pGT adds new ones",
    )
    parser.add_argument(
        "--examples",
        metavar="DIR",
        type=named_path,
        help="cases that show the organ, for models that take examples: a folder with the folders"
        " images and masks, paired by name",
    )
    parser.add_argument(
        "--example-labels",
        metavar="N[+N]|all",
        type=parse_labels,
        help="the organ's values in the examples' masks with several organs",
    )
    parser.add_argument(
        "--most-examples",
        metavar="N",
        type=int,
        default=PROMPT_DEFAULTS.most_examples,
        help="examples of a slice at most, for models that take examples; time grows with their"
        " number (default %(default)s)",
    )


def loop_fields(arguments: argparse.Namespace) -> dict[str, Any]:
    """The fields of a request that follow from model, prompt and loop options."""
    return {
        "settings": RefinementSettings(
            threshold=arguments.threshold,
            max_iterations=arguments.max_iterations,
            patience=arguments.patience,
            seed=arguments.seed,
            keep=arguments.keep,
            pgt=arguments.pgt,
        ),
        "model": arguments.model,
        "weights": arguments.weights,
        "server": arguments.server,
        "slices_at_once": arguments.slices_at_once,
        "precision": arguments.precision,
        "prompt": arguments.prompt,
        "examples": arguments.examples,
        "example_labels": arguments.example_labels,
        "prompting": PromptSettings(
            padding=arguments.padding,
            keep_first=arguments.keep_first_prompts,
            most_examples=arguments.most_examples,
        ),
    }


def run(arguments: argparse.Namespace) -> int:
    """Refine one image and print a summary."""
    fields = loop_fields(arguments)

    from HermesLib.cli.ending import print_closing
    from HermesLib.cli.running import run_and_print
    from HermesLib.models.registry import MODELS
    from HermesLib.runs.request import RefineRequest

    request = RefineRequest(
        **shared_fields(arguments),
        **guide_fields(arguments),
        **fields,
        init=arguments.init,
        first_prompt=arguments.first_prompt,
        start_slice=None if arguments.start_slice is None else arguments.start_slice - 1,
    )
    report = run_and_print(request, arguments)
    notice = MODELS[report["provenance"]["model"]["name"]].notice
    if notice:
        print_closing(notice)
    return 0
