"""Reading and writing image files through SimpleITK; every error is one line for the user."""

import hashlib
import os
import tempfile
from pathlib import Path

import SimpleITK

from HermesLib.errors import HermesError
from HermesLib.io.digest import file_sha256, files_sha256
from HermesLib.io.nifti import read_nifti
from HermesLib.io.png import is_png, read_grey_png, read_label_png
from HermesLib.io.right_angles import with_right_angles
from HermesLib.io.suffixes import NIFTI_SUFFIXES, VOLUME_SUFFIXES
from HermesLib.notices import notice

#: Key of an image's metadata: the instance numbers of a DICOM series along the third axis.
INSTANCES = "hermes_dicom_instances"
_INSTANCE_NUMBER = "0020|0013"


def read_image(path: Path, role: str = "the image") -> tuple[SimpleITK.Image, str]:
    """Read a scalar 3D image (a 2D image becomes a volume of one slice) and hash its bytes.

    Args:
        path: a NIfTI, NRRD or MetaImage file, a PNG, or the folder of a DICOM series.
        role: what the image is to the run, for notices.

    Returns:
        The image and the SHA-256 of its bytes.

    Raises:
        HermesError: missing, unreadable, of unknown type, 4D, colour, complex, sheared, or without
            a voxel.
    """
    SimpleITK.ProcessObject.SetGlobalWarningDisplay(False)
    if path.is_dir():
        return _read_series(path)
    _require_content(path)
    if is_png(path):
        return read_grey_png(path), file_sha256(path)
    return _read_volume_file(path, role)


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


def _read_volume_file(path: Path, role: str) -> tuple[SimpleITK.Image, str]:
    if not path.name.lower().endswith(VOLUME_SUFFIXES):
        raise HermesError(
            f"{path.name} has an unknown type;"
            f" use {', '.join(VOLUME_SUFFIXES)}, .png or the folder of a DICOM series"
        )
    if path.name.lower().endswith(NIFTI_SUFFIXES):
        content = path.read_bytes()
        return read_nifti(content, path.name, role), hashlib.sha256(content).hexdigest()
    try:
        image = SimpleITK.ReadImage(str(path))
    except RuntimeError as error:
        raise HermesError(
            f"{path.name} cannot be read as an image: damaged, cut off, or not what its name says"
        ) from error
    return as_volume(image, path.name, role), file_sha256(path)


def image_sha256(path: Path) -> str:
    """The SHA-256 that :func:`read_image` gives, without reading the image.

    Raises:
        HermesError: missing, or a folder without a DICOM series.
    """
    if path.is_dir():
        return files_sha256(series_files(path))
    if not path.is_file():
        raise HermesError(f"no file or folder {path}")
    return file_sha256(path)


def write_image(image: SimpleITK.Image, path: Path) -> None:
    """Write an image so that a reader never sees half of it; SimpleITK must know the suffix."""
    suffix = "".join(path.suffixes[-2:]) if path.name.endswith(".gz") else path.suffix
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".hermes-", suffix=suffix)
    os.close(handle)
    try:
        SimpleITK.WriteImage(image, temporary, True)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)


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


def series_files(folder: Path) -> list[str]:
    """The files of the DICOM series in a folder, in stacking order; of several the longest.

    Raises:
        HermesError: no series, or two of equal length.
    """
    names = SimpleITK.ImageSeriesReader.GetGDCMSeriesFileNames
    files_of = {series: list(names(str(folder), series)) for series in _series_ids(folder)}
    if not files_of:
        raise HermesError(f"the folder {folder.name} contains no DICOM series")
    lengths = sorted((len(files) for files in files_of.values()), reverse=True)
    if len(lengths) > 1:
        if lengths[0] == lengths[1]:
            raise HermesError(
                f"the folder {folder.name} contains {len(files_of)} DICOM series of equal length;"
                " use a folder with one of them"
            )
        notice(
            "series-chosen",
            f"the folder contains {len(files_of)} DICOM series;"
            f" the longest is used ({lengths[0]} files)",
        )
    return max(files_of.values(), key=len)


def _read_series(folder: Path) -> tuple[SimpleITK.Image, str]:
    files = series_files(folder)
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(files)
    reader.MetaDataDictionaryArrayUpdateOn()
    try:
        image = reader.Execute()
    except RuntimeError as error:
        raise HermesError(
            f"the DICOM series in {folder.name} cannot be read: damaged, or slices of unequal size"
        ) from error
    numbers = [
        reader.GetMetaData(place, _INSTANCE_NUMBER).strip()
        if reader.HasMetaDataKey(place, _INSTANCE_NUMBER)
        else ""
        for place in range(len(files))
    ]
    volume = as_volume(image, folder.name)
    volume.SetMetaData(INSTANCES, ",".join(numbers))
    return volume, files_sha256(files)


def _series_ids(folder: Path) -> tuple[str, ...]:
    try:
        return SimpleITK.ImageSeriesReader.GetGDCMSeriesIDs(str(folder))
    except RuntimeError as error:
        raise HermesError(f"the folder {folder.name} cannot be searched for DICOM files") from error
