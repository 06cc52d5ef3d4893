"""The headers of DICOM files as frames. Pixels are not read here."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from pydicom.dataset import Dataset

from HermesLib.io.dicom.attributes import Lookup, read_attributes
from HermesLib.io.dicom.frame import Frame

_PREAMBLE = 128
_MAGIC = b"DICM"
#: First elements of files without a preamble: groups 0002 and 0008, little endian.
_FIRST_GROUPS = (b"\x02\x00", b"\x08\x00")
#: Sequences of functional groups that are nested in others.
_NESTED = ("DiffusionGradientDirectionSequence",)
_IDENTITY = (
    "PatientID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SeriesNumber",
    "SeriesDescription",
    "Modality",
)
_GREY = ("MONOCHROME1", "MONOCHROME2")
#: Modalities of files with pixels that show no patient.
_NO_IMAGES = ("SEG", "RTDOSE")


def looks_like_dicom(path: Path) -> bool:
    """Whether a file begins as DICOM files do, with or without the preamble."""
    try:
        with open(path, "rb") as stream:
            start = stream.read(_PREAMBLE + len(_MAGIC))
    except OSError:
        return False
    return start[_PREAMBLE:] == _MAGIC or start[:2] in _FIRST_GROUPS


def read_header(path: Path) -> Dataset | None:
    """Everything but the pixels; None where the file is damaged or no DICOM."""
    try:
        header = pydicom.dcmread(path, stop_before_pixels=True, force=True)
        return header if _has_content(header) else None
    except Exception:
        # pydicom raises what a damaged file makes it stumble over: no list of kinds is complete.
        return None


def is_image(header: Dataset) -> bool:
    """Whether a header belongs to an image: not to a report, a directory, a mask or a dose."""
    return "Rows" in header and "Columns" in header and header.get("Modality") not in _NO_IMAGES


def is_cut_off(header: Dataset) -> bool:
    """Whether a header announces an image and ends before it says its size."""
    meta = getattr(header, "file_meta", None) or {}
    kind = header.get("SOPClassUID") or meta.get("MediaStorageSOPClassUID") or ""
    return "Image Storage" in pydicom.uid.UID(str(kind)).name and "Rows" not in header


def frames_of(path: Path, header: Dataset) -> list[Frame]:
    """The frames of an image's file.

    Raises:
        Exception: as pydicom raises where an element is damaged.
    """
    count = int(header.get("NumberOfFrames") or 1)
    if count == 1 and "PerFrameFunctionalGroupsSequence" not in header:
        return [_frame(path, None, header, _finder(header, {}))]
    groups = _functional_groups(header, count)
    return [_frame(path, number, header, find) for number, find in enumerate(groups)]


def _has_content(header: Dataset) -> bool:
    return (
        "SOPClassUID" in header
        or "Rows" in header
        or "MediaStorageSOPClassUID" in (getattr(header, "file_meta", None) or ())
    )


def _functional_groups(header: Dataset, count: int) -> Iterator[Lookup]:
    """Finds elements frame by frame: in the frame's groups, the shared ones, the whole file."""
    shared: dict[Any, Any] = {}
    for item in header.get("SharedFunctionalGroupsSequence") or ():
        _collect(item, shared)
    items = header.get("PerFrameFunctionalGroupsSequence") or ()
    for number in range(count):
        found = dict(shared)
        if number < len(items):
            _collect(items[number], found)
        if count > 1:
            # Of the file as a whole, it is the first frame's, or that of all in a film.
            found.setdefault("ImagePositionPatient", None)
        yield _finder(header, found)


def _finder(header: Dataset, found: dict[Any, Any]) -> Lookup:
    def find(name: str | tuple[int, int]) -> Any:
        if name in found:
            return found[name]
        if isinstance(name, str):
            return header.get(name)
        return header[name].value if name in header else None

    return find


def _collect(group: Dataset, found: dict[Any, Any]) -> None:
    for element in group:
        if element.VR != "SQ":
            continue
        for item in element.value[:1]:
            for part in item:
                if part.VR != "SQ":
                    found[part.keyword or (part.tag.group, part.tag.element)] = part.value
                elif part.keyword in _NESTED and part.value:
                    _collect(item, found)


