"""The overview's file has few colours; a reader does not see it."""

import io

import numpy as np
from PIL import Image, ImageColor

from HermesLib.report.colours import WORDS
from HermesLib.report.overview.sheet import Sheet


def test_the_file_keeps_white_the_colours_of_the_legend_and_the_greys_of_a_slice():
    drawn = np.full((300, 256, 3), 255, np.uint8)
    drawn[:200] = np.arange(256)[None, :, None]
    for place, colour in enumerate(WORDS):
        drawn[210 + 8 * place : 218 + 8 * place] = ImageColor.getrgb(colour)
    sheet = Sheet(4.0, 4.0)
    sheet.paste(0.0, 0.0, Image.fromarray(drawn))
    with Image.open(io.BytesIO(sheet.png())) as picture:
        read = np.asarray(picture.convert("RGB"))[:300, :256]
    difference = np.abs(read.astype(int) - drawn.astype(int))
    assert difference[:200].max() <= 8 and difference[:200].mean() < 3
    assert difference[210 : 210 + 8 * len(WORDS)].max() <= 3
    assert (read[280:] == 255).all()
