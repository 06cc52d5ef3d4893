"""NIfTI files of every dialect are read right, or refused in one line that says why."""

import io
import warnings
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
import SimpleITK

from HermesLib.errors import HermesError
from HermesLib.io.image_files import read_image
from HermesLib.io.masks import read_mask, write_mask
from HermesLib.io.metadata_keys import ORIENTATION
from HermesLib.io.volumes import read_volume
from Testing.io.headers import OBLIQUE, SFORM, VOXELS, nifti
from Testing.io.reading import assert_refused, read_and_hear

NAN, INF = float("nan"), float("inf")
RGB = np.zeros((6, 5, 4), [("R", "u1"), ("G", "u1"), ("B", "u1")])
RGBA = np.zeros((6, 5, 4), [("R", "u1"), ("G", "u1"), ("B", "u1"), ("A", "u1")])
HIGH = (VOXELS.astype(np.int32) + 60000).astype(np.uint16)
FLOATS = VOXELS.astype(np.float32)
NOT_FINITE = np.where(VOXELS.max() == VOXELS, np.nan, FLOATS)
ROUNDED = ((2.0, 0.002, 0, 10), (-0.002, 3.0, 0, 20), (0, 0.001, 4.0, 30))
SHEARED = ((2.0, 0, 1.2, 10), (0, 3.0, 0.8, 20), (0, 0, 4.0, 30))
FLIPPED = ((-2.0, 0, 0, 10), (0, 3.0, 0, 20), (0, 0, 4.0, 30))

#: Files that are read: how the header differs from an ordinary one, and the notices.
READ: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "ordinary": ({}, ()),
    "compressed": ({"zipped": True}, ()),
    "big-endian": ({"order": ">"}, ()),
    "version 2": ({"version": 2}, ()),
    "version 2, big-endian, compressed": ({"version": 2, "order": ">", "zipped": True}, ()),
    "oblique": ({"sform": OBLIQUE}, ()),
    "version 2, oblique": ({"version": 2, "sform": OBLIQUE}, ()),
    "left-handed": ({"sform": FLIPPED}, ()),
    "qform": ({"sform_code": 0, "qform_code": 1}, ()),
    "qform, turned": (
        {"sform_code": 0, "qform_code": 1, "quaternion": (0.1, 0.2, 0.3)}, ()
    ),
    "qform, mirrored": (
        {"sform_code": 0, "qform_code": 1, "pixdim": (-1, 2, 3, 4, 0, 0, 0, 0)}, ()
    ),
    "qform without its sign": (
        {"sform_code": 0, "qform_code": 1, "pixdim": (0, 2, 3, 4, 0, 0, 0, 0)}, ()
    ),
    "qform and sform agree": ({"qform_code": 1}, ()),
    "qform and sform disagree": ({"qform_code": 1, "sform": FLIPPED}, ("header-places",)),
    "qform and sform of two spaces": (
        {"qform_code": 1, "sform_code": 4, "qoffset": (0, 0, 0)}, ("header-places",)
    ),
    "a qform that is not a rotation beside an sform": (
        {"qform_code": 1, "quaternion": (0.9, 0.9, 0.9)}, ()
    ),
    "sform in code 3 of 4": ({"sform_code": 3}, ()),
    "no codes": ({"sform_code": 0}, ("orientation-unknown",)),
    "sform and spacing disagree": ({"pixdim": (1,) * 8}, ("header-spacing",)),
    "spacing no number beside an sform": (
        {"pixdim": (1, NAN, 3, 4, 0, 0, 0, 0)}, ("header-spacing",)
    ),
    "spacing 0 beside an sform": ({"pixdim": (1, 0, 0, 0, 0, 0, 0, 0)}, ("header-spacing",)),
    "sform askew by rounding": ({"sform": ROUNDED}, ()),
    "units unknown": ({"units": 0}, ()),
    "units of time beside mm": ({"units": 2 + 8}, ()),
    "8 bit": ({"voxels": VOXELS.astype(np.uint8)}, ()),
    "signed 8 bit": ({"voxels": VOXELS.astype(np.int8)}, ()),
    "unsigned 16 bit above 32767": ({"voxels": HIGH}, ()),
    "32 bit": ({"voxels": VOXELS.astype(np.int32)}, ()),
    "unsigned 32 bit": ({"voxels": HIGH.astype(np.uint32) * 1000}, ()),
    "64 bit": ({"voxels": VOXELS.astype(np.int64)}, ()),
    "unsigned 64 bit": ({"voxels": HIGH.astype(np.uint64)}, ()),
    "float": ({"voxels": FLOATS}, ()),
    "double": ({"voxels": FLOATS.astype(np.float64)}, ()),
    "scaled": ({"slope": 0.5, "inter": -1024}, ()),
    "scaled, big-endian": ({"slope": 2.0, "inter": 3, "order": ">"}, ()),
    "scaled, version 2": ({"slope": 2.0, "inter": 3, "version": 2}, ()),
    "slope 0 with an offset": ({"slope": 0, "inter": 10}, ()),
    "slope no number": ({"slope": NAN, "inter": NAN}, ()),
    "slope infinite": ({"slope": INF}, ()),
    "negative slope": ({"slope": -1, "inter": 0}, ()),
    "one slice": ({"voxels": VOXELS[:, :, :1]}, ()),
    "two dimensions": ({"voxels": VOXELS[:, :, 0]}, ()),
    "4D of one volume": ({"dim": (4, 6, 5, 4, 1)}, ()),
    "7D of one volume": ({"dim": (7, 6, 5, 4, 1, 1, 1, 1)}, ()),
    "an extension before the voxels": ({"offset": 352.0}, ()),
}  # fmt: skip

