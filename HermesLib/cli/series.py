"""``hermes series``: the volumes of a DICOM folder with their numbers, for ``--series``."""

import argparse
from pathlib import Path


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``series``."""
    parser = subparsers.add_parser(
        "series", help="list the series of a DICOM folder", allow_abbrev=False
    )
    parser.add_argument(
        "folder", metavar="FOLDER", type=Path, help="DICOM files, also in subfolders"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print one line for each volume: number, description, modality, slices, size."""
    from HermesLib.errors import HermesError
    from HermesLib.io.dicom.choice import describe, listed
    from HermesLib.io.dicom.pixels import PixelReader
    from HermesLib.io.dicom.series import find_stacks

    if not arguments.folder.exists():
        raise HermesError("there is no such folder")
    for number, stack in enumerate(listed(find_stacks(arguments.folder, PixelReader())), start=1):
        problem = f": {stack.problem}" if stack.problem else ""
        print(f"{number}  {describe(stack)}{problem}")
    return 0
