"""Slices as other programs store them."""

import numpy as np
import pydicom
from pydicom.dataset import Dataset

from Testing.io.dicom import made
from Testing.io.dicom.made import instance


def rescaled(number: int) -> Dataset:
    """As PET stores slices: each with the finest scale that holds its values."""
    slope, intercept = 0.125 * (1 + number), -10.0 * number
    dataset = instance((-8, -7, 3 * number), number, RescaleSlope=slope, RescaleIntercept=intercept)
    points = made.points_of((-8, -7, 3 * number))
    made.fill(dataset, (made.value_at(points) - intercept) / slope)
    return dataset


def unsigned(dataset: Dataset) -> Dataset:
    """Values above 32767, which a signed reading makes negative."""
    values = np.frombuffer(dataset.PixelData, np.int16).astype(float) + 40000
    dataset.PixelRepresentation, dataset.RescaleIntercept = 0, -40000
    made.fill(dataset, values)
    return dataset


def overlaid(dataset: Dataset) -> Dataset:
    values = np.frombuffer(dataset.PixelData, np.int16).astype(np.uint16)
    values[::3] |= 0x8000
    dataset.PixelRepresentation, dataset.BitsStored, dataset.HighBit = 0, 12, 11
    dataset.PixelData = values.tobytes()
    return dataset


def signed_overlaid(dataset: Dataset) -> Dataset:
    """12 bits with a sign, below and above 0; the others belong to an overlay."""
    values = np.frombuffer(dataset.PixelData, np.int16).astype(np.int32) - 2100
    stored = (values & 0x0FFF).astype(np.uint16)
    stored[::3] |= 0x1000
    dataset.RescaleIntercept, dataset.RescaleSlope = 2100, 1
    dataset.BitsStored, dataset.HighBit = 12, 11
    dataset.PixelData = stored.tobytes()
    return dataset


def transferred(dataset: Dataset, syntax: str) -> Dataset:
    """In another transfer syntax without compression of the pixels."""
    dataset.file_meta.TransferSyntaxUID = getattr(pydicom.uid, syntax)
    if syntax.endswith("BigEndian"):
        dataset.PixelData = np.frombuffer(dataset.PixelData, "<i2").astype(">i2").tobytes()
    return dataset


def run_lengths(dataset: Dataset) -> Dataset:
    dataset.compress(pydicom.uid.RLELossless, generate_instance_uid=False)
    return dataset


def badly_compressed(dataset: Dataset) -> Dataset:
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.JPEG2000Lossless
    dataset.PixelData = pydicom.encaps.encapsulate([b"no picture at all"])
    dataset["PixelData"].is_undefined_length = True
    return dataset


def siemens_b_value(dataset: Dataset, b_value: int) -> Dataset:
    block = dataset.private_block(0x0019, "SIEMENS MR HEADER", create=True)
    block.add_new(0x0C, "IS", str(b_value))
    return dataset


def halved(dataset: Dataset) -> Dataset:
    dataset.Rows = made.SIZE[0] // 2
    dataset.PixelData = dataset.PixelData[: len(dataset.PixelData) // 2]
    return dataset
