"""``hermes assess``: quality control of any segmentation, without a promptable model."""

import argparse

from HermesLib.cli.guide_options import add_guide_options, guide_fields
from HermesLib.cli.options import (
    add_image,
    add_labels,
    add_model,
    add_output,
    add_quality_options,
    add_selection,
    named_path,
    shared_fields,
)
from HermesLib.refinement.settings import RefinementSettings


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``assess``."""
    parser = subparsers.add_parser(
        "assess", help="assess a segmentation, slice by slice", allow_abbrev=False
    )
    add_image(parser)
    parser.add_argument(
        "mask",
        metavar="MASK",
        type=named_path,
        help="the segmentation to assess, on the image's grid",
    )
    add_labels(parser, "MASK")
    add_output(parser)
    add_quality_options(parser)
    add_selection(parser)
    add_model(parser)
    add_guide_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Assess one segmentation and print a summary."""
    settings = RefinementSettings(threshold=arguments.threshold, seed=arguments.seed)

    from HermesLib.cli.running import run_and_print
    from HermesLib.runs.request import AssessRequest

    request = AssessRequest(
        **shared_fields(arguments),
        **guide_fields(arguments),
        settings=settings,
        mask=arguments.mask,
        model=arguments.model,
        weights=arguments.weights,
    )
    run_and_print(request, arguments)
    return 0
