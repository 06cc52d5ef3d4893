"""A view of a slice as a picture to draw on: drawn in double size, then reduced to smooth lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image, ImageDraw
from skimage.measure import find_contours

from HermesLib.report.colours import rgb
from HermesLib.report.overview.fonts import font, pixels
from HermesLib.report.overview.selection import View

#: Drawn so many times larger than shown.
_SCALE = 2


@dataclass(frozen=True, eq=False)
class Layer:
    """Pixels in a colour: a mask (H, W, bool), and which share of the image the colour covers."""

    mask: np.ndarray
    colour: str
    share: float


@dataclass(frozen=True, eq=False)
class Backdrop:
    """The visible part of a slice, to draw several pictures on.

    Attributes:
        greys: (h, w, uint8), the part as large as it is shown.
        view: the part, ``(left, right, top, bottom)`` in pixel edges.
    """

    greys: np.ndarray
    view: View

    @classmethod
    def of(cls, image: np.ndarray, view: View, aspect: float, side: int) -> "Backdrop":
        """A part of an image (H, W) in 0..1, interpolated.

        Args:
            image: the slice.
            view: the part to show.
            aspect: height of a pixel divided by its width.
            side: the part's longer side when shown, pixels.
        """
        left, right, top, bottom = view
        columns, rows = right - left, (bottom - top) * aspect
        enlarged = side / max(columns, rows)
        size = (max(1, round(enlarged * columns)), max(1, round(enlarged * rows)))
        grey = Image.fromarray((np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8))
        part = grey.resize(size, Image.Resampling.BILINEAR, box=(left, top, right, bottom))
        return cls(np.asarray(part), view)


class Picture:
    """A part of a slice, and what is drawn on it.

    Coordinates are pixel edges, as in boxes: pixel (row, column) covers row..row + 1. Widths are in
    points, as those of letters.

    Args:
        backdrop: the part.
        layers: painted over it, one above the other; at least one.
    """

    def __init__(self, backdrop: Backdrop, layers: Sequence[Layer]) -> None:
        left, right, top, bottom = backdrop.view
        height, width = backdrop.greys.shape
        larger = (width * _SCALE, height * _SCALE)
        self._corner = np.array([left, top])
        self._factors = np.array(larger) / np.array([right - left, bottom - top])
        self._picture = _painted(backdrop, layers).resize(larger, Image.Resampling.NEAREST)
        self._draw = ImageDraw.Draw(self._picture)

    def outline(
        self, mask: np.ndarray, colour: str, width: float, dashes: tuple[float, float] | None = None
    ) -> None:
        """Draw the outline of a mask (H, W, bool); ``dashes`` are lengths of dash and gap."""
        if not mask.any():
            return
        rows, columns = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
        top, left = rows[0], columns[0]
        part = mask[top : rows[-1] + 1, left : columns[-1] + 1]
        # A margin of background closes outlines that reach the slice's border.
        for path in find_contours(np.pad(part, 1), 0.5):
            points = self._on_picture(path[:, ::-1] + np.array([left, top]) - 0.5)
            if dashes is None:
                self._line(points.ravel().tolist(), colour, width)
            else:
                for dash in _dashes(points, *(pixels(length) * _SCALE for length in dashes)):
                    self._line(dash, colour, width)

    def line(self, points: Sequence[tuple[float, float]], colour: str, width: float) -> None:
        """Draw a line through points (x, y)."""
        self._line(self._on_picture(np.asarray(points, float)).ravel().tolist(), colour, width)

    def plus(self, point: tuple[float, float], colour: str, size: float, *, minus: bool) -> None:
        """Draw a sign at a point (x, y), with a dark rim; ``size`` in points."""
        x, y = self._on_picture(np.asarray(point, float)).tolist()
        for shade, width, beyond in (("black", 2.6, 1.0), (colour, 1.4, 0.0)):
            arm = pixels(size) * _SCALE / 2 + beyond * _SCALE
            self._line([x - arm, y, x + arm, y], shade, width)
            if not minus:
                self._line([x, y - arm, x, y + arm], shade, width)

    def letter(self, point: tuple[float, float], text: str, colour: str, size: float) -> None:
        """Write a letter at a point (x, y), with a dark rim; ``size`` in points."""
        ((x, y),) = self._on_picture(np.asarray([point], float))
        self._draw.text(
            (x, y),
            text,
            fill=colour,
            font=font(size * _SCALE, bold=True),
            anchor="mm",
            stroke_width=pixels(1.3 * _SCALE),
            stroke_fill="black",
        )

    def finished(self) -> Image.Image:
        """The picture in its own size, RGB."""
        return self._picture.reduce(_SCALE)

    def _on_picture(self, points: np.ndarray) -> np.ndarray:
        """Points (N, 2), x and y in pixel edges, on the enlarged picture."""
        return (points - self._corner) * self._factors

    def _line(self, points: Sequence[float], colour: str, width: float) -> None:
        """Draw a line through points x, y, x, y ... on the enlarged picture."""
        self._draw.line(points, colour, round(pixels(width) * _SCALE))


def _painted(backdrop: Backdrop, layers: Sequence[Layer]) -> Image.Image:
    """A backdrop with its layers, RGB; the layers are not interpolated.

    Which layers cover a pixel is one number, and a table holds the colour of each number and grey
    value.
    """
    covered = np.zeros(layers[0].mask.shape, np.uint8)
    for place, layer in enumerate(layers):
        covered |= layer.mask.astype(np.uint8) << place
    left, right, top, bottom = backdrop.view
    height, width = backdrop.greys.shape
    shown = Image.fromarray(covered).resize(
        (width, height), Image.Resampling.NEAREST, box=(left, top, right, bottom)
    )
    colours = _colours(tuple((layer.colour, layer.share) for layer in layers))
    painted = colours.take(np.asarray(shown).astype(np.uint16) * 256 + backdrop.greys)
    return Image.frombytes("RGB", (width, height), painted.tobytes(), "raw", "RGBX")


@cache
def _colours(layers: tuple[tuple[str, float], ...]) -> np.ndarray:
    """The colour of every combination of layers over every grey value, (2 ** layers * 256,) uint32.

    Its four bytes are looked up as one number.

    Args:
        layers: colour and share of each.
    """
    table = np.repeat(np.arange(256.0)[None, :, None], 3, axis=2)  # (2 ** layers, grey, 3)
    for colour, share in layers:
        painted = (1 - share) * table + share * 255 * np.array(rgb(colour))
        table = np.concatenate([table, painted])
    colours = np.zeros((table.shape[0] * 256, 4), np.uint8)
    colours[:, :3] = (table + 0.5).astype(np.uint8).reshape(-1, 3)
    return colours.view(np.uint32)[:, 0]


def _dashes(points: np.ndarray, dash: float, gap: float) -> list[list[float]]:
    """A path (N, 2) cut into dashes, each x, y, x, y ..."""
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    places = np.concatenate([[0.0], np.cumsum(steps)])
    starts = np.arange(0.0, places[-1], dash + gap)
    ends = np.minimum(starts + dash, places[-1])
    limits = np.stack([starts, ends], 1)
    corners = np.concatenate([np.interp(limits, places, axis) for axis in points.T], 1)
    first, last = np.searchsorted(places, starts, "right"), np.searchsorted(places, ends)
    path = points.ravel().tolist()
    return [
        [x1, y1, *path[2 * start : 2 * end], x2, y2]
        for (x1, x2, y1, y2), start, end in zip(
            corners.tolist(), first.tolist(), last.tolist(), strict=True
        )
    ]
