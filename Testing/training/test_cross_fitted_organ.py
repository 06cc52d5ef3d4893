"""A user's own organ by one command: every patient trains, and is judged by others' members."""

import json
import re
import shutil
from pathlib import Path

import pytest
import SimpleITK

from HermesLib.cli.main import main
from HermesLib.presets.preset import Preset
from HermesLib.presets.registry import load_preset
from HermesLib.training import organ
from HermesLib.training.ensemble.train_ensemble import EnsembleTraining
from HermesLib.training.organ import organ_view
from HermesLib.weights.bundled import bundled_checkpoint
from HermesLib.weights.checkpoint import load_checkpoint, save_checkpoint
from Testing.datasets.made import make_decathlon, make_easy_ct

PAGE = Path(__file__).parents[2] / "docs" / "own-organ.md"
#: Two steps teach nothing; forty find the organ of the easy CTs.
STEPS = ["--steps", "2", "--context-steps", "2", "--folds", "3", "--grid", "32"]


@pytest.fixture(autouse=True)
def own_preset_folder_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HERMES_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four synthetic CT patients of three slices each."""
    folder = tmp_path_factory.mktemp("data")
    make_decathlon(folder, "CT", "left kidney", patients=4)
    return folder


def words(folder: Path, *more: str) -> list[str]:
    given = ["train", "organ", "--organ", "left kidney", "--data", f"decathlon:{folder}"]
    return [*given, *STEPS, "--device", "cpu", *more]


def test_one_command_cross_fits_all_patients_and_goes_on_where_it_was_interrupted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    folder, made = tmp_path / "data", tmp_path / "made"
    folder.mkdir()
    make_easy_ct(folder, "left kidney", patients=4)
    command = words(folder, "--steps", "40", "-o", str(made))
    with monkeypatch.context() as patched:
        measured: list[Preset] = []

        def interrupt(preset: Preset, *_: object) -> None:
            measured.append(preset)
            raise KeyboardInterrupt

        patched.setattr(organ, "measure", interrupt)
        assert main(command) == 130
    assert len(measured) == 1 and "the same command resumes" in capsys.readouterr().err
    kept = {
        path: path.stat().st_mtime_ns
        for path in [
            *made.glob("training/*/member.safetensors"),
            made / "training" / "calibrated.safetensors",
        ]
    }
    assert len(kept) == 4
    assert main(command) == 0
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    printed = capsys.readouterr()
    path = made / "left-kidney-ct.json"
    assert f"preset: {path}" in printed.out and "no context networks" in printed.err

    weights = load_checkpoint(made / "left-kidney-ct.safetensors")
    everyone = ["made-1", "made-2", "made-3", "made-4"]
    assert weights.training["split"] == {"train": everyone, "validation": [], "test": []}
    assert sorted(name for names in weights.training["folds"] for name in names) == everyone
    assert weights.training["calibration"]["patients"] == everyone
    assert len(weights.config["evidence_without"]) == 3 and not weights.config["generative"]
    assert weights.config["ensemble"]["member"]["mirror"] is False
    assert len(weights.training["parts"]["members"]) == 3

    figures = json.loads((made / "left-kidney-ct-report.json").read_text(encoding="utf-8"))
    (first, failures), *others = figures.items()
    assert first.startswith("Silent failures") and sorted(failures["patients"]) == everyone
    assert all("out of fold" in title for title in figures) and len(others) == 3
    card = (made / "left-kidney-ct.md").read_text(encoding="utf-8")
    folds = re.findall(r"- fold \d: (\d) patients", card)
    assert "Folds by patient" in card and sorted(folds) == ["1", "1", "2"]
    assert "no slice is marked as unfamiliar" in card
    assert "--data decathlon:FOLDER --steps 2" in card and str(tmp_path) not in card
    assert "worst patient" in card and "4 patients can guarantee at most 60%" in card

    # The figures are those of members that were not trained on the patient.
    pgt = ["evaluate", "pgt", "--preset", str(path), "--data", f"decathlon:{folder}"]
    titled = "pGT from a blank, a full and a shifted mask, out of fold"
    for option, same in ((["--out-of-fold"], True), ([], False)):
        assert main([*pgt, *option, "--device", "cpu"]) == 0
        measured = json.loads(capsys.readouterr().out)
        assert (measured["true_dice"] == figures[titled]["true_dice"]) == same

    # The organ is refined, and accepted where it is.
    out = tmp_path / "out"
    options = ["--preset", str(path), "--max-iterations", "1", "-o", str(out)]
    assert main(["refine", str(folder / "images" / "made_1.nii.gz"), *options]) == 0
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert report["provenance"]["quality"]["sha256"] == weights.sha256
    truth = SimpleITK.ReadImage(str(folder / "labels" / "made_1.nii.gz"))
    overlap = SimpleITK.LabelOverlapMeasuresImageFilter()
    drawn = SimpleITK.ReadImage(str(out / "segmentation.nii.gz"), truth.GetPixelID())
    overlap.Execute(truth, drawn)
    assert overlap.GetDiceCoefficient() > 0.8
    assert [item["status"] for item in report["slices"]] == ["accepted", "accepted", "absent"]

    # What judges nothing, or cannot be used, is not published.
    other = tmp_path / "other"
    shutil.copytree(made / "training", other / "training")
    calibrated = other / "training" / "calibrated.safetensors"
    fitted = load_checkpoint(calibrated)
    evidence = fitted.config["evidence"]
    for score in evidence["scores"].values():
        score["model"]["bias"] = 50.0
    for wrong, says in (({}, "judges nothing"), ({"coverage": 2.0}, "out of range")):
        config = {**fitted.config, "evidence": {**evidence, **wrong}}
        save_checkpoint(calibrated, fitted.tensors, fitted.kind, config, fitted.training)
        assert main(words(folder, "--steps", "40", "-o", str(other))) == 2
        last = capsys.readouterr().err.splitlines()[-1]
        assert says in last and "train longer" in last
    assert [path.name for path in other.iterdir()] == ["training"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--organ", "liver"], "labels left kidney, not 'liver'"),
        (["--diffusion-steps", "2"], "--diffusion-steps needs --generative"),
        (["--folds", "2"], "2 folds are too few"),
        (["--test", "0.2"], "--test needs --generative"),
        (["--leave-out", "made-1", "made-2"], "2 patients cannot be divided into 3 folds"),
    ],
)
def test_what_cannot_be_cross_fitted_ends_in_one_line(
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    said: str,
):
    assert main(words(folder, *options, "-o", str(tmp_path / "made"))) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert said in last and not list((tmp_path / "made").rglob("*.safetensors"))


def test_patients_that_a_split_lists_as_test_do_not_train(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    data = tmp_path / "data"
    shutil.copytree(folder, data)
    split, command = data / "split.json", words(data, "-o", str(tmp_path / "made"))
    split.write_text(json.dumps({"test": ["made-3", "made-33"]}))
    assert main(command) == 2
    assert "the split lists made-33 as test, but the data hold no such patient" in (
        capsys.readouterr().err
    )
    split.write_text(json.dumps({"train": ["made-1"], "test": ["made-3"]}))
    assert main(command) == 0
    printed = capsys.readouterr().err
    assert "so that they do not train: 1 patient (made-3)" in printed
    assert "does not list them under train: 2 patients (made-2, made-4)" in printed
    training = load_checkpoint(tmp_path / "made" / "left-kidney-ct.safetensors").training
    assert training["split"]["train"] == ["made-1", "made-2", "made-4"]
    assert training["left_out"] == ["made-3"]


def test_patients_that_trained_a_promptable_model_stand_in_the_card(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    family, number = bundled_checkpoint("medsam-small").training["split"]["train"][0].rsplit("-", 1)
    data = tmp_path / "data"
    shutil.copytree(folder, data)
    table = json.loads((data / "dataset.json").read_text(encoding="utf-8"))
    table["training"][0]["patient"] = number
    (data / "dataset.json").write_text(json.dumps({**table, "name": family}), encoding="utf-8")
    made = tmp_path / "made"
    assert main(words(data, "--leave-out", "*-4", "-o", str(made))) == 0
    assert "medsam was trained, selected or calibrated on" in capsys.readouterr().err
    card = (made / "left-kidney-ct.md").read_text(encoding="utf-8")
    assert "Patients that a promptable model was trained on" in card
    assert f'"{family}-{number}"' in card.partition("was trained on:")[2]


def test_help_and_page_state_the_lengths_that_the_training_has(
    capsys: pytest.CaptureFixture[str],
):
    assert main(["train", "organ", "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    page = PAGE.read_text(encoding="utf-8")
    default = EnsembleTraining()
    for steps in (default.steps, default.context_steps):
        assert f"(default {steps})" in shown and f"(default {steps}" in page


def test_an_organ_may_lie_anywhere_and_on_one_side():
    assert organ_view("MR").field == "slice" and organ_view("CT").field == "body"
    assert not organ_view("MR").mirror and not organ_view("CT").mirror
    assert load_preset("prostate-t2").modality == "MR"
