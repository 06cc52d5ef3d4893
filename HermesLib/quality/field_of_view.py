"""From slices to the QC core's square grid and back."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy import ndimage
from torch.nn import functional

from HermesLib.io.neighbours import own_slice
from HermesLib.metrics.components import label_components

#: Side of the window ``centre``, as a share of the slice's longer side, for images centred on the
#: organ's region. No prostate of PROMISE12's 45 patients reaches beyond it.
CENTRE_SHARE = 0.75


@dataclass(frozen=True)
class Window:
    """A square window on a slice, in pixel edges; zeros where it reaches over the border."""

    top: int
    left: int
    side: int


@dataclass(frozen=True)
class BodySearch:
    """How the body is found on a windowed CT slice.

    Attributes:
        level: intensity that tissue exceeds. Fat, the outermost tissue, is above this level in a
            soft-tissue window from -125 HU on (-100 HU are at 0.06); air and foam are at 0. A level
            that excludes fat cuts off what lies far to one side, as the spleen does, wherever the
            body is broader than its muscles.
        smoothing: sigma of the Gaussian before the level, as a share of the shorter side. Fat is
            close to the level.
        opening: radius of the opening after it, as a share of the shorter side; it separates the
            couch from the body.
        smallest: least side of a body, as a share of the shorter side.
        margin: on either side of the body, as a share of its side.
    """

    level: float = 0.02
    smoothing: float = 1 / 256
    opening: float = 1 / 64
    smallest: float = 1 / 4
    margin: float = 0.02


def slice_window(shape: tuple[int, int]) -> Window:
    """The square that holds the whole slice (rows, columns), centred."""
    rows, columns = shape
    side = max(rows, columns)
    return Window((rows - side) // 2, (columns - side) // 2, side)


def centre_window(shape: tuple[int, int]) -> Window:
    """The middle :data:`CENTRE_SHARE` of the square that holds a slice (rows, columns)."""
    rows, columns = shape
    side = round(CENTRE_SHARE * max(rows, columns))
    return Window((rows - side) // 2, (columns - side) // 2, side)


def body_window(image: np.ndarray, search: BodySearch = BodySearch()) -> Window:
    """The square around the body on a windowed CT slice (H, W) in 0..1.

    The whole slice where no body is found.
    """
    shorter = min(image.shape)
    smooth = ndimage.gaussian_filter(image, shorter * search.smoothing)
    iterations = max(1, int(shorter * search.opening))
    tissue = ndimage.binary_opening(smooth > search.level, iterations=iterations)
    labels, sizes = label_components(tissue)
    if len(sizes) == 0:
        return slice_window(image.shape)
    rows, columns = ndimage.find_objects(labels)[int(np.argmax(sizes))]
    side = max(rows.stop - rows.start, columns.stop - columns.start)
    if side < int(shorter * search.smallest):
        return slice_window(image.shape)
    side = round(side * (1 + 2 * search.margin))
    top = (rows.start + rows.stop - side) // 2
    left = (columns.start + columns.stop - side) // 2
    return Window(top, left, side)


def closer_window(window: Window, share: float) -> Window:
    """The middle of a window, with this share of its side."""
    side = round(window.side * share)
    return Window(
        window.top + (window.side - side) // 2, window.left + (window.side - side) // 2, side
    )


def mirrored_window(window: Window, columns: int) -> Window:
    """The same window on the slice mirrored left to right, which is ``columns`` wide."""
    return Window(window.top, columns - window.left - window.side, window.side)


def find_windows(images: torch.Tensor, field: str) -> list[Window]:
    """One window a slice for images (B, C, H, W), each slice in the middle of its neighbours.

    Args:
        images: the slices.
        field: ``slice``, ``centre`` or ``body``.
    """
    if field == "body":
        return [body_window(image) for image in own_slice(images)[:, 0].cpu().numpy()]
    window = centre_window if field == "centre" else slice_window
    return [window((images.shape[-2], images.shape[-1]))] * len(images)


def volume_window(images: torch.Tensor, field: str) -> Window:
    """One window for all slices (N, H, W) of a volume in 0..1.

    For ``body`` the square around the bodies of all slices; their smaller half, such as a neck or
    an empty slice, does not count.
    """
    shape = (images.shape[-2], images.shape[-1])
    if field == "centre":
        return centre_window(shape)
    if field != "body":
        return slice_window(shape)
    step = max(1, len(images) // 24)
    windows = [body_window(image) for image in images[step // 2 :: step].cpu().numpy()]
    windows = sorted(windows, key=lambda window: window.side)[len(windows) // 2 :]
    top = min(window.top for window in windows)
    left = min(window.left for window in windows)
    bottom = max(window.top + window.side for window in windows)
    right = max(window.left + window.side for window in windows)
    side = min(max(bottom - top, right - left), max(shape))
    return Window((top + bottom - side) // 2, (left + right - side) // 2, side)


def to_grid(images: torch.Tensor, windows: Sequence[Window], side: int) -> torch.Tensor:
    """Resample each slice's window of images (B, C, H, W) to (B, C, side, side).

    Pixels are averaged where the window is larger than the grid.
    """
    shape = (images.shape[-2], images.shape[-1])
    squares = []
    for image, window in zip(images, windows, strict=True):
        square = functional.pad(image[None], _padding(window, shape))
        squares.append(
            functional.interpolate(square, (side, side), mode="bilinear", antialias=True)
        )
    return torch.cat(squares).clamp(0, 1)


def from_grid(
    squares: torch.Tensor, windows: Sequence[Window], shape: tuple[int, int]
) -> torch.Tensor:
    """Resample squares (B, C, side, side) to their slices' grid (B, C, H, W).

    The inverse of :func:`to_grid`, 0 outside the windows; ``shape`` is (H, W).
    """
    images = []
    for square, window in zip(squares, windows, strict=True):
        size = (window.side, window.side)
        image = functional.interpolate(square[None], size, mode="bilinear", antialias=True)
        images.append(functional.pad(image, [-amount for amount in _padding(window, shape)]))
    return torch.cat(images)


def _padding(window: Window, shape: tuple[int, int]) -> tuple[int, int, int, int]:
    """Pixels to add left, right, above and below a slice to get the window; negative to crop."""
    rows, columns = shape
    return (
        -window.left,
        window.left + window.side - columns,
        -window.top,
        window.top + window.side - rows,
    )
