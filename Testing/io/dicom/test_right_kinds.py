"""Kinds of DICOM folders that are read: every pixel lies where its own header says."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset

from Testing.io.dicom.altered import (
    overlaid,
    rescaled,
    run_lengths,
    signed_overlaid,
    transferred,
    unsigned,
)
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
    "a rescaling of each slice": lambda: [rescaled(n) for n in range(6)],
    "unsigned values": lambda: [unsigned(single) for single in stack()],
    "12 of 16 bits with a sign, the others an overlay": lambda: [
        signed_overlaid(single) for single in stack()
    ],
    "12 of 16 bits, the others an overlay": lambda: [overlaid(single) for single in stack()],
    "one implicit among explicit transfer syntaxes": lambda: [
        *stack()[:4],
        *(transferred(single, "ImplicitVRLittleEndian") for single in stack()[4:]),
    ],
    "deflated and big endian": lambda: [
        *(transferred(single, "DeflatedExplicitVRLittleEndian") for single in stack()[:4]),
        *(transferred(single, "ExplicitVRBigEndian") for single in stack()[4:]),
    ],
    "run length encoded": lambda: [run_lengths(single) for single in stack()],
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
