"""Releases: a training becomes a weight file with a card; recipes keep test patients out."""

import json
import re
import shlex
from pathlib import Path

import pytest
import torch

from HermesLib.cli.main import build_parser, main
from HermesLib.errors import HermesError
from HermesLib.presets.registry import load_preset
from HermesLib.quality.registry import load_quality
from HermesLib.research.release.recipes import FOLDS, Recipe, recipe_of, recipes
from HermesLib.research.release.release import ReleaseOptions, release
from HermesLib.research.release.test_patients import (
    BTCV_TEST,
    NEVER_TRAINED,
    TEST_PATIENTS,
    is_test_patient,
    leaked_patients,
)
from HermesLib.research.rivals.registry import bundled_rivals
from HermesLib.resources import resource_path
from HermesLib.training.ensemble.folds import read_folds
from HermesLib.weights.bundled import bundled_checkpoint, read_manifest, verify_bundled
from HermesLib.weights.checkpoint import load_checkpoint, save_checkpoint
from Testing.datasets.made import make_decathlon
from Testing.rivals_weights import needs_rivals

ALL = sorted(recipes().values(), key=lambda recipe: recipe.name)


def recipe_name(recipe: Recipe) -> str:
    return recipe.name


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny training of a rival."""
    folder = tmp_path_factory.mktemp("training")
    data = folder / "data"
    data.mkdir()
    make_decathlon(data, "MRI", "prostate", patients=5)
    words = ["research", "train-rival", "--rival", "regression", "--preset", "prostate-t2"]
    words += ["--data", f"decathlon:{data}", "--steps", "2", "--batch", "2"]
    assert main([*words, "-o", str(folder / "run")]) == 0
    return folder / "run"


def test_a_training_is_released_with_weights_card_and_manifest(run: Path, tmp_path: Path):
    figures = tmp_path / "figures.json"
    figures.write_text(json.dumps({"figures": {"error": 0.25}}))
    released = tmp_path / "Weights"
    words = ["research", "release", str(run), "regression-test", "--folder", str(released)]
    words += ["--title", "A regression", "--command", "hermes research train-rival --steps 2"]
    assert main([*words, "--figures", f"On two patients={figures}"]) == 0

    (entry,) = read_manifest(released)
    assert (entry.name, entry.kind, entry.title) == (
        "regression-test",
        "regression",
        "A regression",
    )
    assert [problem for _, problem in verify_bundled(released)] == [None]
    quality = load_quality(str(entry.path), load_preset("prostate-t2"), torch.device("cpu"))
    assert quality.sha256 == entry.sha256

    card = entry.card.read_text(encoding="utf-8")
    for text in ("# A regression", entry.sha256, "8-bit integers", "train-rival --steps 2", "0.25"):
        assert text in card
    assert "Research use only" in card
    assert "reimplementation of a published method" in card
    patients = load_checkpoint(run / "model.safetensors").training["split"]["train"]
    assert patients and all(patient in card for patient in patients)


def test_a_released_file_is_close_to_the_trained_weights(run: Path, tmp_path: Path):
    trained = load_checkpoint(run / "model.safetensors").tensors
    for packed, tolerance in ((True, 1 / 127), (False, 1e-3)):
        options = ReleaseOptions("r", "R", "command", packed=packed, folder=tmp_path / str(packed))
        stored = load_checkpoint(release(run, options)).tensors
        for name, tensor in trained.items():
            largest = float(tensor.abs().max()) if tensor.numel() else 0.0
            assert torch.allclose(stored[name], tensor, atol=tolerance * max(largest, 1e-3))


def test_a_second_release_of_a_name_replaces_its_entry(run: Path, tmp_path: Path):
    for title in ("First", "Second"):
        release(run, ReleaseOptions("r", title, "command", folder=tmp_path))
    assert [entry.title for entry in read_manifest(tmp_path)] == ["Second"]


def test_weights_trained_on_a_test_patient_are_not_released(run: Path, tmp_path: Path):
    trained = load_checkpoint(run / "model.safetensors")
    split = {**trained.training["split"], "validation": ["ProstateX-0001"]}
    leaked = tmp_path / "leaked.safetensors"
    training = {**trained.training, "split": split}
    save_checkpoint(leaked, trained.tensors, str(trained.kind), trained.config, training)
    with pytest.raises(HermesError, match="ProstateX-0001"):
        release(leaked, ReleaseOptions("r", "R", "command", folder=tmp_path))


def test_only_a_cross_fitted_training_may_have_read_the_btcv_test_patients(
    run: Path, tmp_path: Path
):
    trained = load_checkpoint(run / "model.safetensors")
    everyone = ["btcv-1", "promise12-4"]
    split = {"train": everyone, "validation": [], "test": []}
    folds = [[patient] for patient in everyone]
    alone = {**trained.training, "split": split}
    assert leaked_patients(alone) == ["btcv-1"]
    assert leaked_patients({**alone, "folds": folds}) == []
    assert leaked_patients({**alone, "folds": [["ProstateX-0001"], *folds]}) == ["ProstateX-0001"]
    core = {"sha256": "abc", "training": alone}
    assert leaked_patients({**alone, "folds": folds, "core": core}) == ["btcv-1"]
    path = tmp_path / "ensemble.safetensors"
    training = {**alone, "folds": folds}
    save_checkpoint(path, trained.tensors, str(trained.kind), trained.config, training)
    released = release(path, ReleaseOptions("r", "R", "command", folder=tmp_path / "Weights"))
    card = released.with_suffix(".md").read_text(encoding="utf-8")
    assert "all folds but one" in card and "- fold 0: 1 patients (btcv-1)" in card
    assert "BTCV test patients" not in card


def test_a_name_without_recipe_needs_title_and_command(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert main(["research", "release", str(run), "r", "--folder", str(tmp_path)]) == 2
    assert "--title and --command" in capsys.readouterr().err


@needs_rivals
def test_every_bundled_file_has_a_recipe_with_its_title():
    entries = [*read_manifest(resource_path("Weights")), *read_manifest(resource_path("Research"))]
    assert {entry.name: entry.title for entry in entries} == {
        recipe.name: recipe.title for recipe in ALL
    }


@pytest.mark.parametrize("recipe", ALL, ids=recipe_name)
def test_commands_of_recipes_exist_and_end_in_the_released_weights(recipe: Recipe):
    parser = build_parser()
    parsed = [
        parser.parse_args(shlex.split(command)[1:])
        for command in recipe.filled(Path("DATA"), Path("runs"))
    ]
    output = parsed[-1].output
    if parsed[-1].kind == "ensemble":
        assert parsed[-1].calibrate
        output /= "calibrated.safetensors"
    elif output.suffix != ".safetensors":
        output /= "model.safetensors"
    assert output == Path("runs") / recipe.weights


@pytest.mark.parametrize("recipe", ALL, ids=recipe_name)
def test_recipes_do_not_train_on_test_patients(recipe: Recipe):
    for command in recipe.filled(Path("DATA"), Path("runs")):
        assert not re.search("data [^ ]*prostatex", command, re.IGNORECASE)
        if command.startswith("hermes train quality"):
            left_out = build_parser().parse_args(shlex.split(command)[1:]).leave_out
            assert set(TEST_PATIENTS) <= set(left_out)
        if command.startswith("hermes train ensemble"):
            arguments = build_parser().parse_args(shlex.split(command)[1:])
            assert set(NEVER_TRAINED) <= set(arguments.leave_out)
            assert Path(arguments.folds).parent == FOLDS


@pytest.mark.parametrize("preset", ["prostate-t2", "spleen-ct"])
def test_a_recipe_says_so_while_the_bundled_file_has_no_ensemble_yet(preset: str):
    recipe = recipe_of(f"qc-{preset}")
    bundled = bundled_checkpoint(f"qc-{preset}").training
    assert shlex.split(recipe.commands[-1])[2] == "ensemble"
    assert ("for the next training" in recipe.note) == ("folds" not in bundled)


@pytest.mark.parametrize("preset", ["prostate-t2", "spleen-ct"])
def test_the_folds_of_the_recipes_list_the_patients_of_their_data_and_no_prostatex(
    preset: str,
):
    everyone = read_folds(FOLDS / f"{preset}.json").everyone
    assert not any(is_test_patient(patient, NEVER_TRAINED) for patient in everyone)
    if preset == "spleen-ct":
        assert set(BTCV_TEST) < set(everyone)


def test_trainings_of_the_research_wing_leave_test_patients_out(tmp_path: Path):
    data = tmp_path / "data"
    data.mkdir()
    make_decathlon(data, "MRI", "prostate", patients=6)
    table = json.loads((data / "dataset.json").read_text(encoding="utf-8"))
    table["name"] = "ProstateX"
    (data / "dataset.json").write_text(json.dumps(table), encoding="utf-8")
    words = ["research", "train-rival", "--rival", "galati", "--preset", "prostate-t2"]
    assert main([*words, "--data", f"decathlon:{data}", "-o", str(tmp_path / "run")]) == 2
    assert not (tmp_path / "run" / "model.safetensors").exists()


def test_test_patients_are_recognised_by_identity():
    assert is_test_patient("ProstateX-0004")
    assert all(is_test_patient(patient) for patient in BTCV_TEST)
    assert not is_test_patient("btcv-10")
    assert not is_test_patient("promise12-1")


@needs_rivals
def test_no_bundled_rival_was_trained_on_a_test_patient():
    for preset in ("prostate-t2", "spleen-ct"):
        for path in bundled_rivals(load_preset(preset)):
            split = load_checkpoint(path).training["split"]
            assert not [p for p in (*split["train"], *split["validation"]) if is_test_patient(p)]


def test_an_unknown_recipe_lists_the_known_ones():
    with pytest.raises(HermesError, match="medsam-small"):
        recipe_of("nothing")
