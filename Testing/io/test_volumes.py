"""Images from files and memory, masks on their grid, and one-line errors."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import SimpleITK
from PIL import Image

from HermesLib.errors import HermesError
from HermesLib.io.masks import mask_from_array, mask_from_image, read_mask, write_mask
from HermesLib.io.volumes import read_volume, volume_from_array, volume_from_image
from HermesLib.presets.registry import load_preset

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="real patients (../shared/data) are not here"
)


def image_of(array: np.ndarray, spacing=(0.8, 0.7, 3.0), origin=(1.0, 2.0, 3.0)) -> SimpleITK.Image:
    image = SimpleITK.GetImageFromArray(array)
    image.SetSpacing(spacing)
    image.SetOrigin(origin)
    return image


@pytest.fixture
def noise() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 500, (4, 12, 10)).astype(np.int16)


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd", ".mha"])
def test_every_volume_format_reads_the_same_and_results_lie_on_its_grid(tmp_path, noise, suffix):
    path = tmp_path / f"image{suffix}"
    SimpleITK.WriteImage(image_of(noise), str(path))
    volume = read_volume(path)
    assert np.array_equal(volume.array, noise)
    # Rows are 0.7 mm apart, columns 0.8 mm.
    assert volume.pixel_spacing == pytest.approx((0.7, 0.8))
    assert volume.slice_spacing == pytest.approx(3.0)
    mask = volume.array > 250
    write_mask(tmp_path / "mask.nii.gz", mask, volume)
    written, original = (
        SimpleITK.ReadImage(str(tmp_path / "mask.nii.gz")),
        SimpleITK.ReadImage(str(path)),
    )
    assert written.GetSize() == original.GetSize()
    assert np.allclose(written.GetOrigin(), original.GetOrigin()) and np.allclose(
        written.GetDirection(), original.GetDirection()
    )
    assert np.array_equal(read_mask(tmp_path / "mask.nii.gz", volume), mask)


def test_one_slice_is_a_volume_and_a_png_is_windowed(tmp_path, noise):
    SimpleITK.WriteImage(image_of(noise[:1]), str(tmp_path / "one.nii.gz"))
    assert read_volume(tmp_path / "one.nii.gz").array.shape == (1, 12, 10)
    Image.fromarray(np.arange(120, dtype=np.uint8).reshape(12, 10)).save(tmp_path / "one.png")
    volume = read_volume(tmp_path / "one.png")
    assert volume.windowed and volume.array.shape == (1, 12, 10)
    assert volume.normalise(load_preset("spleen-ct").intensity).max() == pytest.approx(119 / 255)


def write_bad(folder: Path, kind: str) -> Path:
    rng = np.random.default_rng(0)
    path = folder / "image.nii.gz"
    if kind == "text":
        path.write_text("not an image")
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "four dimensions":
        SimpleITK.WriteImage(
            SimpleITK.JoinSeries([image_of(rng.random((3, 8, 8)).astype(np.float32))] * 2),
            str(path),
        )
    elif kind == "colour":
        SimpleITK.WriteImage(
            SimpleITK.GetImageFromArray(
                rng.integers(0, 9, (3, 8, 8, 3)).astype(np.uint8), isVector=True
            ),
            str(path),
        )
    elif kind == "not finite":
        values = rng.random((3, 8, 8)).astype(np.float32)
        values[1, 2, 3] = np.nan
        SimpleITK.WriteImage(image_of(values), str(path))
    elif kind == "constant":
        SimpleITK.WriteImage(image_of(np.full((3, 8, 8), 7, np.int16)), str(path))
    elif kind == "cut off":
        SimpleITK.WriteImage(image_of(rng.random((9, 64, 64)).astype(np.float32)), str(path))
        path.write_bytes(path.read_bytes()[:2000])
    elif kind == "folder without DICOM":
        path = folder / "empty"
        path.mkdir()
    elif kind == "colour PNG":
        path = folder / "image.png"
        Image.fromarray(rng.integers(0, 9, (8, 8, 3)).astype(np.uint8)).save(path)
    elif kind == "unknown type":
        path = folder / "image.docx"
        path.write_text("?")
    return path


KINDS = {
    "missing": "no file",
    "text": "cannot be read as an image",
    "empty": "is empty",
    "four dimensions": "4 dimensions",
    "colour": "colour",
    "not finite": "NaN",
    "constant": "constant",
    "cut off": "cannot be read|cut off",
    "folder without DICOM": "no DICOM series",
    "colour PNG": "colour picture",
    "unknown type": "unknown type",
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_bad_image_gets_one_line_that_says_what_is_wrong(tmp_path, kind):
    with pytest.raises(HermesError, match=KINDS[kind]) as raised:
        read_volume(write_bad(tmp_path, kind))
    assert "\n" not in str(raised.value)


@needs_data
@pytest.mark.parametrize(
    "name", ["dicom/mr-prostate-t2", "dicom/ct-abdomen", "ct-example/ct.nii.gz"]
)
def test_real_series_and_volumes_come_back_on_their_own_grid(name, tmp_path):
    path = DATA / name
    volume = read_volume(path)
    mask = volume.array > np.median(volume.array)
    write_mask(tmp_path / "mask.nii.gz", mask, volume)
    assert np.array_equal(read_mask(tmp_path / "mask.nii.gz", volume), mask)
    if path.is_file():
        assert (
            SimpleITK.ReadImage(str(tmp_path / "mask.nii.gz")).GetDirection()
            == SimpleITK.ReadImage(str(path)).GetDirection()
        )


@needs_data
def test_the_liver_is_on_the_left_of_the_image_in_a_flipped_real_volume():
    volume = read_volume(DATA / "ct-example" / "ct.nii.gz")
    spleen = read_mask(DATA / "ct-example" / "spleen.nii.gz", volume)
    rows, columns = np.argwhere(spleen.any(0)).mean(0)
    assert columns > volume.array.shape[2] / 2
    assert rows > volume.array.shape[1] / 2


@pytest.mark.parametrize("spacing", [(3.0, 0.8, 0.8), None])
def test_an_array_is_a_volume_in_its_own_order(noise, spacing, tmp_path):
    volume = volume_from_array(noise, spacing)
    assert np.array_equal(volume.array, noise)
    assert (volume.slice_spacing, *volume.pixel_spacing) == pytest.approx(spacing or (1, 1, 1))
    mask = noise > 250
    write_mask(tmp_path / "mask.nii.gz", mask, volume)
    written = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(tmp_path / "mask.nii.gz")))
    assert np.array_equal(written, mask)


def test_an_image_in_memory_gives_the_slices_of_its_file(noise, tmp_path):
    image = SimpleITK.DICOMOrient(image_of(noise), "RSP")
    SimpleITK.WriteImage(image, str(tmp_path / "image.nrrd"))
    read = read_volume(tmp_path / "image.nrrd")
    in_memory = volume_from_image(image)
    assert np.array_equal(in_memory.array, read.array) and in_memory.axes == read.axes
    mask = SimpleITK.Cast(image > 250, SimpleITK.sitkUInt8)
    assert np.array_equal(mask_from_image(mask, in_memory), read.array > 250)


@pytest.mark.parametrize(
    ("array", "spacing", "message"),
    [
        (np.zeros((2, 3, 4, 5)), None, "shape"),
        (np.zeros((0, 4, 4)), None, "shape"),
        (np.array([["a", "b"]]), None, "real numbers"),
        (np.array([[0.0, np.nan]]), None, "NaN"),
        (np.ones((4, 4)), None, "constant"),
        (np.eye(4), (1.0, 0.0, 1.0), "spacing"),
        (np.eye(4), (1.0,), "spacing"),
    ],
)
def test_a_bad_array_gets_one_line_that_says_what_is_wrong(array, spacing, message):
    with pytest.raises(HermesError, match=message) as raised:
        volume_from_array(array, spacing)
    assert "\n" not in str(raised.value)


def test_a_mask_array_must_have_the_shape_of_the_image(noise):
    volume = volume_from_array(noise)
    with pytest.raises(HermesError, match="shape"):
        mask_from_array(noise[0] > 0, volume)
    single = volume_from_array(noise[0])
    assert mask_from_array(noise[0] > 250, single).shape == (1, *noise[0].shape)


def test_a_nifti_file_is_read_once_for_its_checks_and_its_hash(tmp_path, noise, monkeypatch):
    path = tmp_path / "image.nii.gz"
    SimpleITK.WriteImage(image_of(noise), str(path))
    content, opened, builtin = path.read_bytes(), [], open
    monkeypatch.setattr("builtins.open", lambda *a, **k: opened.append(a[0]) or builtin(*a, **k))
    assert read_volume(path).sha256 == hashlib.sha256(content).hexdigest()
    assert opened == [path]
