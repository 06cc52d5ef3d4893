"""From slices to the QC core's square grid and back."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy import ndimage
from torch.nn import functional

from HermesLib.io.neighbours import own_slice

#: Fat, the outermost of a body, lies above this in a window of soft tissue from -125 HU on (-100 HU are at 0.06); air and foam are at 0. A
#: level that leaves fat out cuts off what lies far to one side, as the spleen does, wherever the body is broader than its muscles.
_BODY_LEVEL = 0.02


@dataclass(frozen=True)
class Window:
    """A square window on a slice, in pixel edges; it may reach over the slice's border (padded with zeros)."""

    top: int
    left: int
    side: int


def slice_window(shape: tuple[int, int]) -> Window:
    """The square that holds the whole slice (rows, columns), centred."""
    rows, columns = shape
    side = max(rows, columns)
    return Window((rows - side) // 2, (columns - side) // 2, side)


#: Where slices are centred on the organ's region, as a prostate's are: no gland of PROMISE12's 45 patients reaches beyond this share.
CENTRE_SHARE = 0.75


def centre_window(shape: tuple[int, int]) -> Window:
    """The middle :data:`CENTRE_SHARE` of the square that holds a slice (rows, columns)."""
    rows, columns = shape
    side = round(CENTRE_SHARE * max(rows, columns))
    return Window((rows - side) // 2, (columns - side) // 2, side)


def body_window(image: np.ndarray, margin: float = 0.02) -> Window:
    """The square around the body on a windowed CT slice (H, W) in 0..1; the whole slice where no body is seen."""
    # Fat is close to the level, so noise is averaged away first; opened, so that a couch below is a part of its own.
    smooth = ndimage.gaussian_filter(image, min(image.shape) / 256)
    tissue = ndimage.binary_opening(smooth > _BODY_LEVEL, iterations=max(1, min(image.shape) // 64))
    parts, count = ndimage.label(tissue)
    if count == 0:
        return slice_window(image.shape)
    largest = int(np.argmax(ndimage.sum_labels(tissue, parts, range(1, count + 1))))
    rows, columns = ndimage.find_objects(parts)[largest]
    side = max(rows.stop - rows.start, columns.stop - columns.start)
    if side < min(image.shape) // 4:
        return slice_window(image.shape)
    side = round(side * (1 + 2 * margin))
    return Window(
        (rows.start + rows.stop - side) // 2, (columns.start + columns.stop - side) // 2, side
    )


def find_windows(images: torch.Tensor, field: str) -> list[Window]:
    """One window a slice for images (B, C, H, W), neighbours or not; ``field`` is ``slice``, ``centre`` or ``body``."""
    if field == "body":
        return [body_window(image) for image in own_slice(images)[:, 0].cpu().numpy()]
    window = centre_window if field == "centre" else slice_window
    return [window((images.shape[-2], images.shape[-1]))] * len(images)


def _window_sides(window: Window, shape: tuple[int, int]) -> tuple[int, int, int, int]:
    rows, columns = shape
    return (
        -window.left,
        window.left + window.side - columns,
        -window.top,
        window.top + window.side - rows,
    )


def to_grid(pictures: torch.Tensor, windows: Sequence[Window], side: int) -> torch.Tensor:
    """Cut each slice's window out of pictures (B, C, H, W) and bring it to (B, C, side, side), averaging where it shrinks."""
    shape = (pictures.shape[-2], pictures.shape[-1])
    cut = []
    for picture, window in zip(pictures, windows, strict=True):
        square = functional.pad(picture[None], _window_sides(window, shape))
        cut.append(functional.interpolate(square, (side, side), mode="bilinear", antialias=True))
    return torch.cat(cut).clamp(0, 1)


def from_grid(
    pictures: torch.Tensor, windows: Sequence[Window], shape: tuple[int, int]
) -> torch.Tensor:
    """Bring pictures (B, C, side, side) back to their slices' grid (B, C, \\*shape); outside the windows 0."""
    placed = []
    for picture, window in zip(pictures, windows, strict=True):
        square = functional.interpolate(
            picture[None], (window.side, window.side), mode="bilinear", antialias=True
        )
        placed.append(functional.pad(square, [-amount for amount in _window_sides(window, shape)]))
    return torch.cat(placed)
