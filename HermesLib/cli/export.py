"""``hermes export``: write a result as a DICOM Segmentation object for the archive."""

import argparse
from pathlib import Path


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``export``."""
    parser = subparsers.add_parser(
        "export", help="write a segmentation as DICOM SEG", allow_abbrev=False
    )
    parser.add_argument(
        "mask",
        metavar="MASK",
        type=Path,
        help="the segmentation, e.g. segmentation.nii.gz of a run",
    )
    parser.add_argument(
        "--dicom",
        required=True,
        type=Path,
        metavar="FOLDER",
        help="the DICOM series that was segmented",
    )
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        type=Path,
        metavar="FILE",
        help="the file to write, e.g. prostate.seg.dcm",
    )
    parser.add_argument("--preset", default="prostate-t2", help="organ (default: %(default)s)")
    parser.add_argument(
        "--model", default="", help="name of the promptable model, for the object's algorithm name"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write one file and print its name."""
    from HermesLib.io.dicom_seg import write_dicom_seg
    from HermesLib.presets.registry import load_preset

    organ = load_preset(arguments.preset).organ
    frames = write_dicom_seg(
        arguments.mask, arguments.dicom, organ, arguments.model, arguments.output
    )
    print(f"{arguments.output}: {organ.meaning}, {frames} frames")
    return 0
