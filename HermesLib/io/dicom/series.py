"""A DICOM series as a volume: what is in the folder, which of it is read, and where it lies."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK
from scipy import ndimage

from HermesLib.errors import HermesError
from HermesLib.io.dicom.choice import choose, listed
from HermesLib.io.dicom.folder import FolderContent, read_folder
from HermesLib.io.dicom.frame import Frame
from HermesLib.io.dicom.pixels import PixelReader
from HermesLib.io.dicom.placement import Placement, place
from HermesLib.io.dicom.stacks import Stack, sort_into_stacks
from HermesLib.io.digest import files_sha256
from HermesLib.notices import notice


@dataclass(frozen=True, eq=False)
class Series:
    """The volume of a DICOM series.

    Attributes:
        image: float32, in the modality's units.
        sha256: of its files, in order of their names.
        instances: instance numbers along the third axis, None where a slice has none; empty where
            the slices were resampled.
        frame_of_reference: UID; "" where there is none.
        stack: the slices as they are stored.
    """

    image: SimpleITK.Image
    sha256: str
    instances: tuple[int | None, ...]
    frame_of_reference: str
    stack: Stack


def find_stacks(path: Path, reader: PixelReader) -> list[Stack]:
    """All stacks of a folder or file, also those that cannot be read.

    Raises:
        HermesError: no image; the folder cannot be searched.
    """
    content = read_folder(path)
    if not content.frames:
        raise HermesError(f"the folder contains no DICOM series{_otherwise(content)}")
    if content.damaged:
        notice(
            "files-damaged",
            f"{content.damaged} {'file looks' if content.damaged == 1 else 'files look'} like"
            " DICOM and cannot be read; the slices in them are missing",
        )
    return sort_into_stacks(content.frames, reader.checksum)


def read_series(path: Path, wanted: str | None = None) -> Series:
    """Read the volume of a folder or of a multi-frame file.

    Args:
        path: of the folder or file.
        wanted: number or UID of the series; None where there is only one.

    Raises:
        HermesError: no image, several volumes, or a volume that cannot be read as it should be.
    """
    reader = PixelReader()
    stacks = find_stacks(path, reader)
    stack = choose(stacks, wanted)
    if stack.problem:
        raise HermesError(f"the series {stack.problem}")
    _require_no_slice_without_place(stack, stacks)
    placement = place(stack)
    if stack.copies:
        notice(
            "slices-stored-twice",
            f"{stack.copies} {'slice is' if stack.copies == 1 else 'slices are'} stored twice;"
            " each was used once",
        )
    slices = _slices(stack.frames, reader)
    if placement.sheared or placement.uneven:
        _say_resampled(placement)
        slices = _resampled(slices, placement)
    image = SimpleITK.GetImageFromArray(slices)
    image.SetSpacing((placement.spacing[1], placement.spacing[0], placement.spacing[2]))
    image.SetOrigin(placement.origin.tolist())
    image.SetDirection(placement.orientation.T.ravel().tolist())
    instances = () if placement.uneven else tuple(frame.instance for frame in stack.frames)
    return Series(
        image, files_sha256(_files(stack)), instances, stack.first.frame_of_reference, stack
    )


def series_sha256(path: Path, wanted: str | None = None) -> str:
    """The checksum that :func:`read_series` gives, without reading pixels that it need not compare.

    Raises:
        HermesError: no image, or several volumes.
    """
    return files_sha256(_files(choose(find_stacks(path, PixelReader()), wanted)))


def series_with(path: Path, sha256: str) -> str | None:
    """The number of the only volume of a folder whose files have a checksum; None without one.

    Raises:
        HermesError: no image.
    """
    stacks = listed(find_stacks(path, PixelReader()))
    found = [
        number
        for number, stack in enumerate(stacks, start=1)
        if files_sha256(_files(stack)) == sha256
    ]
    return str(found[0]) if len(found) == 1 else None


def _files(stack: Stack) -> list[str]:
    return sorted({str(frame.path) for frame in stack.frames})


def _require_no_slice_without_place(stack: Stack, stacks: Sequence[Stack]) -> None:
    lost = [
        frame
        for other in stacks
        for frame in other.frames
        if frame.position is None and not frame.scout and frame.identity == stack.first.identity
    ]
    if lost:
        raise HermesError(
            f"{len(lost)} of {len(lost) + len(stack.frames)} slices of the series do not say where"
            " they lie (ImagePositionPatient); export the series again, with its geometry"
        )


def _otherwise(content: FolderContent) -> str:
    parts = []
    if content.others:
        parts.append(f"{content.others} DICOM files without an image, such as reports")
    if content.damaged:
        parts.append(f"{content.damaged} damaged DICOM files")
    return f"; it holds {' and '.join(parts)}" if parts else ""


def _slices(frames: Sequence[Frame], reader: PixelReader) -> np.ndarray:
    """(slices, rows, columns) float32, in the modality's units."""
    slices = np.zeros((len(frames), *frames[0].size), np.float32)
    valid = np.ones(slices.shape, bool)
    # A multi-frame file is decoded once, whatever the order of its frames.
    order = sorted(range(len(frames)), key=lambda index: (frames[index].path, index))
    for index in order:
        frame, stored = frames[index], reader.stored(frames[index])
        if frame.padding is not None:
            valid[index] = ~_is_padding(stored, frame.padding)
        slices[index] = stored.astype(np.float64) * frame.slope + frame.intercept
    _fill_padding(slices, valid)
    if frames[0].inverted and frames[0].modality != "CT":
        notice("image-inverted", "the image is stored with low values shown bright; it was turned")
        slices = slices.max() + slices.min() - slices
    return slices


