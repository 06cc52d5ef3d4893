"""The sheet that the overview is put together on: pictures and words at places in inches."""

import io
from typing import Literal

from PIL import Image, ImageColor, ImageDraw

from HermesLib.report.colours import WORDS
from HermesLib.report.overview.fonts import RESOLUTION, font

#: The file has 256 colours, these greys among them: with all colours it would take four times as
#: long to write. Pillow looks for the nearest colour in steps of 4, and white stays white.
_GREYS = (*range(0, 248, 4), 255)
#: Frequent colours whose parts differ by no more are left to the greys.
_GREYISH = 8
#: How hard the file is compressed, of 9.
_COMPRESSION = 2
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
        content = io.BytesIO()
        palette = _palette(self._picture)
        few = self._picture.quantize(palette=palette, dither=Image.Dither.NONE)
        few.save(content, "PNG", compress_level=_COMPRESSION)
        return content.getvalue()


def _palette(picture: Image.Image) -> Image.Image:
    """The colours of a picture's file: greys for slices, the code's, and its most frequent."""
    left = 256 - len(_GREYS) - len(WORDS)
    small = picture.resize((picture.width // 4, picture.height // 4), Image.Resampling.NEAREST)
    parts = small.quantize(left, Image.Quantize.FASTOCTREE).getpalette() or []
    frequent = zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    colours = [
        *((grey, grey, grey) for grey in _GREYS),
        *map(ImageColor.getrgb, WORDS),
        *(colour for colour in frequent if max(colour) - min(colour) > _GREYISH),
    ]
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for colour in colours for part in colour])
    return palette


def _pixels(inches: float) -> int:
    return round(inches * RESOLUTION)
