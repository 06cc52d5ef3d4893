"""Folders as people keep them: what else lies in them, how files are named, what is damaged."""

from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK
from pydicom.fileset import FileSet

from HermesLib.errors import HermesError
from HermesLib.io.volumes import read_volume
from Testing.io.dicom.made import CORONAL, PLANE, enhanced, fill, instance, stack, value_at, write
from Testing.io.dicom.placed import assert_in_place, read


def test_subfolders_other_files_and_hidden_files_do_not_matter(tmp_path: Path):
    datasets = stack()
    write(tmp_path / "a" / "b", datasets[:4])
    write(tmp_path / "c", datasets[4:])
    (tmp_path / "readme.txt").write_text("not DICOM")
    (tmp_path / "c" / "._IM000").write_bytes(b"\x00" * 200)
    found, notices = read(tmp_path)
    assert_in_place(found)
    assert len(found.stack.frames) == 8 and notices == []


def test_a_dicomdir_is_no_slice_and_leads_to_its_files(tmp_path: Path):
    files = FileSet()
    for dataset in stack():
        dataset.StudyID, dataset.StudyDate, dataset.StudyTime = "1", "20200101", "120000"
        files.add(dataset)
    files.write(tmp_path)
    assert (tmp_path / "DICOMDIR").is_file()
    for path in (tmp_path, tmp_path / "DICOMDIR"):
        found, notices = read(path)
        assert_in_place(found)
        assert len(found.stack.frames) == 8 and notices == []


def test_files_without_the_preamble_are_read(tmp_path: Path):
    write(tmp_path, stack())
    for path in tmp_path.iterdir():
        dataset = pydicom.dcmread(path)
        dataset.remove_private_tags()
        bare = pydicom.Dataset(dataset)
        bare.save_as(path, implicit_vr=True, little_endian=True)
        assert path.read_bytes()[128:132] != b"DICM"
    assert_in_place(read(tmp_path)[0])


def test_reports_segmentations_and_pictures_beside_a_series_are_left_out(tmp_path: Path):
    write(tmp_path, stack())
    none = {"Rows": None, "Columns": None, "PixelData": None}
    write(
        tmp_path,
        [
            instance(
                (0, 0, 0),
                Modality="SR",
                SOPClassUID=pydicom.uid.EnhancedSRStorage,
                SeriesInstanceUID="1.7",
                **none,
            ),
            instance((0, 0, 0), Modality="SEG", SeriesInstanceUID="1.8"),
            instance((0, 0, 0), Modality="RTDOSE", SeriesInstanceUID="1.11"),
            instance(None, orientation=None, Modality="OT", SeriesInstanceUID="1.9"),
            instance(
                (0, 0, 0),
                SeriesInstanceUID="1.10",
                SamplesPerPixel=3,
                PhotometricInterpretation="RGB",
            ),
        ],
    )
    found, notices = read(tmp_path)
    assert_in_place(found)
    assert len(found.stack.frames) == 8 and notices == []


def test_a_localizer_series_is_left_out_and_it_is_said(tmp_path: Path):
    scouts = [
        instance((-8, 9.0 * n, 9), n, CORONAL, SeriesInstanceUID="1.7", SeriesNumber=1)
        for n in range(6)
    ]
    for scout in scouts:
        scout.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    found, notices = read(write(tmp_path, [*scouts, *stack()]))
    assert_in_place(found)
    assert len(found.stack.frames) == 8 and notices == ["series-chosen"]
    chosen, _ = read(tmp_path, "1.7")
    assert_in_place(chosen)
    assert chosen.stack.scout


def test_one_scout_in_a_good_series_moves_nothing(tmp_path: Path):
    found, notices = read(write(tmp_path, [instance((-8, 5, 9), 1, CORONAL), *stack(first=2)]))
    assert_in_place(found)
    assert len(found.stack.frames) == 8 and notices == ["series-chosen"]


