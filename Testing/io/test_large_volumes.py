"""Large volumes are read, scaled, looked at and written slice by slice, with the same results."""

import tempfile
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import SimpleITK
import torch
from hypothesis import given
from hypothesis import strategies as st

from HermesLib.io import scratch
from HermesLib.io.image_writing import write_image
from HermesLib.io.lazy_images import LazyImages, Pictures
from HermesLib.io.neighbours import own_slice, with_neighbours
from HermesLib.io.percentiles import percentiles
from HermesLib.io.scratch import Scratch
from HermesLib.io.slice_stacks import StoredSlices
from HermesLib.io.volumes import read_volume
from HermesLib.presets.registry import load_preset
from HermesLib.refinement.history import PackedArray

MR = load_preset("prostate-t2").intensity
SIDE = 96
#: Of a slice as float32.
SLICE_BYTES = SIDE**2 * 4


@given(
    st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=60),
    st.floats(0, 100),
    st.integers(1, 4),
)
def test_percentiles_of_parts_are_those_of_numpy(values, percentage, parts):
    array = np.array(values, np.float32)
    found = percentiles(lambda: np.array_split(array, parts), [percentage, 99.5])
    assert found == np.percentile(array, [percentage, 99.5]).tolist()


def test_lazy_images_are_those_of_a_tensor():
    volume = np.random.default_rng(1).random((6, 5, 4), np.float32)
    images, lazy = with_neighbours(volume), LazyImages(StoredSlices(volume))
    keys = [2, -1, slice(1, 4), [3, 0], torch.tensor([5, 5]), (slice(None), 1), (slice(2, 3), 0)]
    for key in [*keys, (0, 0), (slice(None), slice(1, 2)), (slice(None), [0, 2]), slice(0, 0)]:
        chosen = lazy[key]
        assert torch.equal(torch.as_tensor(chosen.clone()), images[key]), key
        assert chosen.shape == images[key].shape
    assert all(map(torch.equal, lazy[2:], images[2:]))
    assert torch.equal(
        own_slice(lazy[[4, 1]])[:, 0].flip(-1), own_slice(images[[4, 1]])[:, 0].flip(-1)
    )
    assert torch.equal(torch.cat([lazy, lazy]), torch.cat([images, images]))
    assert lazy.to("cpu").equal(images)
    assert np.array_equal(Pictures(own_slice(lazy[2:5])[:, 0], range(2, 5))[4], volume[4])


def test_what_does_not_fit_into_memory_is_in_a_file_and_the_same():
    store = Scratch(most_in_memory=10)
    places = [store.append(bytes([k]) * 4) for k in range(5)]
    assert store.memory_bytes == 0 and len(store) == 20
    assert [store.read(place, 4) for place in places] == [bytes([k]) * 4 for k in range(5)]


def test_without_room_for_a_file_it_stays_in_memory(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    store = Scratch(most_in_memory=2)
    assert store.append(b"abcd") == 0 and store.append(b"ef") == 4
    assert store.read(3, 3) == b"def"


@pytest.mark.parametrize("direction", [(1, 0, 0, 0, 1, 0, 0, 0, 1), (0, 0, 1, 1, 0, 0, 0, -1, 0)])
def test_a_file_read_by_planes_gives_the_volume_that_its_image_gives(tmp_path, direction):
    voxels = np.random.default_rng(2).integers(-900, 900, (7, 6, 5)).astype(np.int16)
    image = SimpleITK.GetImageFromArray(voxels)
    image.SetSpacing((1.0, 1.0, 4.0))
    image.SetDirection(direction)
    SimpleITK.WriteImage(image, str(tmp_path / "image.nii.gz"))
    SimpleITK.WriteImage(image, str(tmp_path / "image.nrrd"))
    by_planes, whole = (read_volume(tmp_path / f"image.{end}") for end in ("nii.gz", "nrrd"))
    assert np.array_equal(by_planes.array, whole.array)
    assert np.array_equal(by_planes.array, whole.axes.to_slices(voxels))
    assert (by_planes.lowest, by_planes.highest) == (voxels.min(), voxels.max())
    assert by_planes.plane == whole.plane
    assert np.array_equal(by_planes.normalise(MR), MR.normalise(whole.array))


def test_memory_does_not_grow_with_the_slices_beyond_their_masks(tmp_path: Path, monkeypatch):
    """A whole copy of the volume in any form would add more than the limit a slice."""
    monkeypatch.setattr(scratch, "MOST_IN_MEMORY", 0)
    peaks = {count: _peak(tmp_path, count) for count in (16, 16, 144)}
    a_slice = (peaks[144] - peaks[16]) / 128
    # One mask in 8 bits takes a quarter.
    assert a_slice < 0.4 * SLICE_BYTES


def _peak(folder: Path, count: int) -> int:
    """The most memory of arrays while a volume is read and looked at and a mask is written."""
    voxels = np.random.default_rng(3).integers(0, 900, (count, SIDE, SIDE)).astype(np.int16)
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(voxels), str(folder / f"{count}.nii"))
    del voxels
    tracemalloc.start()
    volume = read_volume(folder / f"{count}.nii")
    images = LazyImages(volume.scaled(MR))
    assert sum(1 for _ in images) == count
    mask = PackedArray.of(np.eye(SIDE, dtype=bool))
    write_image(volume.mask_image(dict.fromkeys(range(count), mask)), folder / "mask.nii.gz")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak
