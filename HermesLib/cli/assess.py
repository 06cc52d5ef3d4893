"""``hermes assess``: quality control of any segmentation, without a promptable model."""

import argparse
from pathlib import Path

from HermesLib.cli.options import add_output, add_quality_options, shared_fields
from HermesLib.refinement.settings import RefinementSettings


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``assess``."""
    parser = subparsers.add_parser(
        "assess", help="judge a segmentation, slice by slice", allow_abbrev=False
    )
    parser.add_argument(
        "image",
        metavar="IMAGE",
        type=Path,
        help="NIfTI, NRRD, MHA, a folder of DICOM files or a 2D PNG",
    )
    parser.add_argument(
        "mask", metavar="MASK", type=Path, help="the segmentation to judge, on the image's grid"
    )
    add_output(parser)
    add_quality_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Assess one segmentation and say what came of it."""
    settings = RefinementSettings(threshold=arguments.threshold, seed=arguments.seed)

    from HermesLib.cli.running import run_and_tell
    from HermesLib.runs.request import AssessRequest

    request = AssessRequest(**shared_fields(arguments), settings=settings, mask=arguments.mask)
    run_and_tell(request, arguments)
    return 0
