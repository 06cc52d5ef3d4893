"""All images that a folder holds, in its subfolders too."""

import os
from dataclasses import dataclass
from pathlib import Path

from HermesLib.errors import HermesError
from HermesLib.io.dicom.frame import Frame
from HermesLib.io.dicom.headers import (
    frames_of,
    is_cut_off,
    is_image,
    looks_like_dicom,
    read_header,
)

_DIRECTORY = "DICOMDIR"


@dataclass(frozen=True, eq=False)
class FolderContent:
    """What was found.

    Attributes:
        frames: of all images, in the order of the files' paths.
        damaged: how many files begin as DICOM files do and cannot be read.
        others: how many hold something else: reports, segmentations, directories.
    """

    frames: tuple[Frame, ...]
    damaged: int
    others: int


def read_folder(path: Path) -> FolderContent:
    """Read the headers of all DICOM files of a folder, or of a single file.

    Raises:
        HermesError: the folder cannot be searched.
    """
    frames: list[Frame] = []
    damaged = others = 0
    for file in dicom_files(path):
        try:
            found = _frames_in(file)
        except Exception:
            # pydicom raises what a damaged element makes it stumble over, when it is asked for.
            damaged += 1
            continue
        others += found is None
        frames += found or ()
    return FolderContent(tuple(frames), damaged, others)


def _frames_in(file: Path) -> list[Frame] | None:
    """The frames of an image; None for a file of another kind.

    Raises:
        Exception: damaged.
    """
    header = read_header(file)
    if header is None or is_cut_off(header):
        raise ValueError("damaged")
    return frames_of(file, header) if is_image(header) else None


def dicom_files(path: Path) -> list[Path]:
    """The files of a folder that begin as DICOM files do; of a DICOMDIR, those beside it.

    Raises:
        HermesError: the folder cannot be searched.
    """
    if path.name.upper() == _DIRECTORY and path.is_file():
        path = path.parent
    return [file for file in (_files(path) if path.is_dir() else [path]) if looks_like_dicom(file)]


def _files(folder: Path) -> list[Path]:
    def fail(error: OSError) -> None:
        raise HermesError("the folder cannot be searched for DICOM files") from error

    found = [
        Path(parent) / name
        for parent, _, names in os.walk(folder, onerror=fail)
        for name in names
        if not name.startswith(".")
    ]
    return sorted(file for file in found if file.is_file())