#: Files that are refused, and what the line says.
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "sheared": ({"sform": SHEARED}, "is sheared.*degrees"),
    "sheared, version 2": ({"sform": SHEARED, "version": 2}, "is sheared"),
    "sform no number": ({"sform": ((NAN, 0, 0, 0), *SFORM[1:])}, "places no voxel grid"),
    "origin no number": ({"sform": ((2, 0, 0, NAN), *SFORM[1:])}, "places no voxel grid"),
    "sform of zeros": ({"sform": ((0,) * 4,) * 3}, "places no voxel grid"),
    "two axes alike": ({"sform": (SFORM[0], SFORM[1], (0, 3, 0, 30))}, "places no|sheared"),
    "qform no rotation": (
        {"sform_code": 0, "qform_code": 1, "quaternion": (0.9, 0.9, 0.9)}, "its rotation is not one"
    ),
    "qform, spacing no number": (
        {"sform_code": 0, "qform_code": 1, "pixdim": (1, NAN, 3, 4, 0, 0, 0, 0)}, "places no"
    ),
    "qform, spacing 0": (
        {"sform_code": 0, "qform_code": 1, "pixdim": (1, 0, 3, 4, 0, 0, 0, 0)}, "places no"
    ),
    "no codes, spacing infinite": (
        {"sform_code": 0, "pixdim": (1, INF, 3, 4, 0, 0, 0, 0)}, "places no"
    ),
    "complex": ({"voxels": VOXELS.astype(np.complex64)}, "complex"),
    "double complex": ({"voxels": VOXELS.astype(np.complex128)}, "complex"),
    "RGB": ({"voxels": RGB, "code": 128}, "colour"),
    "RGBA": ({"voxels": RGBA, "code": 2304}, "colour"),
    "1 bit": ({"code": 1}, "cannot be read"),
    "unknown voxel type": ({"code": 77}, "cannot be read"),
    "three volumes": ({"voxels": np.stack([VOXELS] * 3, 3)}, r"4 dimensions \(6 x 5 x 4 x 3\)"),
    "three volumes of a slice": (
        {"voxels": np.stack([VOXELS[:, :, :1]] * 3, 3)}, r"4 dimensions \(6 x 5 x 1 x 3\)"
    ),
    "vectors": ({"voxels": np.stack([VOXELS] * 3, 3)[:, :, :, None]}, "colour or vector"),
    "two times of two volumes": (
        {"voxels": np.stack([VOXELS] * 4, 3).reshape(6, 5, 4, 2, 2)}, "5 dimensions"
    ),
    "no slices": ({"dim": (3, 6, 5, 0)}, "contains no slices"),
    "negative size": ({"dim": (3, 6, -5, 4)}, "contains no slices"),
    "no dimensions": ({"dim": (0, 6, 5, 4)}, "cannot be read"),
    "nine dimensions": ({"dim": (9, 6, 5, 4)}, "cannot be read"),
    "not finite": ({"voxels": NOT_FINITE}, "NaN or infinite"),
    "not finite, version 2": ({"voxels": NOT_FINITE, "version": 2}, "NaN or infinite"),
    "scaled beyond all floats": ({"slope": 3e38, "inter": 3e38}, "NaN or infinite"),
    "an offset no number": ({"slope": 1, "inter": NAN}, "cannot be read"),
    "cut off": ({"cut": 2}, "cut off: it holds"),
    "cut off, version 2": ({"cut": 2, "version": 2}, "cut off: it holds"),
    "voxels in the header": ({"offset": 0}, "voxels would begin within its header"),
    "voxels nowhere": ({"offset": NAN}, "voxels would begin within its header"),
    "voxels before the file": ({"offset": -5}, "voxels would begin within its header"),
    "Analyze": ({"magic": b"\0" * 4}, "no NIfTI file of one part"),
    "two files": ({"magic": b"ni1\0"}, "no NIfTI file of one part"),
}  # fmt: skip


