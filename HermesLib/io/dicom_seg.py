"""A mask as a DICOM Segmentation object of the series it belongs to (DICOM PS3.3, A.51).

Written through highdicom.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from HermesLib import __version__
from HermesLib.errors import HermesError
from HermesLib.io.algorithm import Algorithm
from HermesLib.io.coded_concept import Code
from HermesLib.io.image_files import series_files
from HermesLib.io.mask_values import Labels
from HermesLib.io.masks import read_mask
from HermesLib.io.volumes import read_volume

if TYPE_CHECKING:
    from highdicom.sr import CodedConcept
    from pydicom import Dataset

_ANATOMICAL_STRUCTURE = Code("SCT", "123037004", "Anatomical Structure")
_SERIES_NUMBER = 901


def write_dicom_seg(
    mask: Path,
    series: Path,
    organ: Code,
    algorithm: Algorithm,
    path: Path,
    labels: Labels = None,
) -> int:
    """Write a mask file as one binary segment.

    The algorithm's type is SEMIAUTOMATIC.

    Args:
        mask: on the series' grid, else resampled (nearest neighbour).
        series: the folder of the DICOM series.
        organ: what the segment is.
        algorithm: what made the mask.
        path: of the new file; it must not exist.
        labels: the organ's values in the mask, where that is a label map of several organs.

    Returns:
        The number of frames.

    Raises:
        HermesError: highdicom is not installed; unreadable input; an empty mask; a
            series that highdicom rejects.
    """
    try:
        import highdicom
        from pydicom.sr.codedict import codes
    except ImportError as error:
        raise HermesError(
            "DICOM SEG needs highdicom: pip install 'hermes-segment[dicom]'"
        ) from error
    if path.exists():
        raise HermesError(f"{path.name} already exists; choose another name")
    volume = read_volume(series)
    voxels = volume.axes.to_voxels(read_mask(mask, volume, labels)).astype(np.uint8)
    if not voxels.any():
        raise HermesError(f"{mask.name} is empty; a DICOM SEG needs at least one voxel")
    files = series_files(series)
    description = highdicom.seg.SegmentDescription(
        segment_number=1,
        segment_label=organ.meaning,
        segmented_property_category=_coded(_ANATOMICAL_STRUCTURE),
        segmented_property_type=_coded(organ),
        algorithm_type=highdicom.seg.SegmentAlgorithmTypeValues.SEMIAUTOMATIC,
        algorithm_identification=highdicom.AlgorithmIdentificationSequence(
            name=algorithm.name,
            family=codes.cid7162.ArtificialIntelligence,
            version=algorithm.version,
            parameters=dict(algorithm.parameters) or None,
        ),
        tracking_uid=highdicom.UID(),
        tracking_id=f"{organ.meaning} 1",
    )
    occupied = [bool(plane.any()) for plane in voxels]
    try:
        segmentation = highdicom.seg.Segmentation(
            source_images=[
                _source(file) for file, used in zip(files, occupied, strict=True) if used
            ],
            pixel_array=voxels[np.array(occupied)],
            segmentation_type=highdicom.seg.SegmentationTypeValues.BINARY,
            segment_descriptions=[description],
            series_instance_uid=highdicom.UID(),
            series_number=_SERIES_NUMBER,
            sop_instance_uid=highdicom.UID(),
            instance_number=1,
            manufacturer="HERMES",
            manufacturer_model_name="HERMES",
            software_versions=__version__,
            device_serial_number="0",
            series_description=f"{algorithm.name}: {organ.meaning}",
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise HermesError(
            f"cannot create a DICOM SEG for the series in {series.name}: {error}"
        ) from error
    segmentation.save_as(path)
    return sum(occupied)


def _coded(code: Code) -> "CodedConcept":
    from highdicom.sr import CodedConcept

    return CodedConcept(value=code.value, scheme_designator=code.scheme, meaning=code.meaning)


def _source(file: str) -> "Dataset":
    """A file of the series.

    A file without a SOP class (anonymisers remove it) gets the plain class of its modality.
    """
    import pydicom
    from pydicom import uid

    dataset = pydicom.dcmread(file)
    if not dataset.get("SOPClassUID"):
        plain = {"CT": uid.CTImageStorage, "MR": uid.MRImageStorage}
        if dataset.get("Modality") not in plain:
            raise ValueError("its files have no SOP class")
        dataset.SOPClassUID = plain[dataset.Modality]
    return dataset
