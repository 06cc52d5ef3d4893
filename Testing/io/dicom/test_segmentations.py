"""DICOM Segmentation objects: written frame by frame on the instances, and read back as masks."""

from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK

from HermesLib.errors import HermesError
from HermesLib.io.algorithm import Algorithm
from HermesLib.io.coded_concept import Code
from HermesLib.io.masks import read_mask, write_mask
from HermesLib.io.volumes import Volume, read_volume
from HermesLib.notices import Notice, heard_by
from Testing.io.dicom.made import enhanced, points_of, stack, write

highdicom = pytest.importorskip("highdicom")
from HermesLib.io.dicom_seg import write_dicom_seg  # noqa: E402

PROSTATE = Code("SCT", "41216001", "Prostate")
#: The organ is this ball in the patient, mm.
CENTRE, RADIUS = np.array([0.5, 1.0, 10.0]), 6.0


def in_ball(points: np.ndarray) -> np.ndarray:
    return np.linalg.norm(points - CENTRE, axis=-1) < RADIUS


def ball_on(volume: Volume) -> np.ndarray:
    """(N, H, W, bool): the ball on a volume's slices, by where its voxels lie."""
    grid = volume.grid
    k, j, i = np.indices(tuple(reversed(grid.GetSize())))
    index = np.stack([i, j, k], axis=-1) * np.array(grid.GetSpacing())
    direction = np.array(grid.GetDirection()).reshape(3, 3)
    return volume.axes.to_slices(in_ball(np.array(grid.GetOrigin()) + index @ direction.T))


def exported(folder: Path, path: Path, series: str | None = None) -> pydicom.Dataset:
    """The ball on a series, through a mask file as a run writes it, as DICOM SEG."""
    volume = read_volume(folder, series)
    mask = path.with_suffix(".nii.gz")
    write_mask(mask, ball_on(volume), volume)
    write_dicom_seg(mask, folder, PROSTATE, Algorithm("medsam"), path, series=series)
    return pydicom.dcmread(path)


def frames_in(segmentation: pydicom.Dataset) -> dict[tuple[str, int | None], np.ndarray]:
    """The frames of a segmentation by the instance (and its frame) that they name as source."""
    pixels = segmentation.pixel_array.reshape(-1, segmentation.Rows, segmentation.Columns)
    found = {}
    for item, plane in zip(segmentation.PerFrameFunctionalGroupsSequence, pixels, strict=True):
        (source,) = item.DerivationImageSequence[0].SourceImageSequence
        number = source.get("ReferencedFrameNumber")
        found[source.ReferencedSOPInstanceUID, number] = plane > 0
    return found


def dice(a: np.ndarray, b: np.ndarray) -> float:
    return 2 * (a & b).sum() / max(a.sum() + b.sum(), 1)


@pytest.mark.parametrize(
    ("kind", "least"), [("clean", 1.0), ("tilted", 0.9), ("uneven", 0.85), ("twice", 1.0)]
)
def test_each_frame_lies_on_the_instance_that_it_names(kind: str, least: float, tmp_path: Path):
    datasets = {
        "clean": lambda: stack(),
        "tilted": lambda: stack(shift=0.3),
        "uneven": lambda: stack([0, 2, 4, 6, 10, 14, 18]),
        "twice": lambda: [*stack(), *stack([6, 9], first=50)],
    }[kind]()
    write(tmp_path / "in", datasets)
    by_uid = {dataset.SOPInstanceUID: dataset for dataset in datasets}
    frames = frames_in(exported(tmp_path / "in", tmp_path / "out.dcm"))
    assert len(frames) >= 3
    for (uid, _), drawn in frames.items():
        truth = in_ball(points_of(by_uid[uid].ImagePositionPatient))
        assert dice(drawn, truth) >= least


def test_frames_of_a_multi_frame_file_are_named_by_number(tmp_path: Path):
    heights = (6, 0, 9, 3, 12, 15)
    dataset = enhanced([((-8, -7, h), 0, {}) for h in heights])
    write(tmp_path / "in", [dataset])
    frames = frames_in(exported(tmp_path / "in", tmp_path / "out.dcm"))
    assert len(frames) >= 3
    for (uid, number), drawn in frames.items():
        assert uid == dataset.SOPInstanceUID and number is not None
        truth = in_ball(points_of((-8, -7, heights[number - 1])))
        assert truth.any() and np.array_equal(drawn, truth)


def test_the_second_volume_of_a_multi_frame_file_names_its_own_frames(tmp_path: Path):
    heights = (0, 3, 6, 9, 12, 15)
    frames = [
        ((-8, -7, h), echo, {"EffectiveEchoTime": echo}) for echo in (20.0, 90.0) for h in heights
    ]
    write(tmp_path / "in", [enhanced(frames)])
    found = frames_in(exported(tmp_path / "in", tmp_path / "out.dcm", "2"))
    assert {number for _, number in found} <= set(range(7, 13)) and len(found) >= 3


