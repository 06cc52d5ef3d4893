"""``hermes assess``: quality control of any segmentation, without a promptable model.

A folder of masks, or a label map with a table of names, is judged organ by organ
(:mod:`HermesLib.cli.assess_organs`).
"""

import argparse
from pathlib import Path

from HermesLib.cli.cluster_options import add_cluster_options, wants_cluster
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
from HermesLib.errors import HermesError
from HermesLib.io.suffixes import VOLUME_SUFFIXES
from HermesLib.refinement.settings import RefinementSettings


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``assess``."""
    parser = subparsers.add_parser(
        "assess", help="assess a segmentation, slice by slice", allow_abbrev=False
    )
    add_image(parser)
    parser.add_argument(
        "mask",
        metavar="MASK|FOLDER",
        type=named_path,
        help="the segmentation to assess, on the image's grid; or a folder with a mask for each"
        " organ, named by it (liver.nii.gz), as TotalSegmentator writes it",
    )
    parser.add_argument(
        "--label-names",
        metavar="TABLE",
        type=named_path,
        help="assess all organs of a label map: the names of its values, as CSV, JSON or a colour"
        " table",
    )
    add_labels(parser, "MASK")
    add_output(parser)
    add_quality_options(parser)
    add_selection(parser)
    add_model(parser)
    add_guide_options(parser)
    add_cluster_options(parser)
    parser.set_defaults(run=run)


def is_organ_folder(path: Path) -> bool:
    """Whether a path is a folder with a mask for each organ; a DICOM SEG may be a folder, too."""
    return path.is_dir() and any(
        file.name.lower().endswith(VOLUME_SUFFIXES) for file in path.iterdir()
    )


def run(arguments: argparse.Namespace) -> int:
    """Assess one segmentation and print a summary, or all organs of a folder and print a table."""
    if arguments.label_names is not None or is_organ_folder(arguments.mask):
        from HermesLib.cli.assess_organs import run_organs

        return run_organs(arguments)
    if wants_cluster(arguments):
        raise HermesError(
            "--workers and --scheduler are for a folder of masks, or a label map with --label-names"
        )
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
