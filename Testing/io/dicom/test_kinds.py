"""Kinds of DICOM folders as they come: each is read right, refused in one line, or listed.

``docs/reliability.md`` has the same kinds as a table.
"""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from HermesLib.errors import HermesError
from Testing.io.dicom import made
from Testing.io.dicom.made import CORONAL, SAGITTAL, instance, stack, write
from Testing.io.dicom.placed import assert_in_place, read

Make = Callable[[], list[Dataset]]

RIGHT: dict[str, Make] = {
    "a clean series": stack,
    "files in any order, instance numbers reversed": lambda: [
        instance((-8, -7, 3 * n), 9 - n) for n in (3, 0, 2, 1)
    ],
    "no instance numbers": lambda: stack(InstanceNumber=None),
    "all instance numbers 1": lambda: stack(InstanceNumber=1),
    "coronal": lambda: [instance((-8, 3.0 * n, 9), n, CORONAL) for n in range(6)],
    "sagittal": lambda: [instance((3.0 * n, -7, 9), n, SAGITTAL) for n in range(6)],
    "acquisitions that alternate from slice to slice": lambda: [
        instance((-8, -7, 3 * n), n, AcquisitionNumber=1 + n % 2, AcquisitionTime=f"1000{n:02d}")
        for n in range(8)
    ],
    "orientation with noise": lambda: [
        instance((-8, -7, 3 * n), n, (1, 1e-4 * (-1) ** n, 0, -1e-4 * (-1) ** n, 1, 0))
        for n in range(6)
    ],
    "positions rounded to a hundredth": lambda: stack(np.round(np.arange(9) * 3.3333, 2)),
    "one slice": lambda: stack([4]),
    "a rescaling of each slice": lambda: [_rescaled(n) for n in range(6)],
    "unsigned values": lambda: [_unsigned(single) for single in stack()],
    "12 of 16 bits, the others an overlay": lambda: [_overlaid(single) for single in stack()],
    "one implicit among explicit transfer syntaxes": lambda: [
        *stack()[:4],
        *(_implicit(single) for single in stack()[4:]),
    ],
    "run length encoded": lambda: [_run_lengths(single) for single in stack()],
    "SOP instance UIDs all equal": lambda: stack(SOPInstanceUID="1.2.3"),
    "no frame of reference": lambda: stack(FrameOfReferenceUID=None),
}


@pytest.mark.parametrize("kind", RIGHT)
def test_every_pixel_lies_where_its_own_header_says(kind: str, tmp_path: Path):
    datasets = RIGHT[kind]()
    found, notices = read(write(tmp_path, datasets))
    assert len(found.stack.frames) == len(datasets) and notices == []
    assert_in_place(found)


RESAMPLED: dict[str, tuple[Make, str]] = {
    "a tilted gantry": (lambda: stack(shift=np.tan(np.radians(18))), "slices-shifted"),
    "a gantry tilted the other way": (lambda: stack(shift=-0.3), "slices-shifted"),
    "uneven distances": (lambda: stack([0, 2.5, 5, 7.5, 12.5, 17.5, 22.5]), "slices-uneven"),
    "slices shifted here and there": (
        lambda: [instance((-8 + (n % 3), -7, 3 * n), n) for n in range(7)],
        "slices-shifted",
    ),
}


@pytest.mark.parametrize("kind", RESAMPLED)
def test_shifted_and_uneven_slices_are_resampled_to_their_places_and_it_is_said(
    kind: str, tmp_path: Path
):
    make, notice = RESAMPLED[kind]
    found, notices = read(write(tmp_path, make()))
    assert notices == [notice]
    direction = np.array(found.image.GetDirection()).reshape(3, 3)
    assert np.allclose(direction @ direction.T, np.eye(3))
    assert_in_place(found, border=1)


