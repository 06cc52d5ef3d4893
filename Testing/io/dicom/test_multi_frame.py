"""Enhanced multi-frame files: each frame has its own position, scale and attributes."""

from pathlib import Path

import pytest

from HermesLib.errors import HermesError
from HermesLib.io.volumes import read_volume
from Testing.io.dicom.made import CORONAL, enhanced, write
from Testing.io.dicom.placed import assert_in_place, read

HEIGHTS = (6, 0, 9, 3)


def at(height: float) -> tuple[float, float, float]:
    return (-8, -7, height)


def test_frames_in_any_order_are_placed_by_their_own_positions(tmp_path: Path):
    found, notices = read(write(tmp_path, [enhanced([(at(h), 0, {}) for h in HEIGHTS])]))
    assert_in_place(found)
    assert found.instances == (None,) * 4 and notices == []


def test_the_file_itself_is_an_image_too(tmp_path: Path):
    write(tmp_path, [enhanced([(at(h), 0, {}) for h in HEIGHTS])], name="{}.dcm")
    volume = read_volume(tmp_path / "0.dcm")
    assert volume.array.shape == (4, 12, 10) and volume.slice_spacing == pytest.approx(3)


def test_each_frame_has_its_own_rescaling(tmp_path: Path):
    frames = [
        (at(h), 0, {"RescaleSlope": 0.25 * (1 + n), "RescaleIntercept": -50.0 * n})
        for n, h in enumerate(HEIGHTS)
    ]
    assert_in_place(read(write(tmp_path, [enhanced(frames)]))[0])


def test_a_coronal_stack_is_read_as_one(tmp_path: Path):
    frames = [((-8, h, 9), 0, {}) for h in HEIGHTS]
    assert_in_place(read(write(tmp_path, [enhanced(frames, CORONAL)]))[0])


@pytest.mark.parametrize(
    ("keyword", "values", "labels"),
    [
        ("EffectiveEchoTime", (20.0, 90.0), ["echo time 20 ms", "echo time 90 ms"]),
        ("DiffusionBValue", (0.0, 800.0), ["b = 0 s/mm2", "b = 800 s/mm2"]),
        ("TemporalPositionIndex", (1, 2), ["temporal position 1", "temporal position 2"]),
        (
            "DimensionIndexValues",
            ([1, 1], [1, 2]),
            ["part 1 of 2 by dimension 2", "part 2 of 2 by dimension 2"],
        ),
    ],
)
def test_several_volumes_are_listed_and_each_has_its_own_frames_and_rescaling(
    keyword, values, labels, tmp_path: Path
):
    frames = []
    for part, value in enumerate(values):
        scale = {"RescaleSlope": 1.0 + part, "RescaleIntercept": -100.0 * part}
        frames += [(at(h), 40 * part, {keyword: value, **scale}) for h in HEIGHTS]
    write(tmp_path, [enhanced(frames)])
    with pytest.raises(HermesError, match="2 volumes") as raised:
        read(tmp_path)
    assert all(label in str(raised.value) for label in labels)
    for part in range(2):
        found, _ = read(tmp_path, str(part + 1))
        assert found.stack.labels == (labels[part],)
        assert_in_place(found, add=40 * part)


def test_a_lost_frame_is_refused(tmp_path: Path):
    frames = [(at(h), 0, {}) for h in (0, 3, 6, 12, 15, 18)]
    with pytest.raises(HermesError, match="1 slice is missing"):
        read(write(tmp_path, [enhanced(frames)]))


def test_frames_without_positions_are_refused(tmp_path: Path):
    dataset = enhanced([(at(h), 0, {}) for h in HEIGHTS])
    for group in dataset.PerFrameFunctionalGroupsSequence:
        del group.PlanePositionSequence
    with pytest.raises(HermesError, match="no usable ImagePositionPatient"):
        read(write(tmp_path, [dataset]))
