"""Cases as training slices: one volume at a time, kept on disk where a store is given."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from HermesLib.datasets.case import Case
from HermesLib.datasets.folders import every_patient
from HermesLib.datasets.slices import LabelledSlice, shrink
from HermesLib.errors import HermesError
from HermesLib.notices import notice
from HermesLib.presets.preset import Intensity


def read_case_slices(
    cases: Iterable[Case],
    organ: str,
    source: str,
    intensity: Intensity,
    store: Path | None = None,
    keep: Callable[[str], bool] = every_patient,
) -> Iterator[LabelledSlice]:
    """All slices of cases; of a case with an empty mask none, with a notice.

    Args:
        cases: with images and truth.
        organ: its name in the slices' table of labels.
        source: the data set's name.
        intensity: how volumes are mapped to 0..1.
        store: a folder that keeps the slices of each volume. They are then mapped into memory
            where they are used, so that thousands of volumes need no more memory than a few. A
            later call with the same files and intensities reads them from there.
        keep: whether a patient is read, by identity.

    Yields:
        Slices of at most 256 pixels.

    Raises:
        HermesError: an image or a mask that cannot be used; the message names the case.
    """
    names = ("background", organ)
    for case in cases:
        if not keep(case.identity):
            continue
        images, masks, thickness = _slices(case, intensity, store)
        if not len(images):
            notice("case-left-out", f"an image is left out: its mask of the {organ} is empty")
        volume = f"{case.patient}/{case.image.name}"
        for index, (image, mask) in enumerate(zip(images, masks, strict=True)):
            yield LabelledSlice(image, mask, names, case.identity, source, index, volume, thickness)


def _slices(
    case: Case, intensity: Intensity, store: Path | None
) -> tuple[np.ndarray, np.ndarray, float]:
    """Images and masks (N, h, w, uint8), none if the mask is empty, and their distance in mm."""
    if store is None:
        return _read(case, intensity)
    store.mkdir(parents=True, exist_ok=True)
    path = store / f"{_key(case, intensity)}.npy"
    if not path.is_file():
        images, masks, thickness = _read(case, intensity)
        _write(path, np.stack([images, masks]))
        _write(path.with_suffix(".mm.npy"), np.array(thickness))
    both = np.load(path, mmap_mode="r") if path.stat().st_size > _HEADER else np.load(path)
    return both[0], both[1], float(np.load(path.with_suffix(".mm.npy")))


#: Length of the header of a NumPy file of few axes. A file without voxels cannot be mapped.
_HEADER = 128


def _write(path: Path, array: np.ndarray) -> None:
    temporary = path.with_suffix(f".{os.getpid()}.part")
    with open(temporary, "wb") as stream:
        np.save(stream, array)
    temporary.replace(path)


def _read(case: Case, intensity: Intensity) -> tuple[np.ndarray, np.ndarray, float]:
    try:
        volume = case.read_image()
        truth = case.truth.read(volume)
    except HermesError as error:
        raise HermesError(
            f"{case.patient}: {error}; 'hermes data check' lists such cases"
        ) from error
    if not truth.any():
        empty = np.zeros((0, 0, 0), np.uint8)
        return empty, empty, volume.slice_spacing
    pairs = [
        shrink(image, mask.astype(np.uint8))
        for image, mask in zip(volume.normalise(intensity), truth, strict=True)
    ]
    images, masks = zip(*pairs, strict=True)
    return np.stack(images), np.stack(masks), volume.slice_spacing


def _key(case: Case, intensity: Intensity) -> str:
    """A name that changes with the files and with how they are read."""
    parts = [repr((case.channel, case.truth.values, intensity))]
    for path in (case.image, *case.truth.files):
        stated = path.stat()
        parts.append(repr((str(path.absolute()), stated.st_size, stated.st_mtime_ns)))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]
