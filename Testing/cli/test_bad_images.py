"""Every user error ends with exit code 2, one helpful line, and no files written: images."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from Testing.cli.conftest import Hermes
from Testing.cli.refusal import SIZE, refused, write_array


def missing(path: Path) -> None:
    path.unlink(missing_ok=True)


def text(path: Path) -> None:
    path.write_text("patient went home\n", encoding="utf-8")


def empty_file(path: Path) -> None:
    path.write_bytes(b"")


def cut_off(path: Path) -> None:
    write_array(path, np.random.default_rng(0).random(SIZE))
    path.write_bytes(path.read_bytes()[:3000])


def four_dimensions(path: Path) -> None:
    write_array(path, np.random.default_rng(0).random((3, *SIZE)))


def colour(path: Path) -> None:
    write_array(path, np.random.default_rng(0).random((*SIZE, 3)), vector=True)


def not_a_number(path: Path) -> None:
    array = np.random.default_rng(0).random(SIZE)
    array[4, 8, 8] = np.nan
    write_array(path, array)


def constant(path: Path) -> None:
    write_array(path, np.full(SIZE, 7, np.int16))


BAD_IMAGES: list[tuple[Callable[[Path], None], str]] = [
    (missing, "no file or folder"),
    (text, "cannot be read as an image"),
    (empty_file, "is empty"),
    (cut_off, "cannot be read as an image"),
    (four_dimensions, "has 4 dimensions"),
    (colour, "colour"),
    (not_a_number, "NaN"),
    (constant, "is constant"),
]


@pytest.mark.parametrize(
    ("damage_file", "message"), BAD_IMAGES, ids=lambda value: getattr(value, "__name__", "")
)
def test_an_unusable_image_is_refused(
    hermes: Hermes, files: Path, tmp_path: Path, damage_file, message: str
):
    image, output = tmp_path / "bad.nii.gz", tmp_path / "out"
    damage_file(image)
    line = refused(hermes("refine", image, "-o", output), output)
    assert message in line and "bad.nii.gz" in line


def test_a_volume_without_slices_is_refused(hermes: Hermes, tmp_path: Path):
    image, output = tmp_path / "none.nrrd", tmp_path / "out"
    image.write_bytes(
        b"NRRD0004\ntype: short\ndimension: 3\nsizes: 16 16 0\nendian: little\nencoding: raw\n\n"
    )
    assert "none.nrrd" in refused(hermes("refine", image, "-o", output), output)


def test_a_colour_picture_and_a_folder_without_dicom_are_refused(hermes: Hermes, tmp_path: Path):
    output = tmp_path / "out"
    Image.new("RGB", (32, 32), (200, 30, 30)).save(tmp_path / "photo.png")
    assert "grey" in refused(hermes("refine", tmp_path / "photo.png", "-o", output), output)
    (tmp_path / "folder").mkdir()
    assert "no DICOM series" in refused(hermes("refine", tmp_path / "folder", "-o", output), output)


@pytest.mark.parametrize("option", ["--init", "--truth"])
def test_a_mask_of_another_size_is_refused(
    hermes: Hermes, files: Path, tmp_path: Path, option: str
):
    mask, output = tmp_path / "mask.nii.gz", tmp_path / "out"
    write_array(mask, np.ones((5, 20, 20), np.uint8))
    assert "mask.nii.gz" in refused(
        hermes("refine", files / "image.nii.gz", option, mask, "-o", output), output
    )


def test_a_mask_to_assess_that_is_missing_or_of_another_size_is_refused(
    hermes: Hermes, files: Path, tmp_path: Path
):
    mask, output = tmp_path / "mask.nii.gz", tmp_path / "out"
    assert "no file or folder" in refused(
        hermes("assess", files / "image.nii.gz", mask, "-o", output), output
    )
    write_array(mask, np.ones((5, 20, 20), np.uint8))
    assert "grid" in refused(hermes("assess", files / "image.nii.gz", mask, "-o", output), output)