def _frame(path: Path, number: int | None, header: Dataset, find: Lookup) -> Frame:
    position = _numbers(find("ImagePositionPatient"), 3)
    orientation = _orientation(find("ImageOrientationPatient"))
    spacing = _numbers(find("PixelSpacing"), 2)
    if spacing is not None and not (spacing > 0).all():
        spacing = None
    image_type = tuple(str(part).upper() for part in _several(header.get("ImageType")))
    return Frame(
        path=path,
        number=number,
        sop_instance=str(header.get("SOPInstanceUID") or ""),
        series=str(header.get("SeriesInstanceUID") or ""),
        instance=None if number is not None else _integer(header.get("InstanceNumber")),
        size=(int(header.Rows), int(header.Columns)),
        position=position,
        orientation=orientation,
        spacing=None if spacing is None else (float(spacing[0]), float(spacing[1])),
        thickness=_thickness(find),
        frame_of_reference=str(header.get("FrameOfReferenceUID") or ""),
        identity=tuple(str(header.get(name) or "") for name in _IDENTITY),
        attributes=read_attributes(find),
        series_number=_integer(header.get("SeriesNumber")),
        description=_description(header),
        modality=str(header.get("Modality") or ""),
        body_part=str(header.get("BodyPartExamined") or ""),
        scout="LOCALIZER" in image_type,
        slope=_number(find("RescaleSlope"), 1.0),
        intercept=_number(find("RescaleIntercept"), 0.0),
        padding=_padding(header),
        inverted=header.get("PhotometricInterpretation") == "MONOCHROME1",
        problem=_problem(header, image_type, position, orientation, spacing),
    )


def _problem(
    header: Dataset,
    image_type: tuple[str, ...],
    position: np.ndarray | None,
    orientation: np.ndarray | None,
    spacing: np.ndarray | None,
) -> str:
    photometric = header.get("PhotometricInterpretation") or _GREY[1]
    if int(header.get("SamplesPerPixel") or 1) != 1 or photometric not in _GREY:
        return "is a colour picture; HERMES reads grey images"
    if "MOSAIC" in image_type:
        return (
            "holds all its slices in one picture, a mosaic; export the slices as files of their"
            " own, or convert the series to NIfTI (dcm2niix)"
        )
    stored = header.get("BitsStored")
    if stored and header.get("HighBit", stored - 1) != stored - 1:
        return "holds its values in the upper bits, as old files do; convert it with other software"
    if header.get("ModalityLUTSequence"):
        return "maps its values by a table (Modality LUT); HERMES reads a slope and an intercept"
    names = {
        "ImagePositionPatient": position,
        "ImageOrientationPatient": orientation,
        "PixelSpacing": spacing,
    }
    missing = [name for name, value in names.items() if value is None]
    if missing:
        return (
            f"does not say where its slices lie: no usable {', no '.join(missing)};"
            " export the series again, with its geometry"
        )
    return ""


def _description(header: Dataset) -> str:
    text = header.get("SeriesDescription") or header.get("ProtocolName") or ""
    return " ".join(str(text).split())


def _several(value: Any) -> list[Any]:
    if value is None:
        return []
    return [value] if isinstance(value, str | int | float) else list(value)


def _numbers(value: Any, count: int) -> np.ndarray | None:
    try:
        numbers = np.array([float(part) for part in _several(value)])
    except (TypeError, ValueError):
        return None
    return numbers if len(numbers) == count and np.isfinite(numbers).all() else None


def _orientation(value: Any) -> np.ndarray | None:
    """(2, 3), of length 1 and perpendicular; None where the numbers are no orientation."""
    numbers = _numbers(value, 6)
    if numbers is None:
        return None
    along_row, along_column = numbers.reshape(2, 3)
    lengths = np.linalg.norm([along_row, along_column], axis=1)
    if abs(lengths - 1).max() > 0.01 or abs(along_row @ along_column) > 0.01:
        return None
    along_row = along_row / lengths[0]
    along_column = along_column - (along_column @ along_row) * along_row
    return np.stack([along_row, along_column / np.linalg.norm(along_column)])


def _thickness(find: Lookup) -> float | None:
    for keyword in ("SpacingBetweenSlices", "SliceThickness"):
        value = _number(find(keyword), 0.0)
        if value > 0:
            return value
    return None


def _number(value: Any, missing: float) -> float:
    numbers = _numbers(value, 1)
    return missing if numbers is None else float(numbers[0])


def _integer(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


def _padding(header: Dataset) -> tuple[int, int] | None:
    value = _integer(header.get("PixelPaddingValue"))
    if value is None:
        return None
    limit = _integer(header.get("PixelPaddingRangeLimit"))
    ends = sorted((value, value if limit is None else limit))
    return ends[0], ends[1]
