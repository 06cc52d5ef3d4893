"""Training folders whose label maps are none are refused, not trained on."""

import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK
from PIL import Image

from HermesLib.datasets.folders import read_decathlon, read_lone_slices, read_masks
from HermesLib.errors import HermesError
from HermesLib.presets.preset import Intensity

SCALE = Intensity("percentile", 0, 100)
VOXELS = np.random.default_rng(0).random((3, 16, 16)).astype(np.float32)
ORGAN = np.zeros((3, 16, 16), np.uint8)
ORGAN[1, 4:9, 4:9] = 1


def decathlon(folder: Path, labels: np.ndarray, spacing=(1.0, 1.0, 3.0)) -> Path:
    for name, array in (("a.nii.gz", VOXELS), ("l.nii.gz", labels)):
        image = SimpleITK.GetImageFromArray(array)
        image.SetSpacing((1.0, 1.0, 3.0) if name == "a.nii.gz" else spacing)
        SimpleITK.WriteImage(image, str(folder / name))
    table = {
        "name": "made",
        "labels": {"0": "background", "1": "organ", "2": "other"},
        "training": [{"image": "a.nii.gz", "label": "l.nii.gz"}],
    }
    (folder / "dataset.json").write_text(json.dumps(table))
    return folder


def test_a_label_map_is_read_by_its_values(tmp_path):
    slices = read_decathlon(decathlon(tmp_path, ORGAN * 2), SCALE)
    assert [int(item.label.max()) for item in slices] == [0, 2, 0]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.where(ORGAN, 0.8, 0.1).astype(np.float32), "values are not whole numbers"),
        (ORGAN.astype(np.int8) - 1, r"holds values -1 \(97%\), 0 \(3%\)"),
        (ORGAN * 255, r"255 \(3%\), dataset.json names 3 labels"),
        (ORGAN[:, :12], "another grid than its image"),
    ],
    ids=["probabilities", "negative", "255", "another size"],
)
def test_a_folder_whose_labels_are_none_is_refused_in_one_line(tmp_path, labels, message):
    with pytest.raises(HermesError, match=message) as said:
        read_decathlon(decathlon(tmp_path, labels), SCALE)
    assert "\n" not in str(said.value)


def test_a_label_map_in_another_place_than_its_image_is_refused(tmp_path):
    with pytest.raises(HermesError, match="another grid"):
        read_decathlon(decathlon(tmp_path, ORGAN, spacing=(1.0, 1.0, 4.0)), SCALE)


def test_masks_without_images_may_be_probabilities_and_no_label_maps(tmp_path):
    path = tmp_path / "patient_1.nii.gz"
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(ORGAN * 0.9), str(path))
    (only,) = read_masks(tmp_path, "organ")
    assert only.label.sum() == 25
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(ORGAN + np.roll(ORGAN, 6, 2) * 3), str(path))
    with pytest.raises(HermesError, match=r"patient_1.nii.gz holds several labels"):
        read_masks(tmp_path, "organ")


def test_lone_slices_are_read_by_grey_value_and_index_and_odd_labels_are_refused(tmp_path):
    for name in ("images", "labels"):
        (tmp_path / name).mkdir()
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    Image.fromarray(grey).convert("RGB").save(tmp_path / "images" / "a.png")
    picture = Image.fromarray(ORGAN[1], "P")
    picture.putpalette([0, 0, 0, 255, 0, 0])
    picture.save(tmp_path / "labels" / "a.png")
    table = {
        "name": "made",
        "labels": ["background", "organ"],
        "slices": [{"name": "a", "patient": 1}],
    }
    (tmp_path / "dataset.json").write_text(json.dumps(table))
    (only,) = read_lone_slices(tmp_path)
    assert np.array_equal(only.image, grey) and np.array_equal(only.label, ORGAN[1])
    Image.fromarray(ORGAN[1] * 255).save(tmp_path / "labels" / "a.png")
    with pytest.raises(HermesError, match=r"labels/a.png holds values 0 \(90%\), 255"):
        read_lone_slices(tmp_path)