def test_slices_stored_twice_count_once(tmp_path: Path):
    copies = stack([6, 9], first=102)
    found, notices = read(write(tmp_path, [*stack(), *copies]))
    assert_in_place(found)
    assert notices == ["slices-stored-twice"]
    assert found.instances == tuple(range(1, 9)) and found.stack.copies == 2


def test_copies_that_call_themselves_another_acquisition_count_once(tmp_path: Path):
    copies = stack([6, 9], first=102, AcquisitionNumber=2)
    found, notices = read(write(tmp_path, [*stack(AcquisitionNumber=1), *copies]))
    assert_in_place(found)
    assert notices == ["slices-stored-twice"] and len(found.stack.frames) == 8


def test_a_folder_copied_into_itself_counts_once(tmp_path: Path):
    datasets = stack()
    write(tmp_path, datasets)
    write(tmp_path / "copy", datasets)
    found, notices = read(tmp_path)
    assert_in_place(found)
    assert notices == ["slices-stored-twice"] and len(found.stack.frames) == 8


def test_one_scout_in_the_direction_of_a_good_series_moves_nothing(tmp_path: Path):
    scout = instance((-8, -7, -60), 1, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    found, notices = read(write(tmp_path, [scout, *stack(first=2)]))
    assert_in_place(found)
    assert len(found.stack.frames) == 8 and notices == ["series-chosen"]


@pytest.mark.parametrize("cut", [10, 300])
@pytest.mark.parametrize("syntax", ["JPEG2000Lossless", "JPEGLSLossless"])
def test_a_compressed_file_that_was_cut_off_is_refused(cut: int, syntax: str, tmp_path: Path):
    rng = np.random.default_rng(0)
    for number, dataset in enumerate(stack([0, 3, 6])):
        fill(dataset, rng.integers(0, 4000, (12, 10)))
        _compress(dataset, syntax, tmp_path / str(number))
    assert len(read(tmp_path)[0].stack.frames) == 3
    path = tmp_path / "2"
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(HermesError, match="cut off"):
        read(tmp_path)


@pytest.mark.parametrize("keep", [0.9, 0.5])
def test_a_file_that_was_cut_off_is_refused_whatever_is_missing(keep: float, tmp_path: Path):
    write(tmp_path, stack())
    path = tmp_path / "IM003"
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content))])
    with pytest.raises(HermesError, match=r"instance 4 of the series.*cut off|missing"):
        read(tmp_path)


def test_a_file_whose_header_is_cut_off_at_the_end_of_the_stack_is_said(tmp_path: Path):
    write(tmp_path, stack())
    path = tmp_path / "IM007"
    path.write_bytes(path.read_bytes()[:560])
    assert "Rows" not in pydicom.dcmread(path)
    found, notices = read(tmp_path)
    assert_in_place(found)
    assert notices == ["files-damaged"] and len(found.stack.frames) == 7


@pytest.mark.parametrize("seed", range(3))
def test_any_damage_to_a_header_is_refused_in_one_line_or_read(seed: int, tmp_path: Path):
    rng = np.random.default_rng(seed)
    write(tmp_path, stack([0, 3, 6]))
    path = tmp_path / "IM001"
    content = path.read_bytes()
    for _ in range(40):
        damaged = bytearray(content)
        for place in rng.integers(132, len(content) - 240, rng.integers(1, 4)):
            damaged[place] = rng.integers(256)
        path.write_bytes(damaged)
        try:
            read(tmp_path)
        except HermesError as error:
            assert "\n" not in str(error)


def test_padding_outside_the_measured_field_does_not_stretch_the_values(tmp_path: Path):
    datasets = stack(PixelPaddingValue=-32768)
    for dataset in datasets:
        values = np.frombuffer(dataset.PixelData, np.int16).copy()
        values[:20] = -32768
        fill(dataset, values)
    found, _ = read(write(tmp_path, datasets))
    voxels = SimpleITK.GetArrayFromImage(found.image)
    assert voxels.min() > 0
    assert (voxels[:, :2] == voxels[:, 2:].min()).all()


