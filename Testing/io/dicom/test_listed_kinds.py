"""Kinds of DICOM folders that hold several volumes: they are listed, and each can be read."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from HermesLib.errors import HermesError
from Testing.io.dicom import made
from Testing.io.dicom.altered import (
    halved,
    siemens_b_value,
)
from Testing.io.dicom.made import CORONAL, SAGITTAL, instance, stack, write
from Testing.io.dicom.placed import assert_in_place, read

Make = Callable[[], list[Dataset]]

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
        lambda: [siemens_b_value(s, b) for b in (0, 50) for s in stack(add=b)],
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
    "a volume whose slices are stored in two series by turns": (
        lambda: [*stack([0, 6, 12]), *stack([3, 9, 15], SeriesInstanceUID="1.5", SeriesNumber=5)],
        ["3 slices", "3 slices"],
    ),
    "water and fat in one series": (
        lambda: [s for t in "WF" for s in stack(add=ord(t), ImageType=["DERIVED", "PRIMARY", t])],
        ["type DERIVED PRIMARY F", "type DERIVED PRIMARY W"],
    ),
    "a map of a series beside its b-values": (
        lambda: [*stack(), *stack(add=50, DiffusionBValue=50.0)],
        ["no b-value", "b = 50 s/mm2"],
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
        lambda: [*stack(), *(halved(s) for s in stack([24, 27, 30, 33], first=9))],
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
