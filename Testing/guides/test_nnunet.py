"""nnU-Net as a guide: which folder, fold and label are meant, and a run of a tiny one."""

import inspect
from importlib.util import find_spec

import numpy as np
import pytest

from HermesLib.errors import HermesError
from HermesLib.guides.nnunet import folds_of, heads, model_folder
from HermesLib.guides.request import GuideRequest
from HermesLib.io.volumes import Volume
from HermesLib.notices import heard_by
from Testing.guides.drawing import BRIGHT, Organ, bright_volume, drawn, install
from Testing.guides.tiny_nnunet import train_folder, write_folder

needs_nnunet = pytest.mark.skipif(
    find_spec("nnunetv2") is None, reason="nnU-Net is not installed: pip install nnunetv2"
)
PROSTATE = Organ("prostate-t2", "prostate", "MR")


@pytest.fixture(scope="module")
def volume() -> Volume:
    return bright_volume()


@pytest.fixture
def stand_in(tmp_path, monkeypatch) -> None:
    """A package with nnU-Net's documented predictor, whose organ is what is bright."""
    install("nnunetv2", tmp_path / "site")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))


def by_rows(volume: Volume, turn: int, organs: int) -> np.ndarray:
    """What the stand-in finds of an organ, on the volume's slices."""
    voxels = np.clip(volume.axes.to_voxels(volume.array) / 2, 0, 1)
    voxels[:, np.arange(voxels.shape[1]) % organs != turn] = 0
    return volume.axes.to_slices(voxels)


def test_the_probability_of_the_organ_comes_back(volume, tmp_path, stand_in):
    labels = {"background": 0, "spleen": 1, "liver": 2}
    folder = write_folder(tmp_path / "model", labels, folds=("0", "3", "all"))
    lines = []
    guide, notices = drawn(f"nnunet:{folder}", volume, progress=lines.append)
    assert np.allclose(guide.probability, by_rows(volume, 1, 2), atol=2e-5)
    assert guide.soft and guide.name == "nnunet" and notices == []
    assert guide.version.startswith("nnunetv2 9.9, weights ")
    assert "folds (0, 3) of checkpoint_final.pth" in lines


def test_regions_overlap_and_have_no_background(volume, tmp_path, stand_in):
    labels = {"background": 0, "whole gland": [1, 2], "lesion": [2]}
    folder = write_folder(tmp_path / "model", labels)
    guide, _ = drawn(f"nnunet:{folder}", volume, PROSTATE)
    assert np.allclose(guide.probability, by_rows(volume, 0, 2), atol=2e-5)


ZONES = {"PZ": 1, "TZ": 2}
ORGANS = {"prostate": 1, "bladder": 2}
REGIONS = {"lesion": [2], "whole gland": [1, 2]}


@pytest.mark.parametrize(
    ("labels", "chosen", "outputs"),
    [
        (ZONES, (1, 2), [1, 2]),
        (ZONES, (), [1, 2]),
        (ORGANS, None, [1]),
        (ORGANS, (2,), [2]),
        (REGIONS, None, [1]),
        (REGIONS, (1,), [0]),
    ],
)
def test_the_organs_outputs_are_chosen_by_name_or_number(volume, labels, chosen, outputs):
    dataset = {"labels": {"background": 0, **labels}}
    assert heads(dataset, GuideRequest(volume, PROSTATE, labels=chosen), "nnU-Net") == outputs


def test_the_only_label_is_taken_and_said(volume):
    heard = []
    with heard_by(heard.append):
        only = heads(
            {"labels": {"background": 0, "gland": 1}}, GuideRequest(volume, PROSTATE), "It"
        )
    assert only == [1]
    assert heard[0].message == "the only label of It, 'gland', is taken as the prostate"


def test_the_folds_of_a_cross_validation_are_preferred_to_the_one_of_all(tmp_path):
    every = write_folder(tmp_path / "every", folds=("1", "0", "all"))
    assert folds_of(every) == ("checkpoint_final.pth", ["0", "1"])
    assert folds_of(write_folder(tmp_path / "one", folds=("all",)))[1] == ["all"]
    (every / "fold_0" / "checkpoint_final.pth").rename(every / "fold_0" / "checkpoint_best.pth")
    assert folds_of(every) == ("checkpoint_final.pth", ["1"])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"labels": {"background": 0, "PZ": 1, "TZ": 2}}, r"1 \(PZ\), 2 \(TZ\).*--guide-labels"),
        ({"channel_names": {"0": "T2", "1": "ADC"}}, r"needs 2 images \(T2, ADC\)"),
        ({"labels": {"background": 0}}, "no label 'prostate'"),
        ({"folds": ()}, "no fold with a checkpoint_final"),
    ],
    ids=["several labels", "several images", "no label", "no fold"],
)
def test_a_model_that_does_not_fit_is_refused_before_it_runs(volume, tmp_path, fields, message):
    folder = write_folder(tmp_path / "model", **fields)
    with pytest.raises(HermesError, match=message):
        drawn(f"nnunet:{folder}", volume, PROSTATE)


def test_the_folder_of_a_data_set_is_taken_where_it_holds_one_model(tmp_path):
    results = tmp_path / "Dataset001"
    with pytest.raises(HermesError, match=r"lacks dataset\.json or plans\.json"):
        model_folder(tmp_path)
    first = write_folder(results / "nnUNetTrainer__nnUNetPlans__3d_fullres")
    assert model_folder(results) == model_folder(first) == first
    write_folder(results / "nnUNetTrainer__nnUNetPlans__2d")
    with pytest.raises(HermesError, match=r"holds 2 nnU-Net models: .*2d, .*choose one"):
        model_folder(results)


def test_nnunet_that_is_missing_is_said_with_the_command(volume, tmp_path, monkeypatch):
    hidden = tmp_path / "site" / "nnunetv2"
    hidden.mkdir(parents=True)
    # Whether or not it is installed here.
    (hidden / "__init__.py").write_text(
        "raise ModuleNotFoundError('hidden by the test', name='nnunetv2')"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    with pytest.raises(HermesError, match=r"pip install 'hermes-segment\[nnunet\]'"):
        drawn(f"nnunet:{write_folder(tmp_path / 'model')}", volume)


@needs_nnunet
def test_a_tiny_nnunet_that_was_trained_here_finds_the_organ(volume, tmp_path):
    organ = volume.array > BRIGHT
    voxels = volume.axes.to_voxels(volume.array)
    folder = train_folder(tmp_path / "model", voxels, volume.axes.to_voxels(organ))
    guide, notices = drawn(f"nnunet:{folder}", volume)
    mask = guide.probability >= 0.5
    dice = 2 * (mask & organ).sum() / (mask.sum() + organ.sum())
    assert dice > 0.9 and notices == []
    assert guide.soft and 0 < guide.probability.min() < guide.probability.max() < 1


@needs_nnunet
def test_the_stand_in_has_the_signatures_of_nnunet():
    from nnunetv2.imageio.simpleitk_reader_writer import SimpleITKIO
    from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor

    from Testing.guides.packages.standin_nnunetv2.inference import predict_from_raw_data as stand_in

    for real, ours, names in (
        (
            nnUNetPredictor,
            stand_in.nnUNetPredictor,
            ("__init__", "initialize_from_trained_model_folder", "predict_single_npy_array"),
        ),
        (SimpleITKIO, stand_in.SimpleITKIO, ("read_images", "write_seg")),
    ):
        for name in names:
            parameters = [
                list(inspect.signature(getattr(kind, name)).parameters) for kind in (real, ours)
            ]
            assert parameters[0] == parameters[1], name
