"""The sheet that the overview is put together on: pictures and words at places in inches."""

from typing import Literal

import numpy as np
from PIL import Image, ImageDraw

from HermesLib.io.png_writing import png_bytes
from HermesLib.report.overview.fonts import RESOLUTION, font

Anchor = Literal["la", "lm", "ma", "mm", "rm"]


class Sheet:
    """A white picture.

    Args:
        width, height: inches.
    """

    def __init__(self, width: float, height: float) -> None:
        self.width = width
        self.height = height
        size = (_pixels(width), _pixels(height))
        self._picture = Image.new("RGB", size, "white")
        self._draw = ImageDraw.Draw(self._picture)

    def write(
        self, x: float, y: float, text: str, points: float, anchor: Anchor, *, bold: bool = False
    ) -> None:
        """Write text, one line or several.

        Args:
            x, y: the place, inches from the left and from the top.
            text: what to write.
            points: size of the letters.
            anchor: which part of the text lies there: left, middle or right, and the top (``a``) or
                the middle.
            bold: in bold letters.
        """
        place = (x * RESOLUTION, y * RESOLUTION)
        align = {"l": "left", "m": "center", "r": "right"}[anchor[0]]
        letters = font(points, bold=bold)
        self._draw.text(place, text, "black", letters, anchor, align=align)

    def length(self, text: str, points: float) -> float:
        """How long a line of text is, inches."""
        return font(points).getlength(text) / RESOLUTION

    def paste(self, x: float, y: float, picture: Image.Image) -> None:
        """Lay a picture on the sheet, with its left upper corner at a place."""
        self._picture.paste(picture, (_pixels(x), _pixels(y)))

    def rectangle(
        self, x: float, y: float, width: float, height: float, fill: str, edge: str | None = None
    ) -> None:
        """Draw a filled rectangle from its left upper corner, with an edge if it has one."""
        box = (_pixels(x), _pixels(y), _pixels(x + width), _pixels(y + height))
        self._draw.rectangle(box, fill, edge, 2 if edge else 0)

    def line(self, x: float, y: float, length: float, colour: str, dashed: bool = False) -> None:
        """Draw a thick horizontal line, in three dashes if ``dashed``."""
        dashes = 3 if dashed else 1
        step = length / (dashes if not dashed else dashes - 0.35)
        for k in range(dashes):
            start = x + k * step
            end = start + (0.65 * step if dashed else length)
            self._draw.line(
                (start * RESOLUTION, y * RESOLUTION, end * RESOLUTION, y * RESOLUTION), colour, 3
            )

    def png(self) -> bytes:
        """The content of a PNG file."""
        return png_bytes(np.asarray(self._picture))


def _pixels(inches: float) -> int:
    return round(inches * RESOLUTION)
