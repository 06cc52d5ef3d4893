"""NRRD and MetaImage headers of every kind are read right, said, or refused in one line."""

from pathlib import Path

import numpy as np
import pytest

from HermesLib.errors import HermesError
from HermesLib.io.volumes import read_volume
from Testing.io.reading import assert_refused, read_and_hear

VOXELS = (np.arange(6 * 5 * 4) * 7).astype("<i2").reshape(4, 5, 6)
#: The voxels by which files were filled; flipped where an axis points the other way.
STORED, NO_ROWS, NO_COLUMNS = VOXELS, VOXELS[:, ::-1], VOXELS[:, :, ::-1]
NEITHER = VOXELS[:, ::-1, ::-1]
LPS = "left-posterior-superior"
AXES = "(2,0,0) (0,3,0) (0,0,4)"
NRRD = {"type": "short", "dimension": "3", "sizes": "6 5 4", "encoding": "raw", "endian": "little"}
META = {
    "ObjectType": "Image",
    "NDims": "3",
    "BinaryData": "True",
    "BinaryDataByteOrderMSB": "False",
    "CompressedData": "False",
    "TransformMatrix": "1 0 0 0 1 0 0 0 1",
    "Offset": "0 0 0",
    "ElementSpacing": "2 3 4",
    "DimSize": "6 5 4",
    "ElementType": "MET_SHORT",
}
UNORIENTED = ["orientation-unknown"]


def nrrd(folder: Path, fields: dict[str, str], content: bytes = VOXELS.tobytes()) -> Path:
    lines = [f"{key}: {value}" for key, value in {**NRRD, **fields}.items()]
    path = folder / "image.nrrd"
    path.write_bytes("\n".join(["NRRD0004", *lines, "", ""]).encode() + content)
    return path


def meta(folder: Path, fields: dict[str, str | None], content: bytes = VOXELS.tobytes()) -> Path:
    changed = {**META, **fields}
    lines = [f"{key} = {value}" for key, value in changed.items() if value is not None]
    path = folder / "image.mha"
    path.write_bytes("\n".join([*lines, "ElementDataFile = LOCAL", ""]).encode() + content)
    return path


