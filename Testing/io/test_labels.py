"""Masks made elsewhere, whose files may hold several organs."""

import numpy as np
import pytest
import SimpleITK

from HermesLib.errors import HermesError
from HermesLib.io.masks import read_mask
from HermesLib.io.volumes import volume_from_array

VALUES = np.zeros((3, 8, 8), np.uint8)
VALUES[1, 2:4], VALUES[1, 5:7] = 1, 5


@pytest.fixture
def path(tmp_path):
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(VALUES), str(tmp_path / "mask.nii.gz"))
    return tmp_path / "mask.nii.gz"


@pytest.fixture
def volume():
    return volume_from_array(np.random.default_rng(0).random(VALUES.shape))


@pytest.mark.parametrize(
    ("labels", "expected"),
    [((5,), VALUES == 5), ((1, 5), VALUES > 0), ((), VALUES > 0), ((1, 9), VALUES == 1)],
)
def test_the_chosen_labels_are_the_organ(path, volume, labels, expected):
    assert np.array_equal(read_mask(path, volume, labels), expected)


def test_several_organs_are_never_taken_for_one_unasked(path, volume):
    with pytest.raises(HermesError, match=r"several labels: .*1 \(.*5 \(.*; choose"):
        read_mask(path, volume)


def test_a_label_that_is_not_there_is_refused(path, volume):
    with pytest.raises(HermesError, match=r"no label 7; it holds 0 .*, 1 .*, 5 "):
        read_mask(path, volume, (7,))


def test_a_mask_with_one_value_or_none_needs_no_choice(tmp_path, volume):
    for name, values in (("one", 255 * (VALUES == 5)), ("none", 0 * VALUES)):
        path = tmp_path / f"{name}.nii.gz"
        SimpleITK.WriteImage(SimpleITK.GetImageFromArray(values.astype(np.uint8)), str(path))
        assert np.array_equal(read_mask(path, volume), values > 0)