def _is_padding(stored: np.ndarray, padding: tuple[int, int]) -> np.ndarray:
    low, high = padding
    found = (stored >= low) & (stored <= high)
    if stored.dtype.kind in "iu":
        # Some writers give the value with the wrong sign.
        found |= (stored >= low - 65536) & (stored <= high - 65536)
        found |= (stored >= low + 65536) & (stored <= high + 65536)
    return found


def _fill_padding(slices: np.ndarray, valid: np.ndarray) -> None:
    """Where no pixel was measured stands the lowest value that was.

    Some writers name a value that occurs in the image as padding; it lies among the others.
    """
    if valid.all() or not valid.any():
        return
    lowest, highest = slices[valid].min(), slices[valid].max()
    outside = ~valid & ((slices < lowest) | (slices > highest))
    slices[outside] = lowest


def _say_resampled(placement: Placement) -> None:
    if placement.sheared:
        notice(
            "slices-shifted",
            f"the slices are shifted against each other, as with a tilted gantry"
            f" ({placement.tilt:.1f} degrees); the image was resampled onto an upright grid",
        )
    if placement.uneven:
        notice(
            "slices-uneven",
            "the slices lie at uneven distances; the image was resampled to slices"
            f" {placement.spacing[2]:.2f} mm apart",
        )


def _resampled(slices: np.ndarray, placement: Placement) -> np.ndarray:
    """Slices on the placement's grid: linear from slice to slice, and within shifted slices."""
    count, rows, columns = placement.shape
    lowest = slices.min()
    moved = np.stack(
        [
            ndimage.affine_transform(
                single, np.ones(2), -shift, (rows, columns), order=1, cval=lowest
            )
            for single, shift in zip(slices, placement.shifts, strict=True)
        ]
    )
    if not placement.uneven:
        return moved
    result = np.empty((count, rows, columns), np.float32)
    for index in range(count):
        after = int(np.searchsorted(placement.places, index).clip(1, len(moved) - 1))
        before = after - 1
        whole = placement.places[after] - placement.places[before]
        share = np.float32(np.clip((index - placement.places[before]) / whole, 0, 1))
        result[index] = (1 - share) * moved[before] + share * moved[after]
    return result
