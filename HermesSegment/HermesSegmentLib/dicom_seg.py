"""DICOM SEG through Slicer's own exporter, with the algorithm that made the segment.

The exporter and its converter (dcmqi) are part of Slicer 5.13; earlier ones have them with the
extension QuantitativeReporting.
"""

import importlib.util
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import slicer
from slicer.i18n import tr as _

from HermesLib.io.algorithm import Algorithm, identify
from HermesLib.io.whole_file import write_whole

#: How a segment's tags name its origin, which the exporter requires of segments by algorithms.
TYPE_TAG, NAME_TAG = "DICOM.SegmentAlgorithmType", "DICOM.SegmentAlgorithmName"
#: A model prompts itself, a reader decides.
ALGORITHM_TYPE = "SEMIAUTOMATIC"
_LONGEST_DESCRIPTION = 64
_EXPORTER = "DICOMSegmentationPlugin"
#: Volumes whose source files are known to be there: their instance UIDs.
_complete: set[str] = set()


def tag(segment: Any, algorithm: Algorithm) -> None:
    """Name the algorithm in a segment's tags."""
    segment.SetTag(TYPE_TAG, ALGORITHM_TYPE)
    segment.SetTag(NAME_TAG, algorithm.name)


def obstacle(volume: Any) -> str:
    """Why a volume's segmentation cannot be exported as DICOM SEG; empty if it can."""
    instances = (volume.GetAttribute("DICOM.instanceUIDs") or "").strip()
    if not instances:
        return _("DICOM SEG: the volume was not loaded from DICOM.")
    if not _has_exporter():
        return _(
            "DICOM SEG: this Slicer has no exporter; install a newer Slicer, or the extension"
            " QuantitativeReporting."
        )
    if instances in _complete:
        return ""
    database = getattr(slicer, "dicomDatabase", None)
    if database is None or not database.isOpen:
        return _("DICOM SEG: Slicer's DICOM database is not open; open the module DICOM.")
    # A file may have gone although the database knows it.
    if not all(_is_there(database, uid) for uid in instances.split()):
        return _(
            "DICOM SEG: the volume's files are not in Slicer's DICOM database;"
            " import the series again."
        )
    _complete.add(instances)
    return ""


def write(segmentation: Any, folder: Path, algorithm: Algorithm, title: str) -> Path:
    """Write a segmentation node of a DICOM volume into a folder, and into Slicer's database.

    Args:
        segmentation: its reference geometry is the volume; its segments have a terminology.
        folder: of the new file.
        algorithm: what made the segments.
        title: of the new series.

    Returns:
        The file.

    Raises:
        RuntimeError: the exporter refuses the segmentation, or fails.
    """
    from DICOMSegmentationPlugin import DICOMSegmentationExporter

    path = folder / f"{title.replace(' ', '-')}-{datetime.now():%Y-%m-%d-%H%M%S}.seg.dcm"
    exporter = DICOMSegmentationExporter(segmentation, "HERMES")
    description = f"{algorithm.name}: {title}"[:_LONGEST_DESCRIPTION]
    try:
        # The object is complete before it is in the user's folder or in the database.
        with tempfile.TemporaryDirectory(dir=slicer.app.temporaryPath) as temporary:
            exporter.export(temporary, path.name, {"SeriesDescription": description})
            written = Path(temporary) / path.name
            identify(written, algorithm)
            write_whole(path, written.read_bytes())
    except Exception as error:
        # The exporter raises what Slicer, its converter or the system does.
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise RuntimeError(_("DICOM SEG: {reason}").format(reason=lines[-1])) from error
    finally:
        exporter.cleanup()
    slicer.dicomDatabase.insert(str(path))
    return path


def _has_exporter() -> bool:
    # Slicer loads its plugins itself; modules that are loaded so may have no import specification.
    return _EXPORTER in sys.modules or importlib.util.find_spec(_EXPORTER) is not None


def _is_there(database: Any, uid: str) -> bool:
    name = database.fileForInstance(uid)
    return bool(name) and Path(name).is_file()
