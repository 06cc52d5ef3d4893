"""Kinds of DICOM folders that cannot be read right: each is refused in one line."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import EnhancedSRStorage

from HermesLib.errors import HermesError
from Testing.io.dicom.altered import (
    badly_compressed,
)
from Testing.io.dicom.made import instance, stack, write
from Testing.io.dicom.placed import read

Make = Callable[[], list[Dataset]]

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
    "different slices at some positions, with nothing to tell them apart": (
        lambda: [*stack(), *stack([6, 9], first=20, add=50)],
        "2 positions with several different slices",
    ),
    "another frame of reference for each slice": (
        lambda: [instance((-8, -7, n), n, FrameOfReferenceUID=f"1.{n + 1}") for n in range(4)],
        "another frame of reference for each slice",
    ),
    "a multi-frame file with one position": (
        lambda: [instance((-8, -7, 0), NumberOfFrames=3, PixelData=b"\1" * 720, Modality="NM")],
        "no usable ImagePositionPatient",
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
    "values in the upper 12 of 16 bits": (
        lambda: stack(BitsStored=12, HighBit=15),
        "upper bits",
    ),
    "a table of values": (lambda: stack(ModalityLUTSequence=[Dataset()]), "Modality LUT"),
    "reports only": (
        lambda: [instance((0, 0, 0), Rows=None, PixelData=None, SOPClassUID=EnhancedSRStorage)],
        "no DICOM series; it holds 1 DICOM files without an image",
    ),
    "an unknown compression": (lambda: [badly_compressed(single) for single in stack()], "pixels"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_read_right_is_refused_in_one_line(kind: str, tmp_path: Path):
    make, words = REFUSED[kind]
    with pytest.raises(HermesError, match=words) as raised:
        read(write(tmp_path, make()))
    line = str(raised.value)
    assert "\n" not in line and "Doe" not in line and "P77" not in line
