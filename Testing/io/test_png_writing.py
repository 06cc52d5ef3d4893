"""A written PNG shows every pixel as it was, in about the space of Pillow's files."""

import io

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from HermesLib.io.png_writing import png_bytes


@given(st.tuples(st.integers(1, 9), st.integers(1, 9)).flatmap(lambda s: arrays(np.uint8, (*s, 3))))
def test_a_reader_finds_every_pixel_as_it_was(picture):
    with Image.open(io.BytesIO(png_bytes(picture))) as read:
        read.load()  # Checks the checksums.
        assert (read.format, read.mode) == ("PNG", "RGB")
        assert np.array_equal(np.asarray(read), picture)


def test_a_view_of_a_larger_picture_is_written_as_it_looks():
    larger = np.random.default_rng(0).integers(0, 256, (20, 30, 3)).astype(np.uint8)
    view = larger[::-2, 3:17]
    with Image.open(io.BytesIO(png_bytes(view))) as read:
        assert np.array_equal(np.asarray(read), view)


def test_a_grey_slice_on_white_takes_about_the_space_of_pillows_fast_file():
    rng = np.random.default_rng(0)
    grey = rng.normal(100, 10, (150, 150)).cumsum(0) / np.sqrt(np.arange(1, 151))[:, None]
    picture = np.full((200, 300, 3), 255, np.uint8)
    picture[20:170, 20:170] = np.clip(grey, 0, 255)[..., None]
    other = io.BytesIO()
    Image.fromarray(picture).save(other, "PNG", compress_level=2)
    assert len(png_bytes(picture)) < 1.1 * len(other.getvalue())
