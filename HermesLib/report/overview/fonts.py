"""Letters of the overview, and lengths in pixels."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from PIL import ImageFont

#: Pixels an inch.
RESOLUTION = 110
#: The fonts that come with matplotlib; finding them does not load it.
_FOLDER = Path("mpl-data", "fonts", "ttf")
_FILES = {False: "DejaVuSans.ttf", True: "DejaVuSans-Bold.ttf"}


def pixels(points: float) -> float:
    """A length in points, as pixels."""
    return points * RESOLUTION / 72


@cache
def font(points: float, *, bold: bool = False) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """A font of a size in points; where matplotlib's are missing, Pillow's own."""
    found = find_spec("matplotlib")
    for folder in [] if found is None else found.submodule_search_locations or []:
        path = Path(folder) / _FOLDER / _FILES[bold]
        if path.is_file():
            return ImageFont.truetype(str(path), pixels(points))
    return ImageFont.load_default(pixels(points))