def test_padding_that_occurs_in_the_image_is_no_padding(tmp_path: Path):
    middle = int(value_at(np.array([0.0, -4.0, 9.0])))
    assert_in_place(read(write(tmp_path, stack(PixelPaddingValue=middle)))[0])


def test_an_image_stored_inverted_is_turned_and_it_is_said(tmp_path: Path):
    datasets = stack(PhotometricInterpretation="MONOCHROME1")
    for dataset in datasets:
        fill(dataset, 5000 - np.frombuffer(dataset.PixelData, np.int16).astype(float))
    found, notices = read(write(tmp_path, datasets))
    voxels = SimpleITK.GetArrayFromImage(found.image)
    assert notices == ["image-inverted"]
    assert np.allclose(np.diff(voxels, axis=0), 3 * PLANE[2])


@pytest.mark.parametrize("syntax", ["JPEG2000Lossless", "JPEGLosslessSV1", "JPEGLSLossless"])
def test_lossless_compressions_give_the_same_values_and_places(syntax: str, tmp_path: Path):
    plain, packed = write(tmp_path / "plain", stack()), tmp_path / "packed"
    packed.mkdir()
    for path in plain.iterdir():
        dataset = pydicom.dcmread(path)
        _compress(dataset, syntax, packed / path.name)
    found, _ = read(packed)
    assert_in_place(found)


def test_compressed_frames_of_a_multi_frame_file_keep_their_own_rescaling(tmp_path: Path):
    frames = [
        ((-8, -7, 3.0 * n), 0, {"RescaleSlope": 1 / (1 + n), "RescaleIntercept": 5.0 * n})
        for n in range(4)
    ]
    dataset = enhanced(frames)
    _compress(dataset, "JPEGLSLossless", tmp_path / "file")
    assert_in_place(read(tmp_path)[0])


def test_instance_numbers_follow_the_slices_where_the_normal_points_down(tmp_path: Path):
    datasets = [instance((-8, 9, 3 * n), 11 + n, (1, 0, 0, 0, -1, 0)) for n in range(4)]
    volume = read_volume(write(tmp_path, datasets))
    assert volume.instances == {0: 11, 1: 12, 2: 13, 3: 14}
    assert (np.diff(volume.array[:, 0, 0]) > 0).all()


def test_the_image_of_a_run_says_which_space_it_lies_in(tmp_path: Path):
    assert read_volume(write(tmp_path, stack())).frame_of_reference == "1.2.3.3"


def _compress(dataset: pydicom.Dataset, syntax: str, path: Path) -> None:
    """Compress through GDCM, as a scanner's archive does; through pyjpegls for JPEG-LS."""
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    if syntax == "JPEGLSLossless":
        pytest.importorskip("jpeg_ls")
        dataset.compress(pydicom.uid.JPEGLSLossless, generate_instance_uid=False)
        dataset.save_as(path, enforce_file_format=True)
        return
    temporary = path.with_suffix(".tmp")
    dataset.save_as(temporary, enforce_file_format=True)
    writer = SimpleITK.ImageFileWriter()
    writer.SetImageIO("GDCMImageIO")
    writer.SetFileName(str(path) + ".dcm")
    writer.UseCompressionOn()
    writer.SetCompressor("JPEG2000" if syntax == "JPEG2000Lossless" else "JPEG")
    writer.KeepOriginalImageUIDOn()
    writer.Execute(SimpleITK.ReadImage(str(temporary), imageIO="GDCMImageIO"))
    temporary.unlink()
    packed = pydicom.dcmread(str(path) + ".dcm")
    dataset.file_meta.TransferSyntaxUID = packed.file_meta.TransferSyntaxUID
    dataset.PixelData = packed.PixelData
    dataset["PixelData"].is_undefined_length = True
    dataset.save_as(path, enforce_file_format=True)
    Path(str(path) + ".dcm").unlink()
    assert dataset.file_meta.TransferSyntaxUID.is_compressed