def written(folder: Path, changes: dict[str, Any]) -> Path:
    path = folder / ("image.nii.gz" if changes.get("zipped") else "image.nii")
    path.write_bytes(nifti(**changes))
    return path


def by_nibabel(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Voxels and affine as nibabel itself gives them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image = nibabel.load(path)
        return np.asanyarray(image.dataobj).astype(np.float32), image.affine


@pytest.mark.parametrize("kind", READ)
def test_a_header_is_read_as_the_standard_says(kind, tmp_path):
    changes, kinds = READ[kind]
    path = written(tmp_path, changes)
    (image, _), heard = read_and_hear(read_image, path)
    assert tuple(heard) == kinds
    voxels = SimpleITK.GetArrayFromImage(image).T.astype(np.float32)
    stored = changes.get("voxels", VOXELS)
    slope, inter = changes.get("slope", 1), changes.get("inter", 0)
    if not np.isfinite(slope) or slope == 0:
        slope, inter = 1, 0
    scaled = stored.astype(np.float64) * slope + inter
    assert np.array_equal(voxels, scaled.reshape(voxels.shape).astype(np.float32))
    theirs, affine = by_nibabel(path)
    assert np.array_equal(voxels, theirs.reshape(voxels.shape))
    assert (image.HasMetaDataKey(ORIENTATION)) == (kind == "no codes")
    if kind == "no codes":
        return
    # Corner by corner, to a twentieth of a voxel.
    for corner in np.ndindex(2, 2, 2):
        index = [int(end * (size - 1)) for end, size in zip(corner, image.GetSize(), strict=True)]
        right, anterior, superior, _ = affine @ [*index, 1]
        place = image.TransformIndexToPhysicalPoint(index)
        assert np.allclose(place, (-right, -anterior, superior), atol=0.1)


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_read_right_is_refused_in_one_line(kind, tmp_path):
    changes, message = REFUSED[kind]
    assert_refused(read_image, written(tmp_path, changes), message)


@pytest.mark.parametrize(
    ("units", "factor", "kinds"),
    [(1, 1000.0, ["spacing-unlikely"]), (2, 1.0, []), (3, 0.001, ["spacing-unlikely"])],
)
def test_lengths_in_metres_and_micrometres_are_millimetres_and_unlikely_ones_are_said(
    units, factor, kinds, tmp_path
):
    volume, heard = read_and_hear(read_volume, written(tmp_path, {"units": units}))
    assert volume.slice_spacing == pytest.approx(4 * factor)
    assert volume.grid.GetOrigin() == pytest.approx((-10 * factor, -20 * factor, 30 * factor))
    assert heard == kinds


def test_axes_that_are_set_right_by_more_than_a_twentieth_of_a_voxel_are_said(tmp_path):
    askew = ((2.0, 0.2, 0, 10), (0, 3.0, 0, 20), (0, 0, 4.0, 30))
    (image, _), heard = read_and_hear(read_image, written(tmp_path, {"sform": askew}))
    assert heard == ["grid-askew"]
    cosines = np.array(image.GetDirection()).reshape(3, 3)
    assert np.allclose(cosines.T @ cosines, np.eye(3), atol=1e-12)


@pytest.mark.parametrize("kind", ["version 2", "sform askew by rounding", "qform, turned"])
def test_masks_come_back_on_the_grid_of_an_unusual_file(kind, tmp_path):
    volume = read_volume(written(tmp_path, READ[kind][0]))
    mask = volume.array > 500
    write_mask(tmp_path / "mask.nii.gz", mask, volume)
    again, heard = read_and_hear(lambda path: read_mask(path, volume), tmp_path / "mask.nii.gz")
    assert np.array_equal(again, mask) and heard == []


@pytest.mark.parametrize("kind", ["ordinary", "oblique", "qform, turned", "left-handed", "scaled"])
def test_a_file_that_itk_reads_right_has_the_same_voxels_and_grid_there(kind, tmp_path):
    path = written(tmp_path, READ[kind][0])
    ours, theirs = read_image(path)[0], SimpleITK.ReadImage(str(path))
    assert np.array_equal(
        SimpleITK.GetArrayViewFromImage(ours), SimpleITK.GetArrayViewFromImage(theirs)
    )
    for get in ("GetSpacing", "GetOrigin", "GetDirection", "GetSize", "GetPixelID"):
        assert getattr(ours, get)() == pytest.approx(getattr(theirs, get)(), abs=1e-5), get


def test_a_file_that_is_cut_off_anywhere_is_refused(tmp_path):
    whole = nifti()
    path = tmp_path / "image.nii"
    for length in (*range(1, 400, 37), len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(HermesError):
            read_image(path)


def test_a_damaged_compressed_file_is_refused(tmp_path):
    whole = bytearray(nifti(zipped=True))
    path = tmp_path / "image.nii.gz"
    for place in range(0, len(whole), 29):
        damaged = whole.copy()
        damaged[place] ^= 0x55
        path.write_bytes(damaged)
        try:
            image, _ = read_image(path)
        except HermesError as error:
            assert "\n" not in str(error)
        else:  # a byte that means nothing, such as the time in the header of gzip
            assert np.array_equal(SimpleITK.GetArrayFromImage(image).T, VOXELS)


def test_the_files_of_this_table_are_what_nibabel_writes(tmp_path):
    stream = io.BytesIO()
    image = nibabel.Nifti1Image(VOXELS, np.vstack([SFORM, (0, 0, 0, 1)]))
    image.header.set_xyzt_units("mm")
    image.set_qform(None, 0)
    image.set_sform(image.affine, 1)
    image.to_stream(stream)
    (tmp_path / "theirs.nii").write_bytes(stream.getvalue())
    ours, theirs = (
        read_image(path)[0] for path in (written(tmp_path, {}), tmp_path / "theirs.nii")
    )
    assert np.array_equal(
        SimpleITK.GetArrayViewFromImage(ours), SimpleITK.GetArrayViewFromImage(theirs)
    )
    assert ours.GetDirection() == theirs.GetDirection() and ours.GetOrigin() == theirs.GetOrigin()


@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize("name", ["image.nii", "image.nii.gz"])
def test_voxels_after_a_long_extension_are_read(tmp_path, kind, name):
    """Segmenters write the names of their labels there."""
    image = kind(VOXELS, np.vstack([SFORM, (0, 0, 0, 1)]))
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension("comment", b"spleen " * 3000))
    image.to_filename(tmp_path / name)
    read, _ = read_image(tmp_path / name)
    assert np.array_equal(SimpleITK.GetArrayFromImage(read).T, VOXELS)
    slices = read_volume(tmp_path / name).array
    assert np.array_equal(np.sort(slices, None), np.sort(VOXELS, None))
