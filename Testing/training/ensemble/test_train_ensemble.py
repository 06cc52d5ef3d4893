"""An ensemble's folder: its folds, its parts, and the weights that they make up."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import SimpleITK
import torch

from HermesLib.cli.main import main
from HermesLib.datasets.splits import SplitOptions
from HermesLib.datasets.training_dataset import TrainingDataset
from HermesLib.errors import HermesError
from HermesLib.presets.registry import load_preset
from HermesLib.quality.registry import load_diffusion
from HermesLib.resources import resource_path
from HermesLib.training.ensemble import train_ensemble as train_module
from HermesLib.training.ensemble.assemble import assemble, load_core
from HermesLib.training.ensemble.calibrate import calibrate_out_of_fold
from HermesLib.training.ensemble.context_training import ContextTraining
from HermesLib.training.ensemble.data import read_organ_data
from HermesLib.training.ensemble.folds import divide
from HermesLib.training.ensemble.member_training import MemberTraining
from HermesLib.training.ensemble.train_ensemble import train_ensemble
from HermesLib.training.job import TrainingJob
from HermesLib.training.run_folder import TrainingRun
from HermesLib.weights.checkpoint import load_checkpoint
from Testing.training.ensemble.small import SETTINGS, job


def test_one_patient_in_two_folders_is_one_patient_in_one_fold(folder: Path, tmp_path: Path):
    again = tmp_path / "again"
    shutil.copytree(folder, again)
    table = json.loads((again / "dataset.json").read_text(encoding="utf-8"))
    (again / "dataset.json").write_text(json.dumps({**table, "name": "again"}), encoding="utf-8")
    datasets = [TrainingDataset("decathlon", folder), TrainingDataset("decathlon", again, "made")]
    data = read_organ_data(TrainingJob(datasets, tmp_path), "prostate")
    assert len(data.sizes()) == 4 and len(data.slices) == 80
    folds = divide(data.sizes(), 2, data.sizes(), seed=0)
    assert folds.everyone == ("made-1", "made-2", "made-3", "made-4")


def test_every_fold_has_a_fair_share_of_the_slices_with_the_organ():
    sizes = {f"p-{number}": number for number in range(1, 31)}
    for seed in range(20):
        folds = divide(sizes, 5, sizes, seed)
        totals = [sum(sizes[name] for name in names) for names in folds.patients]
        assert max(totals) - min(totals) <= 4
        assert {len(names) for names in folds.patients} == {6}


def test_parts_of_other_folds_or_settings_are_not_assembled(folder: Path, tmp_path: Path):
    preset = load_preset("prostate-t2")
    one = replace(SETTINGS, only=(0,))
    train_ensemble(preset, job(folder, tmp_path), one)
    left_out = SplitOptions(leave_out=("made-4",))
    with pytest.raises(HermesError, match="belongs to other folds"):
        train_ensemble(preset, replace(job(folder, tmp_path), split=left_out), SETTINGS)
    (tmp_path / "folds.json").unlink()
    with pytest.raises(HermesError, match=r"member0 holds a training with other settings \(folds"):
        train_ensemble(preset, replace(job(folder, tmp_path), split=left_out), SETTINGS)
    (tmp_path / "folds.json").unlink()
    with pytest.raises(HermesError, match="other settings"):
        train_ensemble(preset, job(folder, tmp_path), replace(SETTINGS, steps=3))


def test_a_fold_without_the_organ_is_refused_before_anything_is_trained(
    folder: Path, tmp_path: Path
):
    data = tmp_path / "data"
    shutil.copytree(folder, data)
    for number in (1, 2):
        path = data / "labels" / f"made_{number}.nii.gz"
        SimpleITK.WriteImage(SimpleITK.ReadImage(str(path)) * 0, str(path))
    folds = tmp_path / "folds.json"
    folds.write_text(json.dumps([["made-1", "made-2"], ["made-3", "made-4"]]), encoding="utf-8")
    with pytest.raises(HermesError, match=r"no slice of fold 0 shows 'prostate' \(2 patients"):
        train_ensemble(
            load_preset("prostate-t2"),
            job(data, tmp_path / "run"),
            replace(SETTINGS, folds_file=folds),
        )
    assert not (tmp_path / "run").exists()


@pytest.mark.long
def test_a_member_that_was_interrupted_ends_with_the_weights_of_an_uninterrupted_one(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    preset = load_preset("prostate-t2")
    settings = replace(SETTINGS, steps=4, context_steps=4, only=(0,))
    often = {"every": 1}
    member, context = train_module.default_training, train_module.default_context_training

    def members(*given: object, **named: object) -> MemberTraining:
        plain = member(*given, **named)  # type: ignore[arg-type]
        return replace(plain, trainer=replace(plain.trainer, **often))

    def contexts(*given: object, **named: object) -> ContextTraining:
        return replace(context(*given, **named), **often)  # type: ignore[arg-type]

    monkeypatch.setattr(train_module, "default_training", members)
    monkeypatch.setattr(train_module, "default_context_training", contexts)
    train_ensemble(preset, job(folder, tmp_path / "whole"), settings)
    save = TrainingRun.save_state

    def stop_at_two(run: TrainingRun, state: dict[str, Any]) -> None:
        save(run, state)
        if state["step"] == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(TrainingRun, "save_state", stop_at_two)
    for _ in range(2):  # once in the member, once in the context network
        with pytest.raises(KeyboardInterrupt):
            train_ensemble(preset, job(folder, tmp_path / "parts"), settings)
    train_ensemble(preset, job(folder, tmp_path / "parts"), settings)
    for name in ("member0/member.safetensors", "context0/context.safetensors"):
        whole, parts = (load_checkpoint(tmp_path / run / name) for run in ("whole", "parts"))
        assert all(torch.equal(whole.tensors[key], parts.tensors[key]) for key in whole.tensors)


def test_an_ensemble_joins_a_core_in_place_of_one_that_it_had(trained: Path, tmp_path: Path):
    members, contexts = (
        [load_checkpoint(trained.parent / f"{kind}{k}" / f"{kind}.safetensors") for k in (0, 1)]
        for kind in ("member", "context")
    )
    record = load_checkpoint(trained).training
    first, second = tmp_path / "first.safetensors", tmp_path / "second.safetensors"
    bundled = resource_path("Weights") / "qc-prostate-t2.safetensors"
    assemble(first, members, contexts, load_core(bundled), record)
    assemble(second, members, [], load_core(first), record)
    for path in (first, second):
        quality = load_diffusion(str(path), load_preset("prostate-t2"), torch.device("cpu"))
        # What was fitted with the core's own organ map does not hold for the ensemble's.
        assert quality.members == (0, 1) and quality.score == "raw"
    assert not any("contexts" in name for name in load_checkpoint(second).tensors)
    with pytest.raises(HermesError, match="no QC core"):
        load_core(trained)


def test_hermes_train_ensemble_ends_in_calibrated_weights(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    words = ["train", "ensemble", "--preset", "prostate-t2", "--data", f"decathlon:{folder}"]
    words += ["--steps", "1", "--context-steps", "0", "--folds", "2", "--device", "cpu"]
    assert main([*words, "--fold", "1", "-o", str(tmp_path)]) == 0
    printed = capsys.readouterr()
    assert "still missing: 0" in printed.err and "weights" not in printed.out
    assert main([*words, "--fold", "5", "-o", str(tmp_path)]) == 2
    assert "fold 5 does not exist; choose 0 to 1" in capsys.readouterr().err
    assert main([*words, "--calibrate", "-o", str(tmp_path)]) == 0
    assert f"weights: {tmp_path / 'calibrated.safetensors'}" in capsys.readouterr().out
    training = load_checkpoint(tmp_path / "calibrated.safetensors").training
    assert training["calibration"]["out_of_fold"] and training["parts"]["contexts"] == []


@pytest.mark.long
def test_volumes_of_a_patient_with_the_same_file_name_calibrate_apart(
    trained: Path, folder: Path, tmp_path: Path
):
    table = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
    entries = []
    for patient, volume in (("1", 1), ("1", 2), ("3", 3), ("4", 4), ("2", 2)):
        entry = {"patient": patient}
        for part in ("images", "labels"):
            copied = tmp_path / part / f"{patient}-{volume}" / "mr.nii.gz"
            copied.parent.mkdir(parents=True)
            shutil.copy(folder / part / f"made_{volume}.nii.gz", copied)
            entry[part[:-1]] = str(copied.relative_to(tmp_path))
        entries.append(entry)
    (tmp_path / "dataset.json").write_text(json.dumps({**table, "training": entries}))
    record = calibrate_out_of_fold(
        load_preset("prostate-t2"),
        trained,
        [TrainingDataset("decathlon", tmp_path)],
        tmp_path / "calibrated.safetensors",
        device_name="cpu",
    )
    assert record["presence_rule"]["slices"] == 50
