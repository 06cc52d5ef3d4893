"""``hermes export``: write a result as a DICOM Segmentation object for the archive."""

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from HermesLib.cli.options import add_labels, add_series, named_path

if TYPE_CHECKING:
    from HermesLib.io.coded_concept import Code


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``export``."""
    parser = subparsers.add_parser(
        "export", help="write a segmentation as DICOM SEG", allow_abbrev=False
    )
    parser.add_argument(
        "mask",
        metavar="MASK",
        type=named_path,
        help="the segmentation, e.g. segmentation.nii.gz of a run",
    )
    add_labels(parser, "MASK")
    parser.add_argument(
        "--dicom",
        required=True,
        type=named_path,
        metavar="FOLDER",
        help="the DICOM series that was segmented",
    )
    add_series(parser)
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        type=named_path,
        metavar="FILE",
        help="the file to write, e.g. prostate.seg.dcm",
    )
    parser.add_argument(
        "--preset",
        metavar="NAME|FILE",
        help="the organ: a preset's name or file, or an organ with its modality, such as liver-ct"
        " (default: that of the run)",
    )
    parser.add_argument(
        "--report",
        type=named_path,
        metavar="FILE",
        help="the run's report.json: its organ, version, weights and seed are stored in the object"
        " (default: the one beside MASK)",
    )
    parser.add_argument(
        "--model", default="", help="name of the promptable model where there is no report"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write one file and print its name."""
    from HermesLib.io.algorithm import Algorithm
    from HermesLib.io.dicom_seg import write_dicom_seg

    provenance = _provenance(arguments)
    organ = _organ(arguments.preset, provenance)
    algorithm = Algorithm(arguments.model)
    if provenance is not None:
        algorithm = Algorithm.from_provenance(provenance)
    frames = write_dicom_seg(
        arguments.mask,
        arguments.dicom,
        organ,
        algorithm,
        arguments.output,
        arguments.labels,
        arguments.series,
        _image_sha256(provenance),
    )
    print(f"{arguments.output}: {organ.meaning}, {frames} frames")
    return 0


def _organ(preset: str | None, provenance: Mapping[str, Any] | None) -> "Code":
    """The organ that is named, or that of the run.

    Raises:
        HermesError: neither is known.
    """
    from HermesLib.errors import HermesError
    from HermesLib.presets.organs import named_preset

    if preset is not None:
        return named_preset(preset).organ
    if provenance is None:
        raise HermesError(
            "no report.json beside the mask says which organ it shows; name the organ with"
            " --preset, such as prostate-t2, spleen-ct or liver-ct"
        )
    of_run = str(provenance.get("preset"))
    try:
        return named_preset(of_run).organ
    except HermesError as error:
        raise HermesError(
            f"the preset '{of_run}' of the run is not here; name its file, or the organ, with"
            " --preset"
        ) from error


def _image_sha256(provenance: Mapping[str, Any] | None) -> str:
    image = (provenance or {}).get("image")
    return str(image.get("sha256") or "") if isinstance(image, Mapping) else ""


def _provenance(arguments: argparse.Namespace) -> dict[str, Any] | None:
    """Of the run that made the mask; None where no report is given and none lies beside it.

    Raises:
        HermesError: the report that was named cannot be read, or lists another mask.
    """
    from HermesLib.io.staged_folder import MANIFEST, finish_moves
    from HermesLib.runs.stored import read_report, require_listed

    path = arguments.report or arguments.mask.with_name(MANIFEST)
    finish_moves(arguments.mask.parent)
    if arguments.report is None and not path.is_file():
        return None
    report = read_report(path)
    require_listed(arguments.mask, report)
    provenance: dict[str, Any] = report["provenance"]
    return provenance
