"""Reading image files through SimpleITK; every error is one line for the user."""

import hashlib
from pathlib import Path
from typing import IO, cast

import SimpleITK

from HermesLib.errors import HermesError
from HermesLib.io.dicom.headers import looks_like_dicom
from HermesLib.io.dicom.metadata import image_with_metadata
from HermesLib.io.dicom.series import read_series, series_sha256
from HermesLib.io.digest import DigestedStream, file_sha256
from HermesLib.io.metadata_keys import ORIENTATION
from HermesLib.io.nifti import NiftiFile, open_nifti, read_nifti
from HermesLib.io.png import is_png, read_grey_png, read_label_png
from HermesLib.io.right_angles import with_right_angles
from HermesLib.io.suffixes import NIFTI_SUFFIXES, VOLUME_SUFFIXES
from HermesLib.io.text_headers import check_text_header


def read_image(
    path: Path, role: str = "the image", series: str | None = None, channel: int | None = None
) -> tuple[SimpleITK.Image, str]:
    """Read a scalar 3D image (a 2D image becomes a volume of one slice) and hash its bytes.

    Args:
        path: a NIfTI, NRRD or MetaImage file, a PNG, a folder of DICOM files, or a DICOM file.
        role: what the image is to the run, for notices.
        series: which series of a DICOM folder: its number in the list, or its UID.
        channel: which volume of a 4D NIfTI file.

    Returns:
        The image and the SHA-256 of its bytes.

    Raises:
        HermesError: missing, unreadable, of unknown type, 4D, colour, complex, sheared, or without
            a voxel; a DICOM folder whose volume is not clear or cannot be placed.
    """
    SimpleITK.ProcessObject.SetGlobalWarningDisplay(False)
    if path.is_dir() or is_dicom_file(path):
        found = read_series(path, series)
        return image_with_metadata(found), found.sha256
    if series is not None:
        raise HermesError("a series can be chosen in a folder of DICOM files only; leave it out")
    _require_content(path)
    if is_png(path):
        return read_grey_png(path), file_sha256(path)
    return _read_volume_file(path, role, channel)


def open_volume(path: Path, role: str, channel: int | None = None) -> tuple[NiftiFile, str] | None:
    """A NIfTI file whose voxels are read plane by plane, and the SHA-256 of its bytes.

    None for other files, which :func:`read_image` reads whole.

    Raises:
        HermesError: missing, empty, or see :func:`HermesLib.io.nifti.open_nifti`.
    """
    if not path.name.lower().endswith(NIFTI_SUFFIXES) or path.is_dir():
        return None
    _require_content(path)
    with open(path, "rb") as stream:
        digested = DigestedStream(stream)
        opened = open_nifti(cast(IO[bytes], digested), path.name, role, channel)
        return opened, digested.finish()


def read_label_image(path: Path, role: str = "the label map") -> SimpleITK.Image:
    """Read a mask or a label map: as :func:`read_image`, but a PNG's indices or bits are labels.

    Raises:
        HermesError: as there.
    """
    if is_png(path) and path.is_file():
        _require_content(path)
        return read_label_png(path)
    return read_image(path, role)[0]


def _require_content(path: Path) -> None:
    if not path.is_file():
        raise HermesError(f"no file or folder {path}")
    if path.stat().st_size == 0:
        raise HermesError(f"{path.name} is empty")


def _read_volume_file(path: Path, role: str, channel: int | None) -> tuple[SimpleITK.Image, str]:
    if not path.name.lower().endswith(VOLUME_SUFFIXES):
        raise HermesError(
            f"{path.name} has an unknown type;"
            f" use {', '.join(VOLUME_SUFFIXES)}, .png or the folder of a DICOM series"
        )
    if path.name.lower().endswith(NIFTI_SUFFIXES):
        content = path.read_bytes()
        return read_nifti(content, path.name, role, channel), hashlib.sha256(content).hexdigest()
    try:
        image = SimpleITK.ReadImage(str(path))
    except RuntimeError as error:
        raise HermesError(
            f"{path.name} cannot be read as an image: damaged, cut off, or not what its name says"
        ) from error
    volume = as_volume(image, path.name, role)
    if not check_text_header(path, role):
        volume.SetMetaData(ORIENTATION, "unknown")
    return volume, file_sha256(path)


def image_sha256(path: Path, series: str | None = None) -> str:
    """The SHA-256 that :func:`read_image` gives, without reading the image.

    Raises:
        HermesError: missing, or a folder without a DICOM series, or with several.
    """
    if path.is_dir() or is_dicom_file(path):
        return series_sha256(path, series)
    if not path.is_file():
        raise HermesError(f"no file or folder {path}")
    return file_sha256(path)


def is_dicom_file(path: Path) -> bool:
    """Whether a path is a DICOM file, which may have any name."""
    known = path.name.lower().endswith((*VOLUME_SUFFIXES, ".png"))
    return not known and path.is_file() and looks_like_dicom(path)


def as_volume(image: SimpleITK.Image, name: str, role: str = "the image") -> SimpleITK.Image:
    """A scalar image as a 3D image; ``name`` is for messages, ``role`` for notices.

    Raises:
        HermesError: 4D, colour, complex, sheared, or without a voxel.
    """
    if "complex" in image.GetPixelIDTypeAsString():
        raise HermesError(f"{name} holds complex voxels; export their magnitude")
    if image.GetNumberOfComponentsPerPixel() != 1:
        raise HermesError(
            f"{name} is a colour or vector image; use an image with one grey value per voxel"
        )
    if image.GetDimension() == 4 and image.GetSize()[3] == 1:
        image = image[:, :, :, 0]
    if image.GetDimension() == 2:
        image = SimpleITK.JoinSeries([image])
    if image.GetDimension() != 3:
        raise HermesError(
            f"{name} has {image.GetDimension()} dimensions; use a single volume or slice"
        )
    if 0 in image.GetSize():
        raise HermesError(f"{name} contains no slices")
    return with_right_angles(image, name, role)