NRRD_READ = {
    "LPS": ({"space": LPS, "space directions": AXES}, STORED, []),
    "RAS": ({"space": "right-anterior-superior", "space directions": AXES}, NEITHER, []),
    "LAS": ({"space": "LAS", "space directions": AXES}, NO_ROWS, []),
    "kinds": (
        {"space": LPS, "space directions": AXES, "kinds": "domain domain domain"}, STORED, []
    ),
    "mm": ({"space": LPS, "space directions": AXES, "space units": '"mm" "mm" "mm"'}, STORED, []),
    "scanner": ({"space": "scanner-xyz", "space directions": AXES}, STORED, UNORIENTED),
    "no patient": ({"space": "3D-right-handed", "space directions": AXES}, STORED, UNORIENTED),
    "no space": ({"spacings": "2 3 4"}, STORED, UNORIENTED),
    "backwards": ({"spacings": "-2 3 4"}, NO_COLUMNS, UNORIENTED),
    "nothing": ({}, STORED, ["spacing-unknown", "orientation-unknown"]),
    "an axis without spacing": (
        {"space": LPS, "space directions": "none (0,3,0) (0,0,4)"}, STORED, ["spacing-unknown"]
    ),
}  # fmt: skip
NRRD_REFUSED = {
    "shear": ({"space": LPS, "space directions": "(2,0,0) (0,3,0) (1,0.8,4)"}, "is sheared"),
    "spacing no number": ({"spacings": "nan 3 4"}, "a spacing is not a number"),
    "spacing 0": ({"spacings": "0 3 4"}, "cannot be read"),
    "direction no number": (
        {"space": LPS, "space directions": "(nan,0,0) (0,3,0) (0,0,4)"}, "cannot be read"
    ),
    "direction 0": (
        {"space": LPS, "space directions": "(0,0,0) (0,3,0) (0,0,4)"}, "cannot be read"
    ),
    "centimetres": (
        {"space": LPS, "space directions": AXES, "space units": '"cm" "cm" "cm"'}, "lengths in cm"
    ),
    "a list of slices": (
        {"space": LPS, "space directions": AXES, "kinds": "space space list"}, "cannot be read"
    ),
    "vectors": (
        {"dimension": "4", "sizes": "2 3 5 4", "space": LPS, "kinds": "vector space space space",
         "space directions": f"none {AXES}"}, "colour or vector"
    ),
    "a list of volumes": (
        {"dimension": "4", "sizes": "6 5 2 2", "space": LPS, "kinds": "space space space list",
         "space directions": f"{AXES} none"}, "colour or vector|dimensions"
    ),
}  # fmt: skip
META_READ = {
    "plain": ({}, STORED, []),
    "orientation named": ({"AnatomicalOrientation": "RAI"}, STORED, []),
    "turned": ({"TransformMatrix": "-1 0 0 0 1 0 0 0 1"}, NO_COLUMNS, []),
    "size of elements": ({"ElementSpacing": None, "ElementSize": "2 3 4"}, STORED, []),
    "no spacing": ({"ElementSpacing": None}, STORED, ["spacing-unknown"]),
}
META_REFUSED = {
    "shear": ({"TransformMatrix": "1 0 0 0 1 0 0.3 0.2 0.93"}, "is sheared"),
    "spacing no number": ({"ElementSpacing": "nan 3 4"}, "cannot be read"),
    "spacing 0": ({"ElementSpacing": "0 3 4"}, "cannot be read"),
    "matrix no number": ({"TransformMatrix": "nan 0 0 0 1 0 0 0 1"}, "cannot be read"),
    "matrix singular": ({"TransformMatrix": "0 0 0 0 1 0 0 0 1"}, "cannot be read"),
}


def read(path: Path) -> tuple[np.ndarray, list[str]]:
    volume, heard = read_and_hear(read_volume, path)
    if "spacing-unknown" not in heard:
        assert (*volume.pixel_spacing, volume.slice_spacing) == pytest.approx((3, 2, 4))
    return volume.array, heard


@pytest.mark.parametrize("kind", NRRD_READ)
def test_an_nrrd_header_is_read_as_its_format_says(tmp_path, kind):
    fields, voxels, kinds = NRRD_READ[kind]
    array, heard = read(nrrd(tmp_path, fields))
    assert np.array_equal(array, voxels) and heard == kinds


@pytest.mark.parametrize("kind", META_READ)
def test_a_metaimage_header_is_read_as_its_format_says(tmp_path, kind):
    fields, voxels, kinds = META_READ[kind]
    array, heard = read(meta(tmp_path, fields))
    assert np.array_equal(array, voxels) and heard == kinds


@pytest.mark.parametrize("kind", NRRD_REFUSED)
def test_an_nrrd_without_a_usable_grid_is_refused_in_one_line(tmp_path, kind):
    fields, message = NRRD_REFUSED[kind]
    assert_refused(read_volume, nrrd(tmp_path, fields), message)


@pytest.mark.parametrize("kind", META_REFUSED)
def test_a_metaimage_without_a_usable_grid_is_refused_in_one_line(tmp_path, kind):
    fields, message = META_REFUSED[kind]
    assert_refused(read_volume, meta(tmp_path, fields), message)


@pytest.mark.parametrize("write", [nrrd, meta])
def test_a_file_that_is_cut_off_is_refused(tmp_path, write):
    fields = {"space": LPS, "space directions": AXES} if write is nrrd else {}
    with pytest.raises(HermesError, match="cannot be read"):
        read_volume(write(tmp_path, fields, VOXELS.tobytes()[:-10]))
