"""TotalSegmentator as a guide: its folders, its files of many labels, and its Python API."""

import inspect
import json
from importlib.util import find_spec

import nibabel
import numpy as np
import pytest
import SimpleITK
from scipy.ndimage import zoom

from HermesLib.errors import HermesError
from HermesLib.guides.programs.organ_names import organ_names
from HermesLib.io.volumes import Volume, volume_from_image
from HermesLib.presets.organs import organ_names as known_organs
from HermesLib.presets.organs import organ_preset
from Testing.guides.drawing import BRIGHT, LIVER, Organ, bright_volume, drawn, install
from Testing.guides.tiny_nnunet import train_folder

needs_totalsegmentator = pytest.mark.skipif(
    find_spec("totalsegmentator") is None,
    reason="TotalSegmentator is not installed: it needs an environment of its own",
)
#: How nnU-Net calls its plans and the configuration.
PLANS = "nnUNetPlans__3d_fullres"
KIDNEYS = Organ("kidneys", "kidneys", "CT")


@pytest.fixture(scope="module")
def volume() -> Volume:
    return bright_volume()


@pytest.fixture
def stand_in(tmp_path, monkeypatch) -> None:
    """A package with TotalSegmentator's documented API, which finds what is bright."""
    install("totalsegmentator", tmp_path / "site")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))


def write(path, mask: np.ndarray, volume: Volume) -> None:
    SimpleITK.WriteImage(volume.to_image(mask.astype(np.uint8)), str(path))


@pytest.fixture
def folder(tmp_path, volume):
    """An output folder: liver and both kidneys, which take turns; an empty spleen."""
    output = tmp_path / "output"
    output.mkdir()
    bright = volume.array > BRIGHT
    thirds = np.arange(volume.array.shape[2]) % 3
    for third, name in enumerate(("liver", "kidney_left", "kidney_right")):
        write(output / f"{name}.nii.gz", bright & (thirds == third), volume)
    write(output / "spleen.nii.gz", bright & False, volume)
    return output


def test_the_organs_file_of_a_folder_guides(volume, folder):
    guide, notices = drawn(f"totalsegmentator:{folder}", volume)
    expected = (volume.array > BRIGHT) & (np.arange(volume.array.shape[2]) % 3 == 0)
    assert np.array_equal(guide.probability, expected)
    assert (guide.name, guide.version, guide.soft) == ("totalsegmentator", "", False)
    assert notices == []


def test_the_parts_of_an_organ_are_taken_together(volume, folder):
    liver, _ = drawn(f"totalsegmentator:{folder}", volume)
    kidneys, _ = drawn(f"totalsegmentator:{folder}", volume, KIDNEYS)
    assert np.array_equal(kidneys.probability + liver.probability, volume.array > BRIGHT)


def test_a_folder_without_the_organ_says_what_it_holds(volume, folder, tmp_path):
    with pytest.raises(HermesError, match=r"no file of 'aorta'; it holds kidney_left, .*spleen$"):
        drawn(f"totalsegmentator:{folder}", volume, Organ("aorta", "aorta"))
    with pytest.raises(HermesError, match="the guide is empty"):
        drawn(f"totalsegmentator:{folder}", volume, Organ("spleen-ct", "spleen"))
    (tmp_path / "nothing").mkdir()
    with pytest.raises(HermesError, match="no file of 'liver'; it holds no NIfTI file"):
        drawn(f"totalsegmentator:{tmp_path / 'nothing'}", volume)


def test_the_header_of_a_file_of_many_labels_names_them(volume, tmp_path):
    labels = (volume.array > BRIGHT).astype(np.uint8) * 5
    labels[:, :2] = 1
    path = tmp_path / "labels.nii.gz"
    write(path, labels, volume)
    # Without names, the user says which.
    with pytest.raises(HermesError, match=r"several labels.*--guide-labels"):
        drawn(f"totalsegmentator:{path}", volume)
    guide, _ = drawn(f"totalsegmentator:{path}", volume, labels=(5,))
    assert np.array_equal(guide.probability, labels == 5)
    # As TotalSegmentator writes them.
    image = nibabel.load(path)
    table = "".join(
        f'<Label Key="{value}" Red="1.0" Blue="0.0" Alpha="1"><![CDATA[{name}]]></Label>'
        for value, name in ((1, "spleen"), (5, "liver"))
    )
    text = f"<CaretExtension><LabelTable>{table}</LabelTable></CaretExtension>"
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension(0, text.encode()))
    nibabel.save(image, path)
    guide, _ = drawn(f"totalsegmentator:{path}", volume)
    assert np.array_equal(guide.probability, labels == 5)
    with pytest.raises(HermesError, match=r"no label 'kidneys', but 1 \(spleen\), 5 \(liver\)"):
        drawn(f"totalsegmentator:{path}", volume, KIDNEYS)


