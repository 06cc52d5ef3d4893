"""PNG files are read by their grey values, or refused with what they are."""

import numpy as np
import pytest
import SimpleITK
from PIL import Image

from HermesLib.errors import HermesError
from HermesLib.io.image_files import read_image
from HermesLib.io.png import read_grey_png

GREY = np.arange(0, 240, dtype=np.uint8).reshape(12, 20)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA", "P"])
def test_a_grey_picture_has_its_grey_values_however_it_is_stored(tmp_path, mode):
    picture = Image.fromarray(GREY).convert(mode)
    if mode == "P":  # an index that is not the grey value
        picture = Image.fromarray(255 - GREY, "P")
        picture.putpalette([255 - index // 3 for index in range(3 * 256)])
    picture.save(tmp_path / "a.png")
    read = SimpleITK.GetArrayFromImage(read_image(tmp_path / "a.png")[0])
    assert read.dtype == np.uint8 and np.array_equal(read[0], GREY)


def coloured() -> Image.Image:
    return Image.fromarray(np.stack([GREY, GREY // 2, GREY], -1))


def indexed_colours() -> Image.Image:
    picture = Image.fromarray(GREY, "P")
    picture.putpalette([value for index in range(256) for value in (index, 0, 255 - index)])
    return picture


def see_through() -> Image.Image:
    return Image.fromarray(np.stack([GREY, GREY], -1), "LA")


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        (coloured(), r"colour picture"),
        (indexed_colours(), r"colour picture \(its mode is P\)"),
        (see_through(), r"partly transparent"),
        (Image.fromarray(GREY > 100), r"1-bit PNG"),
        (Image.fromarray(GREY.astype(np.uint16) * 200), r"16-bit PNG"),
    ],
    ids=["colour", "indexed", "transparent", "1 bit", "16 bit"],
)
def test_what_has_no_8_bit_grey_values_is_refused_in_one_line(tmp_path, picture, message):
    picture.save(tmp_path / "a.png")
    with pytest.raises(HermesError, match=message) as said:
        read_image(tmp_path / "a.png")
    assert "\n" not in str(said.value)


def test_a_cut_off_or_foreign_file_is_no_png(tmp_path):
    path = tmp_path / "a.png"
    noise = np.random.default_rng(0).integers(0, 256, (30, 30)).astype(np.uint8)
    Image.fromarray(noise).save(path)
    whole = path.read_bytes()
    for content in (whole[:60], whole[:-100], b"not a picture", b"GIF89a" + whole):
        path.write_bytes(content)
        with pytest.raises(HermesError, match="cannot be read as a PNG"):
            read_grey_png(path)
