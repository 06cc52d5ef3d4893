"""DICOM Segmentation objects as label maps on an image's grid (DICOM PS3.3, A.51 and C.8.20).

Each frame is placed by its own position. Frames that a file leaves out are empty.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK
from pydicom.dataset import Dataset

from HermesLib.errors import HermesError
from HermesLib.io.dicom.folder import dicom_files
from HermesLib.io.dicom.frame import Frame
from HermesLib.io.dicom.headers import frames_of, is_image, read_header
from HermesLib.io.dicom.pixels import decode_file
from HermesLib.io.mask_values import TRUTH
from HermesLib.notices import notice

#: Cosine of the angle up to which slices count as parallel: 1 degree.
_PARALLEL = np.cos(np.radians(1.0))
#: A frame lies on a slice of the image if it is off by at most this share of their distance.
_ON_SLICE = 0.1
#: A voxel belongs to a segment from this probability or share on.
_HALF = 0.5


@dataclass(frozen=True, eq=False)
class _Stored:
    """What a file holds.

    Attributes:
        space: UID of the frame of reference; "" where there is none.
        segments: names by number.
        kind: BINARY, FRACTIONAL or LABELMAP.
        highest: the value that stands for all of a voxel, where fractions are stored.
        frames: with their places.
        values: (frames, rows, columns).
        distance: of the slices, mm; None where it is not said.
    """

    space: str
    segments: dict[int, str]
    kind: str
    highest: float
    frames: list[Frame]
    values: np.ndarray
    distance: float | None


@dataclass(frozen=True, eq=False)
class _Plane:
    """One frame: its place, and the segments on it."""

    frame: Frame
    labels: np.ndarray


def segmentation_in(path: Path) -> Path | None:
    """The DICOM Segmentation file that a path is or holds; None where there is none.

    Raises:
        HermesError: several of them, or contours (RTSTRUCT).
    """
    found: list[Path] = []
    for file in dicom_files(path):
        modality, shown = _kind(file)
        if modality == "RTSTRUCT":
            raise HermesError(
                "the mask is given as contours (RTSTRUCT); export it as voxels, as DICOM SEG or"
                " NIfTI"
            )
        if shown:
            return None
        if modality == "SEG":
            found.append(file)
    if len(found) > 1:
        raise HermesError(f"the folder holds {len(found)} DICOM segmentations; give one file")
    return found[0] if found else None


def _kind(file: Path) -> tuple[str, bool]:
    """The modality of a file, and whether it is an image; nothing of a damaged one."""
    header = read_header(file)
    if header is None:
        return "", False
    try:
        return str(header.get("Modality") or ""), is_image(header)
    except Exception:
        # pydicom raises what a damaged element makes it stumble over.
        return "", False


def read_segmentation(
    path: Path,
    grid: SimpleITK.Image,
    frame_of_reference: str,
    labels: Sequence[int] | None = None,
    role: str = "the mask",
) -> SimpleITK.Image:
    """Segment numbers on a grid.

    Args:
        path: of the file.
        grid: of the image.
        frame_of_reference: of the image; "" where it is not known.
        labels: numbers of the segments to take; None for the only one, ``()`` for all.
        role: what the segmentation is to the run, for messages.

    Raises:
        HermesError: damaged; of another space; several segments and none chosen; one that is not
            there; drawn on slices across those of the image.
    """
    stored = _read(path, role)
    if stored.space and frame_of_reference and stored.space != frame_of_reference:
        raise HermesError(
            f"{role} belongs to another space than the image (their frames of reference differ);"
            " give the one that was drawn on this series"
        )
    planes = _planes(stored, _chosen(stored.segments, labels, role), role)
    values = _place(planes, grid, stored.distance, role)
    image = SimpleITK.GetImageFromArray(values)
    image.CopyInformation(grid)
    return image


def _read(path: Path, role: str) -> _Stored:
    """Everything that is taken from a file.

    Raises:
        HermesError: damaged, or without places of its frames.
    """
    try:
        header = read_header(path)
        if header is None:
            raise ValueError("no header")
        frames, values = frames_of(path, header), decode_file(path)
        stored = _Stored(
            space=str(header.get("FrameOfReferenceUID") or ""),
            segments={
                int(item.SegmentNumber): str(item.get("SegmentLabel") or "no name")
                for item in header.SegmentSequence
                if int(item.SegmentNumber) > 0
            },
            kind=str(header.get("SegmentationType") or "BINARY"),
            highest=float(header.get("MaximumFractionalValue") or 255),
            frames=frames,
            values=values,
            distance=_stated_distance(header),
        )
        if not stored.segments or values.shape != (len(frames), *frames[0].size):
            raise ValueError("its parts do not fit")
    except MemoryError:
        raise
    except Exception as error:
        # pydicom raises what a damaged element makes it stumble over.
        raise HermesError(f"{role} is damaged or cut off: its voxels cannot be read") from error
    if any(
        frame.position is None or frame.orientation is None or frame.spacing is None
        for frame in stored.frames
    ):
        raise HermesError(f"{role} does not say where its frames lie")
    return stored


def _stated_distance(header: Dataset) -> float | None:
    for item in header.get("SharedFunctionalGroupsSequence") or ():
        for measures in item.get("PixelMeasuresSequence") or ():
            distance = float(measures.get("SpacingBetweenSlices") or 0)
            return distance if distance > 0 else None
    return None


def _chosen(segments: dict[int, str], labels: Sequence[int] | None, role: str) -> list[int]:
    listing = ", ".join(f"{number} = {name}" for number, name in segments.items())
    if labels is None and len(segments) > 1:
        option = "--truth-label" if role == TRUTH else "--label"
        raise HermesError(f"{role} holds {len(segments)} segments; choose with {option}: {listing}")
    if not labels:
        return list(segments)
    missing = [label for label in labels if label not in segments]
    if missing:
        raise HermesError(f"{role} has no segment {missing[0]}; it has {listing}")
    return [int(label) for label in labels]


def _planes(stored: _Stored, chosen: Sequence[int], role: str) -> list[_Plane]:
    planes = []
    for frame, voxels in zip(stored.frames, stored.values, strict=True):
        if stored.kind == "LABELMAP":
            shown = np.where(np.isin(voxels, chosen), voxels, 0)
        else:
            number = next((one for one in chosen if one == frame.attributes.get("segment")), None)
            if number is None:
                continue
            limit = _HALF * stored.highest if stored.kind == "FRACTIONAL" else 1
            shown = np.where(voxels >= limit, number, 0)
        planes.append(_Plane(frame, shown.astype(np.uint16)))
    if stored.kind == "FRACTIONAL":
        notice("mask-probability", f"{role} holds fractions; it begins at one half of the highest")
    return planes


def _place(
    planes: Sequence[_Plane], grid: SimpleITK.Image, stated: float | None, role: str
) -> np.ndarray:
    """(k, j, i): on each slice of the grid, the frames nearest to it that are near enough."""
    values = np.zeros(tuple(reversed(grid.GetSize())), np.uint16)
    if not planes:
        return values
    axis = _slice_axis(planes[0].frame, grid, role)
    normal = np.array(grid.GetDirection()).reshape(3, 3)[:, axis]
    distance = grid.GetSpacing()[axis]
    start = float(np.array(grid.GetOrigin()) @ normal)
    heights = np.array([_position(plane.frame) @ normal for plane in planes])
    off = (heights - start) / distance
    on_slices = bool(np.abs(off - np.round(off)).max() <= _ON_SLICE)
    reach = _ON_SLICE * distance if on_slices else _half_distance(heights, distance, stated)
    slices = np.moveaxis(values, 2 - axis, 0)
    left_out = set(range(len(planes)))
    for index in range(grid.GetSize()[axis]):
        away = np.abs(heights - (start + index * distance))
        nearest = away.min()
        if nearest > reach * 1.001:
            continue
        for number in np.flatnonzero(away <= nearest + 1e-3).tolist():
            left_out.discard(number)
            drawn = _on_slice(planes[number], grid, axis, index)
            np.copyto(slices[index], drawn, where=drawn > 0)
    if any(planes[number].labels.any() for number in left_out):
        notice("mask-cut", f"some slices of {role} lie outside the image or between its slices")
    return values


def _position(frame: Frame) -> np.ndarray:
    assert frame.position is not None
    return frame.position


def _slice_axis(frame: Frame, grid: SimpleITK.Image, role: str) -> int:
    """The axis of a grid that is perpendicular to a frame."""
    cosines = np.abs(frame.normal @ np.array(grid.GetDirection()).reshape(3, 3))
    axis = int(cosines.argmax())
    if cosines[axis] < _PARALLEL:
        raise HermesError(
            f"{role} is drawn on slices across those of the image; export it on the image's own"
        )
    return axis


def _half_distance(heights: np.ndarray, distance: float, stated: float | None) -> float:
    """How far from a frame its segment reaches, where frames lie between the image's slices, mm."""
    places = np.unique(np.round(heights, 2))
    own = float(np.diff(places).min()) if len(places) > 1 else distance
    return max(stated or own, distance) / 2


def _on_slice(plane: _Plane, grid: SimpleITK.Image, axis: int, index: int) -> np.ndarray:
    """A frame's labels on one slice of a grid, by the nearest pixel."""
    frame = plane.frame
    assert frame.position is not None and frame.orientation is not None
    assert frame.spacing is not None
    start, size = [0, 0, 0], list(grid.GetSize())
    start[axis], size[axis] = index, 1
    target = SimpleITK.RegionOfInterest(grid, size, start)
    image = SimpleITK.GetImageFromArray(plane.labels[None])
    image.SetSpacing((frame.spacing[1], frame.spacing[0], 1.0))
    image.SetDirection(np.stack([*frame.orientation, frame.normal]).T.ravel().tolist())
    # The frame counts as if it lay on the slice.
    height = (np.array(target.GetOrigin()) - frame.position) @ frame.normal
    image.SetOrigin((frame.position + height * frame.normal).tolist())
    nearest = SimpleITK.sitkNearestNeighbor
    found = SimpleITK.Resample(image, target, SimpleITK.Transform(), nearest, 0)
    return np.moveaxis(SimpleITK.GetArrayFromImage(found), 2 - axis, 0)[0]
