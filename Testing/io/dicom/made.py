"""Small DICOM series made by pydicom, whose voxels say where in the patient they lie."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

#: A value of a voxel is this plane in patient coordinates (LPS, mm), so that it says its place.
PLANE = np.array([3.0, 4.0, 10.0])
BASE = 2000.0
SIZE = (12, 10)
SPACING = (1.5, 2.0)
AXIAL = (1, 0, 0, 0, 1, 0)
CORONAL = (1, 0, 0, 0, 0, -1)
SAGITTAL = (0, 1, 0, 0, 0, -1)
STUDY, SERIES, SPACE = "1.2.3.1", "1.2.3.2", "1.2.3.3"


def value_at(points: np.ndarray) -> np.ndarray:
    """The voxel value of points (..., 3) in the patient."""
    return BASE + np.asarray(points) @ PLANE


def points_of(
    position: Sequence[float],
    orientation: Sequence[float] = AXIAL,
    size: tuple[int, int] = SIZE,
    spacing: tuple[float, float] = SPACING,
) -> np.ndarray:
    """(rows, columns, 3), where the pixels of a slice lie."""
    along_row, along_column = np.array(orientation, float).reshape(2, 3)
    rows, columns = np.mgrid[: size[0], : size[1]]
    return (
        np.array(position, float)
        + columns[..., None] * spacing[1] * along_row
        + rows[..., None] * spacing[0] * along_column
    )


def instance(
    position: Sequence[float] | None,
    number: int | None = 1,
    orientation: Sequence[float] | None = AXIAL,
    add: float = 0.0,
    **changes: Any,
) -> Dataset:
    """One slice; ``add`` is added to its values, ``changes`` are elements, None removes one."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID, dataset.SOPInstanceUID = MRImageStorage, generate_uid(prefix="1.2.3.9.")
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = STUDY, SERIES
    dataset.FrameOfReferenceUID = SPACE
    dataset.Modality, dataset.ImageType = "MR", ["ORIGINAL", "PRIMARY", "M"]
    dataset.PatientName, dataset.PatientID = "Doe^Jane", "P77"
    dataset.PatientBirthDate = dataset.PatientSex = dataset.AccessionNumber = ""
    dataset.StudyDate = dataset.StudyTime = dataset.StudyID = ""
    dataset.SeriesNumber, dataset.SeriesDescription = 4, "t2 tra"
    dataset.SliceThickness = 3.0
    dataset.Rows, dataset.Columns = SIZE
    dataset.PixelSpacing = list(SPACING)
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.PixelRepresentation = 15, 1
    if number is not None:
        dataset.InstanceNumber = number
    if position is not None:
        dataset.ImagePositionPatient = [float(part) for part in position]
    if orientation is not None:
        dataset.ImageOrientationPatient = [float(part) for part in orientation]
    points = points_of(position or (0, 0, 0), orientation or AXIAL)
    fill(dataset, value_at(points) + add)
    change(dataset, changes)
    return dataset


def fill(dataset: Dataset, values: np.ndarray) -> None:
    """Store values as the dataset's pixels."""
    kind = np.int16 if dataset.PixelRepresentation else np.uint16
    dataset.PixelData = np.round(values).astype(kind).tobytes()
    dataset["PixelData"].VR = "OW"


def change(dataset: Dataset, changes: Mapping[str, Any]) -> None:
    """Set elements; None removes one."""
    for name, value in changes.items():
        if value is not None:
            setattr(dataset, name, value)
        elif name in dataset:
            delattr(dataset, name)


def write(folder: Path, datasets: Iterable[Dataset], name: str = "IM{:03d}") -> Path:
    """Write files, numbered in the order given."""
    folder.mkdir(parents=True, exist_ok=True)
    start = len(list(folder.iterdir()))
    for place, dataset in enumerate(datasets, start=start):
        dataset.file_meta.MediaStorageSOPClassUID = dataset.get("SOPClassUID", MRImageStorage)
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.get("SOPInstanceUID", "1.2")
        dataset.save_as(folder / name.format(place), enforce_file_format=True)
    return folder


def stack(
    heights: Iterable[float] = range(0, 24, 3), shift: float = 0.0, first: int = 1, **changes: Any
) -> list[Dataset]:
    """Axial slices at heights (mm), each shifted towards posterior by ``shift`` mm per mm."""
    return [
        instance((-8.0, -7.0 + shift * height, height), number, **changes)
        for number, height in enumerate(heights, start=first)
    ]


def enhanced(
    frames: Sequence[tuple[Sequence[float], float, Mapping[str, Any]]],
    orientation: Sequence[float] = AXIAL,
    **changes: Any,
) -> Dataset:
    """An enhanced MR file.

    Args:
        frames: position, what is added to the values, and values by keyword: ``RescaleSlope``,
            ``RescaleIntercept``, ``EffectiveEchoTime``, ``DiffusionBValue``,
            ``TemporalPositionIndex``, ``DimensionIndexValues``.
        orientation: of all frames.
        changes: elements of the file.
    """
    dataset = instance((0, 0, 0))
    dataset.SOPClassUID = pydicom.uid.EnhancedMRImageStorage
    for name in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"):
        delattr(dataset, name)
    dataset.NumberOfFrames = len(frames)
    measures, plane, shared = Dataset(), Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = list(SPACING), 3.0
    plane.ImageOrientationPatient = [float(part) for part in orientation]
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = [measures], [plane]
    dataset.SharedFunctionalGroupsSequence = [shared]
    groups, pixels = [], []
    for position, add, values in frames:
        slope, intercept = values.get("RescaleSlope", 1.0), values.get("RescaleIntercept", 0.0)
        group = Dataset()
        group.PlanePositionSequence = [_item(ImagePositionPatient=list(map(float, position)))]
        group.PixelValueTransformationSequence = [
            _item(RescaleSlope=slope, RescaleIntercept=intercept, RescaleType="US")
        ]
        content = {
            name: values[name]
            for name in ("TemporalPositionIndex", "DimensionIndexValues", "StackID")
            if name in values
        }
        group.FrameContentSequence = [_item(**content)]
        if "EffectiveEchoTime" in values:
            group.MREchoSequence = [_item(EffectiveEchoTime=values["EffectiveEchoTime"])]
        if "DiffusionBValue" in values:
            group.MRDiffusionSequence = [_item(DiffusionBValue=values["DiffusionBValue"])]
        groups.append(group)
        shown = value_at(points_of(position, orientation)) + add
        pixels.append(np.round((shown - intercept) / slope).astype(np.int16))
    dataset.PerFrameFunctionalGroupsSequence = groups
    dataset.PixelData = np.stack(pixels).tobytes()
    change(dataset, changes)
    return dataset


def _item(**values: Any) -> Dataset:
    item = Dataset()
    change(item, values)
    return item