def test_of_several_series_the_one_that_was_segmented_is_found_and_another_is_said(tmp_path: Path):
    write(tmp_path / "in", [*stack(), *stack(add=9, SeriesInstanceUID="1.5", SeriesNumber=5)])
    volume = read_volume(tmp_path / "in", "2")
    write_mask(tmp_path / "mask.nii.gz", ball_on(volume), volume)
    heard: list[Notice] = []

    def export(name: str, series: str | None) -> str:
        words = (tmp_path / "mask.nii.gz", tmp_path / "in", PROSTATE, Algorithm(), tmp_path / name)
        with heard_by(heard.append):
            write_dicom_seg(*words, series=series, image_sha256=volume.sha256)
        references = pydicom.dcmread(tmp_path / name).ReferencedSeriesSequence
        return str(references[0].SeriesInstanceUID)

    assert export("right.dcm", None) == "1.5" and heard == []
    assert export("wrong.dcm", "1") == "1.2.3.2"
    assert [notice.kind for notice in heard] == ["image-differs"]


def test_a_segmentation_is_a_mask_by_position_whatever_frames_it_leaves_out(tmp_path: Path):
    write(tmp_path / "in", stack())
    exported(tmp_path / "in", tmp_path / "organ.dcm")
    volume = read_volume(tmp_path / "in")
    heard: list[Notice] = []
    with heard_by(heard.append):
        mask = read_mask(tmp_path / "organ.dcm", volume)
    assert np.array_equal(mask, ball_on(volume)) and heard == []
    # The same on the NIfTI of another program, whose axes run otherwise.
    image = SimpleITK.DICOMOrient(SimpleITK.ReadImage(str(tmp_path / "organ.nii.gz")), "RAI")
    noise = np.random.default_rng(0).random(tuple(reversed(image.GetSize()))).astype(np.float32)
    turned = SimpleITK.GetImageFromArray(noise)
    turned.CopyInformation(image)
    SimpleITK.WriteImage(turned, str(tmp_path / "turned.nii.gz"))
    other = read_volume(tmp_path / "turned.nii.gz")
    assert np.array_equal(read_mask(tmp_path / "organ.dcm", other), ball_on(other))


def test_a_segmentation_of_a_tilted_series_lies_on_its_resampled_image(tmp_path: Path):
    write(tmp_path / "in", stack(shift=0.3))
    exported(tmp_path / "in", tmp_path / "organ.dcm")
    volume = read_volume(tmp_path / "in")
    assert dice(read_mask(tmp_path / "organ.dcm", volume), ball_on(volume)) > 0.9


def test_a_segmentation_of_another_space_is_refused(tmp_path: Path):
    write(tmp_path / "in", stack())
    exported(tmp_path / "in", tmp_path / "organ.dcm")
    write(tmp_path / "other", stack(FrameOfReferenceUID="1.9.9"))
    with pytest.raises(HermesError, match="another space"):
        read_mask(tmp_path / "organ.dcm", read_volume(tmp_path / "other"))


@pytest.fixture
def two_segments(tmp_path: Path) -> Path:
    """A segmentation by another program: two organs that overlap, frames of each in turn."""
    datasets = stack()
    write(tmp_path / "in", datasets)
    drawn = np.zeros((8, *datasets[0].pixel_array.shape, 2), np.uint8)
    drawn[2:5, 2:6, 2:6, 0] = 1
    drawn[4:7, 4:9, 4:9, 1] = 1
    code = highdicom.sr.CodedConcept("41216001", "SCT", "Prostate")
    descriptions = [
        highdicom.seg.SegmentDescription(number, label, code, code, "MANUAL")
        for number, label in ((1, "Gland"), (2, "Lesion"))
    ]
    segmentation = highdicom.seg.Segmentation(
        datasets,
        drawn,
        "BINARY",
        descriptions,
        highdicom.UID(),
        1,
        highdicom.UID(),
        1,
        "other",
        "other",
        "1",
        "1",
    )
    segmentation.save_as(tmp_path / "two.dcm")
    return tmp_path


def test_several_segments_are_listed_and_one_is_chosen_though_they_overlap(two_segments: Path):
    volume = read_volume(two_segments / "in")
    path = two_segments / "two.dcm"
    with pytest.raises(HermesError, match=r"2 segments; choose with --label: 1 = Gland, 2 = Les"):
        read_mask(path, volume)
    gland, lesion = (read_mask(path, volume, (number,)) for number in (1, 2))
    assert gland.sum() == 3 * 16 and lesion.sum() == 3 * 25 and (gland & lesion).any()
    assert np.array_equal(read_mask(path, volume, ()), gland | lesion)
    with pytest.raises(HermesError, match="no segment 7; it has 1 = Gland"):
        read_mask(path, volume, (7,))


def test_a_folder_with_a_segmentation_is_a_mask_and_contours_are_refused(two_segments: Path):
    volume = read_volume(two_segments / "in")
    folder = two_segments / "masks"
    folder.mkdir()
    (two_segments / "two.dcm").rename(folder / "any name")
    assert read_mask(folder, volume, (1,)).sum() == 48
    contours = pydicom.dcmread(folder / "any name")
    contours.Modality = "RTSTRUCT"
    contours.save_as(folder / "any name")
    with pytest.raises(HermesError, match="RTSTRUCT"):
        read_mask(folder, volume)


def test_a_segmentation_that_is_cut_off_is_refused_in_one_line(two_segments: Path):
    path = two_segments / "two.dcm"
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(HermesError, match="damaged or cut off"):
        read_mask(path, read_volume(two_segments / "in"), (1,))