@pytest.mark.parametrize(("modality", "task"), [("CT", "total"), ("MR", "total_mr")])
def test_its_api_is_asked_for_the_organ_alone_after_the_download_is_said(
    volume, tmp_path, stand_in, modality, task
):
    lines = []
    organ = Organ("kidneys", "kidneys", modality)
    guide, notices = drawn("totalsegmentator", volume, organ, progress=lines.append)
    assert np.array_equal(guide.probability, volume.array > BRIGHT)
    assert guide.version == f"TotalSegmentator 9.9, task {task}"
    assert f"task {task}: kidney_right,kidney_left" in lines
    assert len(notices) == 1 and "downloads its weights at its first run" in notices[0]


def test_an_organ_that_it_does_not_know_is_said(volume, tmp_path, stand_in):
    with pytest.raises(HermesError, match="failed: its task 'total' has no structure 'uterus'"):
        drawn("totalsegmentator", volume, Organ("uterus", "uterus"))
    with pytest.raises(HermesError, match="leave --guide-labels out"):
        drawn("totalsegmentator", volume, LIVER, labels=(1,))


@needs_totalsegmentator
def test_the_stand_in_has_the_signature_of_totalsegmentator():
    from totalsegmentator.map_to_binary import class_map
    from totalsegmentator.python_api import totalsegmentator

    from Testing.guides.packages.standin_totalsegmentator import map_to_binary, python_api

    real, ours = (inspect.signature(f) for f in (totalsegmentator, python_api.totalsegmentator))
    assert {name: p.default for name, p in real.parameters.items()} == {
        name: p.default for name, p in ours.parameters.items()
    }
    for task, names in map_to_binary.class_map.items():
        assert names.items() <= class_map[task].items()


@pytest.mark.long
@needs_totalsegmentator
def test_totalsegmentator_with_tiny_weights_of_ours_finds_the_organ(tmp_path, monkeypatch):
    """Its own weights cannot be had everywhere; the package, its steps and its files are real."""
    from totalsegmentator.map_tasks_config import TASK_ID_WEIGHTS_CONFIGS
    from totalsegmentator.map_to_binary import class_map, class_map_5_parts

    values = np.random.default_rng(0).random((20, 48, 48)).astype(np.float32) * 40
    liver = np.zeros(values.shape, bool)
    liver[6:14, 12:32, 18:40] = True
    values[liver] += 100
    image = SimpleITK.GetImageFromArray(values)
    image.SetSpacing((3, 3, 3))
    image.SetDirection((-1, 0, 0, 0, 1, 0, 0, 0, -1))
    volume = volume_from_image(image)
    for task, millimetres, names, trainer in (
        (298, 6.0, class_map["total"], "nnUNetTrainer_4000epochs_NoMirroring"),
        (291, 1.5, class_map_5_parts["class_map_part_organs"], "nnUNetTrainerNoMirroring"),
    ):
        labels = {"background": 0, **{name: value for value, name in names.items()}}
        train_folder(
            tmp_path / TASK_ID_WEIGHTS_CONFIGS[task]["foldername"] / f"{trainer}__{PLANS}",
            zoom(values, 3 / millimetres, order=1),
            zoom(liver.astype(np.uint8), 3 / millimetres, order=0) * labels["liver"],
            labels,
            [millimetres] * 3,
            trainer,
        )
    for task in (292, 293, 294, 295):  # Not used for this organ, but looked for.
        (tmp_path / TASK_ID_WEIGHTS_CONFIGS[task]["foldername"]).mkdir()
    settings = {"totalseg_id": "test", "send_usage_stats": False, "prediction_counter": 0}
    (tmp_path / "config.json").write_text(json.dumps(settings))
    monkeypatch.setenv("TOTALSEG_WEIGHTS_PATH", str(tmp_path))
    monkeypatch.setenv("TOTALSEG_HOME_DIR", str(tmp_path))
    guide, _ = drawn("totalsegmentator", volume)
    mask = guide.probability == 1
    truth = volume.axes.to_slices(liver)
    assert 2 * (mask & truth).sum() / (mask.sum() + truth.sum()) > 0.95
    assert guide.version.startswith("TotalSegmentator 2.")


@needs_totalsegmentator
def test_the_organs_of_hermes_are_found_by_name():
    from totalsegmentator.map_to_binary import class_map

    unknown = {
        name
        for name in known_organs()
        if not organ_names(organ_preset(name, "CT").organ_label, class_map["total"].values())
    }
    # Of other tasks, or of none.
    assert unknown <= {
        "mandible",
        "other",
        "pulmonary-artery",
        "seminal-vesicle",
        "skeletal-muscle",
        "tibia",
        "uterus",
    }
