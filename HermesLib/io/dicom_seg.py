"""A mask as a DICOM Segmentation object of the series it belongs to (DICOM PS3.3, A.51).

Written through highdicom. Each frame is the mask on the plane of one instance of the series, or of
one frame of a multi-frame file, wherever that lies: also where the image was resampled for the run.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pydicom
import SimpleITK

from HermesLib import __version__
from HermesLib.errors import HermesError
from HermesLib.io.algorithm import Algorithm
from HermesLib.io.coded_concept import Code
from HermesLib.io.dicom.frame import Frame
from HermesLib.io.dicom.metadata import image_with_metadata
from HermesLib.io.dicom.series import read_series, series_with
from HermesLib.io.mask_values import Labels
from HermesLib.io.masks import read_mask
from HermesLib.io.volumes import volume_from_image
from HermesLib.io.whole_file import whole_file
from HermesLib.notices import notice

if TYPE_CHECKING:
    from highdicom.sr import CodedConcept
    from pydicom import Dataset

_ANATOMICAL_STRUCTURE = Code("SCT", "123037004", "Anatomical Structure")
_SERIES_NUMBER = 901


def write_dicom_seg(
    mask: Path,
    folder: Path,
    organ: Code,
    algorithm: Algorithm,
    path: Path,
    labels: Labels = None,
    series: str | None = None,
    image_sha256: str = "",
) -> int:
    """Write a mask file as one binary segment.

    The algorithm's type is SEMIAUTOMATIC.

    Args:
        mask: on the series' grid, else resampled (nearest neighbour).
        folder: of the DICOM series, or a multi-frame file.
        organ: what the segment is.
        algorithm: what made the mask.
        path: of the new file; it must not exist.
        labels: the organ's values in the mask, where that is a label map of several organs.
        series: which series of the folder: number in the list, or UID; None for the only one, or
            for that with the checksum.
        image_sha256: of the image on which the mask was made; "" where it is not known.

    Returns:
        The number of frames.

    Raises:
        HermesError: highdicom is not installed; unreadable input; an empty mask; a
            series that highdicom rejects.
    """
    try:
        import highdicom
        import pydicom
        from pydicom.sr.codedict import codes
    except ImportError as error:
        raise HermesError(
            "DICOM SEG needs highdicom: pip install 'hermes-segment[dicom]'"
        ) from error
    if path.exists():
        raise HermesError(f"{path.name} already exists; choose another name")
    if series is None and image_sha256:
        series = series_with(folder, image_sha256)
    found = read_series(folder, series)
    if image_sha256 not in ("", found.sha256):
        notice(
            "image-differs",
            "the mask was made on another image than this series, by the checksum in its report;"
            " is it a copy of the series in another format?",
        )
    volume = volume_from_image(image_with_metadata(found))
    on_volume = volume.to_image(read_mask(mask, volume, labels))
    on_frames = [(frame, _on_plane(on_volume, frame)) for frame in found.stack.frames]
    occupied = [(frame, plane) for frame, plane in on_frames if plane.any()]
    if not occupied:
        raise HermesError(f"{mask.name} is empty; a DICOM SEG needs at least one voxel")
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
    try:
        segmentation = highdicom.seg.Segmentation(
            source_images=[_source(frame) for frame, _ in occupied],
            pixel_array=np.stack([plane for _, plane in occupied]),
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
            omit_empty_frames=False,
        )
        _name_frames(segmentation, [frame for frame, _ in occupied])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise HermesError(f"cannot create a DICOM SEG for this series: {error}") from error
    with whole_file(path, pydicom.dcmread) as temporary:
        segmentation.save_as(temporary)
    return len(occupied)


def _coded(code: Code) -> "CodedConcept":
    from highdicom.sr import CodedConcept

    return CodedConcept(value=code.value, scheme_designator=code.scheme, meaning=code.meaning)


def _on_plane(mask: SimpleITK.Image, frame: Frame) -> np.ndarray:
    """(rows, columns), uint8: a mask where a frame lies, by the nearest voxel."""
    assert frame.orientation is not None and frame.spacing is not None
    assert frame.position is not None
    rows, columns = frame.size
    plane = SimpleITK.Image((columns, rows, 1), SimpleITK.sitkUInt8)
    plane.SetSpacing((frame.spacing[1], frame.spacing[0], 1.0))
    plane.SetOrigin(frame.position.tolist())
    plane.SetDirection(np.stack([*frame.orientation, frame.normal]).T.ravel().tolist())
    nearest = SimpleITK.sitkNearestNeighbor
    found = SimpleITK.Resample(mask, plane, SimpleITK.Transform(), nearest, 0)
    return SimpleITK.GetArrayFromImage(found)[0]


def _source(frame: Frame) -> "Dataset":
    """The header that a frame's file has, or would have if it held this frame only.

    A file without a SOP class (anonymisers remove it) gets the plain class of its modality.
    """
    assert frame.orientation is not None and frame.spacing is not None
    assert frame.position is not None
    header = pydicom.dcmread(frame.path, stop_before_pixels=True, force=True)
    if not header.get("SOPClassUID"):
        plain = {"CT": pydicom.uid.CTImageStorage, "MR": pydicom.uid.MRImageStorage}
        if header.get("Modality") not in plain:
            raise ValueError("its files have no SOP class")
        header.SOPClassUID = plain[header.Modality]
    if frame.number is not None:
        for name in (
            "NumberOfFrames",
            "SharedFunctionalGroupsSequence",
            "PerFrameFunctionalGroupsSequence",
            "DimensionIndexSequence",
        ):
            if name in header:
                delattr(header, name)
        # highdicom takes whole multi-frame files only; _name_frames puts the class back.
        header.SOPClassUID = pydicom.uid.MRImageStorage
        header.ImagePositionPatient = _decimals(frame.position)
        header.ImageOrientationPatient = _decimals(frame.orientation.ravel())
        header.PixelSpacing = _decimals(frame.spacing)
        header.SliceThickness = _decimals([frame.thickness or 1.0])[0]
    return header


def _decimals(values: Iterable[float]) -> list[str]:
    from pydicom.valuerep import format_number_as_ds

    return [format_number_as_ds(float(value)) for value in values]


def _name_frames(segmentation: "Dataset", frames: Sequence[Frame]) -> None:
    """Say in every frame of a segmentation from which frame of a multi-frame file it comes."""
    if frames[0].number is None:
        return
    sop_class = pydicom.dcmread(frames[0].path, stop_before_pixels=True, force=True).SOPClassUID
    for item in segmentation.PerFrameFunctionalGroupsSequence:
        place = _place(item)
        (frame,) = (one for one in frames if np.allclose(one.position, place, atol=1e-3))  # type: ignore[arg-type]
        for derivation in item.DerivationImageSequence:
            for source in derivation.SourceImageSequence:
                source.ReferencedFrameNumber = (frame.number or 0) + 1
                source.ReferencedSOPClassUID = sop_class
    for reference in segmentation.ReferencedSeriesSequence:
        items = reference.ReferencedInstanceSequence
        once = {item.ReferencedSOPInstanceUID: item for item in items}
        for item in once.values():
            item.ReferencedSOPClassUID = sop_class
        reference.ReferencedInstanceSequence = list(once.values())


def _place(item: "Dataset") -> np.ndarray:
    return np.array(item.PlanePositionSequence[0].ImagePositionPatient, float)
