"""Grey pictures and label maps from PNG files."""

from pathlib import Path

import numpy as np
import SimpleITK
from PIL import Image, UnidentifiedImageError

from HermesLib.errors import HermesError
from HermesLib.io.suffixes import PNG

_SIXTEEN_BIT = ("I", "I;16", "I;16B", "I;16L")


def is_png(path: Path) -> bool:
    """Whether a path names a PNG file."""
    return path.suffix.lower() == PNG


def read_grey_png(path: Path) -> SimpleITK.Image:
    """An 8-bit grey picture as a volume of one slice.

    Colour files whose channels are equal everywhere, and whose transparency hides nothing, are grey
    pictures, too, and so are indexed ones with such a palette.

    Raises:
        HermesError: unreadable, of 1 or 16 bits, in colour, or partly transparent.
    """
    picture = _open(path)
    if picture.mode == "1":
        raise HermesError(
            f"{path.name} is a 1-bit PNG, as masks are; an image needs 8-bit grey values, 0 to 255"
        )
    if picture.mode in _SIXTEEN_BIT:
        raise HermesError(
            f"{path.name} is a 16-bit PNG, whose scale is not known; convert it to 8-bit grey with"
            " the window that you read it in, or use a format of medical images"
        )
    return SimpleITK.GetImageFromArray(_grey(picture, path)[None])


def read_label_png(path: Path) -> SimpleITK.Image:
    """Labels as a volume of one slice: grey values, colour indices, or bits.

    Raises:
        HermesError: unreadable, in colour without a palette, or partly transparent.
    """
    picture = _open(path)
    if picture.mode == "P":
        labels = np.asarray(picture)
    elif picture.mode == "1":
        labels = np.asarray(picture).astype(np.uint8)
    elif picture.mode in _SIXTEEN_BIT:
        labels = np.asarray(picture).astype(np.uint16)
    else:
        labels = _grey(picture, path)
    return SimpleITK.GetImageFromArray(np.ascontiguousarray(labels)[None])


def _open(path: Path) -> Image.Image:
    try:
        with Image.open(path, formats=["PNG"]) as picture:
            picture.load()
            return picture
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise HermesError(f"{path.name} cannot be read as a PNG") from error
    except Image.DecompressionBombError as error:
        raise HermesError(f"{path.name} is too large for a slice") from error


def _grey(picture: Image.Image, path: Path) -> np.ndarray:
    """Grey values (H, W, uint8).

    Raises:
        HermesError: a pixel of which is coloured or transparent.
    """
    if picture.mode == "L" and "transparency" not in picture.info:
        return np.asarray(picture)
    channels = np.asarray(picture.convert("RGBA"))
    if (channels[..., 3] != 255).any():
        raise HermesError(f"{path.name} is partly transparent; save it as plain 8-bit grey")
    if (channels[..., :3] != channels[..., :1]).any():
        raise HermesError(
            f"{path.name} is a colour picture (its mode is {picture.mode}), not an 8-bit grey PNG;"
            " convert it, values 0 to 255"
        )
    return np.ascontiguousarray(channels[..., 0])