REFUSED: dict[str, tuple[Make, str]] = {
    "two slices lost": (
        lambda: stack([0, 3, 6, 15, 18, 21]),
        "2 slices are missing .*between slices 3 and 4",
    ),
    "one slice lost": (lambda: stack([0, 3, 9, 12, 15]), "1 slice is missing"),
    "slices lost in two places": (
        lambda: stack([0, 3, 6, 12, 15, 18, 21, 24, 30, 33, 36]),
        "2 slices are missing .*3 and 4.*8 and 9",
    ),
    "no position": (lambda: stack(ImagePositionPatient=None), "no usable ImagePositionPatient"),
    "no geometry at all": (
        lambda: stack(ImagePositionPatient=None, ImageOrientationPatient=None, PixelSpacing=None),
        "no usable ImagePositionPatient, no ImageOrientationPatient, no PixelSpacing",
    ),
    "an orientation that is none": (
        lambda: stack(ImageOrientationPatient=[0, 0, 0, 0, 0, 0]),
        "no usable ImageOrientationPatient",
    ),
    "pixels without a size": (lambda: stack(PixelSpacing=[0, 0]), "no usable PixelSpacing"),
    "some slices without a position": (
        lambda: [*stack()[:6], *stack(first=20, ImagePositionPatient=None)[:2]],
        "2 of 8 slices of the series do not say where",
    ),
    "slices that fan out": (
        lambda: [
            instance(
                (-8, -7, 3 * n),
                n,
                (1, 0, 0, 0, np.cos(0.016 * n), np.sin(0.016 * n)),
                Rows=100,
                Columns=100,
                PixelData=b"\0" * 20000,
            )
            for n in range(2)
        ],
        "not parallel",
    ),
    "different slices at some positions, told apart by nothing": (
        lambda: [*stack(), *stack([6, 9], first=20, add=50)],
        "2 positions with several different slices",
    ),
    "a mosaic": (
        lambda: stack([0], ImageType=["ORIGINAL", "PRIMARY", "M", "MOSAIC"]),
        "mosaic",
    ),
    "colour": (
        lambda: stack(
            [0],
            SamplesPerPixel=3,
            PhotometricInterpretation="RGB",
            BitsAllocated=8,
            PixelData=b"\0" * 360,
        ),
        "colour",
    ),
    "a table of values": (lambda: stack(ModalityLUTSequence=[Dataset()]), "Modality LUT"),
    "reports only": (
        lambda: [instance((0, 0, 0), Rows=None, Columns=None, PixelData=None, Modality="SR")],
        "no DICOM series; it holds 1 DICOM files without an image",
    ),
    "an unknown compression": (lambda: [_badly_compressed(single) for single in stack()], "pixels"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_read_right_is_refused_in_one_line(kind: str, tmp_path: Path):
    make, words = REFUSED[kind]
    with pytest.raises(HermesError, match=words) as raised:
        read(write(tmp_path, make()))
    line = str(raised.value)
    assert "\n" not in line and "Doe" not in line and "P77" not in line


LISTED: dict[str, tuple[Make, list[str]]] = {
    "three b-values": (
        lambda: [s for b in (0, 50, 800) for s in stack(add=b, DiffusionBValue=float(b))],
        ["b = 0 s/mm2", "b = 50 s/mm2", "b = 800 s/mm2"],
    ),
    "b-values of which one lost a slice": (
        lambda: [*stack(DiffusionBValue=0.0), *stack(add=50, DiffusionBValue=50.0)[1:]],
        ["b = 0 s/mm2", "b = 50 s/mm2"],
    ),
    "b-values in a manufacturer's own element": (
        lambda: [_siemens_b_value(s, b) for b in (0, 50) for s in stack(add=b)],
        ["b = 0 s/mm2", "b = 50 s/mm2"],
    ),
    "two echoes": (
        lambda: [s for echo in (20, 90) for s in stack(add=echo, EchoTime=echo)],
        ["echo time 20 ms", "echo time 90 ms"],
    ),
    "the parts of a field map": (
        lambda: [s for t in "MP" for s in stack(add=ord(t), ImageType=["ORIGINAL", "PRIMARY", t])],
        ["type ORIGINAL PRIMARY M", "type ORIGINAL PRIMARY P"],
    ),
    "phases in time": (
        lambda: [s for t in (1, 2) for s in stack(add=t, TemporalPositionIdentifier=t)],
        ["temporal position 1", "temporal position 2"],
    ),
    "phases by trigger time, which differs in all": (
        lambda: [
            instance((-8, -7, 3 * n), 10 * t + n, add=t, TriggerTime=100 * t + n, StackID=str(t))
            for t in (1, 2)
            for n in range(6)
        ],
        ["stack 1", "stack 2"],
    ),
    "acquisitions": (
        lambda: [s for a in (1, 2) for s in stack(add=a, AcquisitionNumber=a)],
        ["acquisition 1", "acquisition 2"],
    ),
    "diffusion directions": (
        lambda: [
            s
            for d in ([1, 0, 0], [0, 1, 0])
            for s in stack(add=d[0], DiffusionBValue=50.0, DiffusionGradientOrientation=d)
        ],
        ["part 1 of 2 by diffusion direction", "part 2 of 2 by diffusion direction"],
    ),
    "volumes that only instance numbers tell apart": (
        lambda: [*stack(), *stack(first=50, add=7)],
        ["part 1 of 2 in order of instance numbers", "part 2 of 2 in order of instance numbers"],
    ),
    "three planes": (
        lambda: [
            *stack(range(0, 40, 10)),
            *(instance((-8, 10.0 * n, 9), 10 + n, CORONAL) for n in range(4)),
            *(instance((10.0 * n, -7, 9), 20 + n, SAGITTAL) for n in range(4)),
        ],
        ["axial", "coronal", "sagittal"],
    ),
    "two series": (
        lambda: [*stack(), *stack([0, 3, 6, 9, 12], SeriesInstanceUID="1.5", SeriesNumber=5)],
        ["8 slices", "5 slices"],
    ),
    "two series whose UIDs were made equal": (
        lambda: [*stack(), *stack(np.arange(0, 24, 3) + 1.5, SeriesNumber=5, add=3)],
        ["8 slices", "8 slices"],
    ),
    "two patients whose UIDs were made equal": (
        lambda: [*stack(), *stack(np.arange(0, 24, 3) + 1.5, PatientID="Q1", add=3)],
        ["8 slices", "8 slices"],
    ),
    "two spaces": (
        lambda: [*stack(), *stack([24, 27, 30, 33], FrameOfReferenceUID="1.6", first=9)],
        ["8 slices", "4 slices"],
    ),
    "two sizes": (
        lambda: [*stack(), *(_halved(s) for s in stack([24, 27, 30, 33], first=9))],
        ["8 slices of 10 x 12", "4 slices of 10 x 6"],
    ),
}


@pytest.mark.parametrize("kind", LISTED)
def test_several_volumes_are_listed_and_each_can_be_chosen(kind: str, tmp_path: Path):
    make, lines = LISTED[kind]
    datasets = make()
    write(tmp_path, datasets)
    with pytest.raises(HermesError, match="choose one with --series") as raised:
        read(tmp_path)
    line = str(raised.value)
    items = re.split(r"; (?=\d+ = )", line.split("--series: ")[1])
    assert len(items) == len(lines) and "Doe" not in line and "P77" not in line
    assert all(words in item for words, item in zip(lines, items, strict=True)), items
    slices = 0
    for number in range(1, len(lines) + 1):
        found, _ = read(tmp_path, str(number))
        first = pydicom.dcmread(found.stack.first.path)
        position = np.array(first.ImagePositionPatient, float)
        add = float(np.frombuffer(first.PixelData, np.int16)[0]) - made.value_at(position)
        assert_in_place(found, add=round(add))
        slices += len(found.stack.frames)
    assert slices == len(datasets)
    with pytest.raises(HermesError, match="there is no series"):
        read(tmp_path, str(len(lines) + 1))


def _rescaled(number: int) -> Dataset:
    """As PET stores slices: each with the finest scale that holds its values."""
    slope, intercept = 0.125 * (1 + number), -10.0 * number
    dataset = instance((-8, -7, 3 * number), number, RescaleSlope=slope, RescaleIntercept=intercept)
    points = made.points_of((-8, -7, 3 * number))
    made.fill(dataset, (made.value_at(points) - intercept) / slope)
    return dataset


def _unsigned(dataset: Dataset) -> Dataset:
    """Values above 32767, which a signed reading makes negative."""
    values = np.frombuffer(dataset.PixelData, np.int16).astype(float) + 40000
    dataset.PixelRepresentation, dataset.RescaleIntercept = 0, -40000
    made.fill(dataset, values)
    return dataset


def _overlaid(dataset: Dataset) -> Dataset:
    values = np.frombuffer(dataset.PixelData, np.int16).astype(np.uint16)
    values[::3] |= 0x8000
    dataset.PixelRepresentation, dataset.BitsStored, dataset.HighBit = 0, 12, 11
    dataset.PixelData = values.tobytes()
    return dataset


def _implicit(dataset: Dataset) -> Dataset:
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.ImplicitVRLittleEndian
    return dataset


def _run_lengths(dataset: Dataset) -> Dataset:
    dataset.compress(pydicom.uid.RLELossless, generate_instance_uid=False)
    return dataset


def _badly_compressed(dataset: Dataset) -> Dataset:
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.JPEG2000Lossless
    dataset.PixelData = pydicom.encaps.encapsulate([b"no picture at all"])
    dataset["PixelData"].is_undefined_length = True
    return dataset


def _siemens_b_value(dataset: Dataset, b_value: int) -> Dataset:
    block = dataset.private_block(0x0019, "SIEMENS MR HEADER", create=True)
    block.add_new(0x0C, "IS", str(b_value))
    return dataset


def _halved(dataset: Dataset) -> Dataset:
    dataset.Rows = made.SIZE[0] // 2
    dataset.PixelData = dataset.PixelData[: len(dataset.PixelData) // 2]
    return dataset
