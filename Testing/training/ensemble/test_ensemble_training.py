"""An ensemble is trained by fold: no member reads the patients that it will judge."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from HermesLib.cli.main import main
from HermesLib.datasets.slices import LabelledSlice
from HermesLib.errors import HermesError
from HermesLib.presets.registry import load_preset
from HermesLib.quality.blend import Blend
from HermesLib.quality.network.core import QualityCore
from HermesLib.quality.network.input_check import InputCheck, InputCheckConfig
from HermesLib.quality.registry import load_diffusion
from HermesLib.training.ensemble import member_training
from HermesLib.training.ensemble.folds import Folds, divide, read_folds
from HermesLib.training.ensemble.slices import OrganSlice
from HermesLib.training.ensemble.train_ensemble import EnsembleTraining, train_ensemble
from HermesLib.weights.checkpoint import load_checkpoint, save_checkpoint
from Testing.quality.small import SMALL
from Testing.training.ensemble.small import SETTINGS, job


def test_every_patient_is_left_out_by_one_member(trained: Path):
    folds = Folds.from_plain(load_checkpoint(trained).training["folds"])
    assert folds.everyone == ("made-1", "made-2", "made-3", "made-4")
    for fold, left_out in enumerate(folds.patients):
        assert not set(left_out) & set(folds.training(fold))


def test_a_member_reads_no_slice_of_the_fold_that_it_leaves_out(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    samplers = []
    sampler = member_training.OrganSliceSampler

    def watched(slices: list[OrganSlice], *rest: object) -> object:
        samplers.append({item.patient for item in slices})
        return sampler(slices, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(member_training, "OrganSliceSampler", watched)
    output = train_ensemble(load_preset("prostate-t2"), job(folder, tmp_path), SETTINGS)
    assert output is not None
    folds = Folds.from_plain(load_checkpoint(output).training["folds"])
    for fold in range(2):
        trained_on, measured_on = samplers[2 * fold : 2 * fold + 2]
        assert trained_on == set(folds.training(fold))
        assert measured_on == set(folds.patients[fold])


def test_out_of_fold_the_members_that_saw_the_patient_take_no_part(trained: Path, folder: Path):
    quality = load_diffusion(str(trained), load_preset("prostate-t2"), torch.device("cpu"))
    assert quality.members == (0, 1)
    folds = Folds.from_plain(load_checkpoint(trained).training["folds"])
    for fold, patients in enumerate(folds.patients):
        for patient in patients:
            assert quality.without(patient).members == (fold,)
    assert quality.without("another-7").members == (0, 1)
    images = torch.rand(10, 3, 48, 48)
    whole = quality.observe(images, 7.0).features[4].ensemble
    left = quality.without(folds.patients[1][0]).observe(images, 7.0).features[4].ensemble
    assert whole.where.shape[0] == 2 and left.where.shape[0] == 1
    assert torch.equal(whole.where[1], left.where[0])
    assert torch.equal(whole.context.organ[1], left.context.organ[0])


def test_an_ensemble_s_organ_map_is_on_the_device_of_its_networks(trained: Path):
    quality = load_diffusion(str(trained), load_preset("prostate-t2"), torch.device("cpu"))
    observation = quality.observe(torch.rand(2, 3, 48, 48), 7.0)
    quality.core.to("meta")  # stands for a GPU: tensors of two devices do not mix
    masks = torch.ones(2, 48, 48, dtype=torch.bool)
    assert quality.expected_dice(observation, masks).device.type == "meta"


def test_phantoms_train_in_every_fold_and_measure_in_none(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    samplers = []
    sampler = member_training.OrganSliceSampler

    def watched(slices: list[OrganSlice], *rest: object) -> object:
        samplers.append({item.patient for item in slices})
        return sampler(slices, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(member_training, "OrganSliceSampler", watched)
    phantoms = replace(job(folder, tmp_path), phantoms=2)
    output = train_ensemble(load_preset("prostate-t2"), phantoms, SETTINGS)
    assert output is not None
    for trained_on, measured_on in zip(samplers[::2], samplers[1::2], strict=True):
        assert {name for name in trained_on if name.startswith("phantom-")} == {
            "phantom-1000",
            "phantom-1001",
        }
        assert not any(name.startswith("phantom-") for name in measured_on)
    training = load_checkpoint(output).training
    assert training["phantoms"] == 2
    assert not any(name.startswith("phantom-") for names in training["folds"] for name in names)
    with pytest.raises(HermesError, match="other settings"):
        train_ensemble(load_preset("prostate-t2"), job(folder, tmp_path), SETTINGS)


def test_the_expert_of_the_core_joins_the_ensemble_s_map_but_not_out_of_fold(
    folder: Path, tmp_path: Path
):
    preset = load_preset("prostate-t2")
    config = replace(SMALL, island_share=0.0)
    core = tmp_path / "core.safetensors"
    save_checkpoint(core, QualityCore(config).state_dict(), "quality", config.to_dict(), {})
    path = train_ensemble(preset, job(folder, tmp_path), replace(SETTINGS, context_steps=0), core)
    quality = load_diffusion(str(path), preset, torch.device("cpu"))
    observation = quality.observe(torch.rand(2, 3, 48, 48), 7.0)
    masks = torch.ones(2, 48, 48, dtype=torch.bool)

    def pgt(share: float, patient: str = "another-7") -> torch.Tensor:
        joined = quality.with_blend(Blend(1.0, 0.0, share)).without(patient)
        return joined.assess(observation, masks, [0, 1]).pgt

    members, both, expert = pgt(0.0), pgt(0.5), pgt(1.0)
    assert not torch.allclose(members, expert)
    assert torch.allclose(both, (members + expert) / 2, atol=1e-3)
    # The core may have been trained on a patient of a fold.
    assert torch.equal(pgt(0.5, "made-1"), members)


def test_an_input_check_joins_the_ensemble_and_judges_out_of_fold_too(
    folder: Path, trained: Path, tmp_path: Path
):
    torch.manual_seed(3)
    check = InputCheck(InputCheckConfig(members=2, volume_share=0.0)).eval()
    images = torch.rand(10, 3, 48, 48) * torch.linspace(0.1, 1, 10).view(-1, 1, 1, 1)
    answers = [check.log_odds(images, [k]) for k in range(2)]
    check.config = replace(check.config, threshold=float(answers[1].median()))
    tensors = {f"input_check.{name}": value for name, value in check.state_dict().items()}
    path = tmp_path / "check.safetensors"
    folds = load_checkpoint(trained).training["folds"]
    for name, known in (("other", folds[::-1]), ("same", folds)):
        record = {"folds": known, "figures": {}}
        save_checkpoint(path, tensors, "input-check", check.config.to_dict(), record)
        settings = replace(SETTINGS, input_check=path)
        if name == "other":
            with pytest.raises(HermesError, match="other folds"):
                train_ensemble(load_preset("prostate-t2"), job(folder, trained.parent), settings)
    parts = shutil.copytree(trained.parent, tmp_path / "parts")
    output = train_ensemble(load_preset("prostate-t2"), job(folder, parts), settings)
    quality = load_diffusion(str(output), load_preset("prostate-t2"), torch.device("cpu"))
    alone = quality.without(folds[1][0]).observe(images, 7.0).out_of_distribution
    assert alone is not None and alone.tolist() == (answers[1] < check.config.threshold).tolist()
    together = quality.observe(images, 7.0).out_of_distribution
    mean = (answers[0] + answers[1]) / 2
    assert together is not None and together.tolist() == (mean < check.config.threshold).tolist()
    assert alone.any() and not alone.all()


def test_an_interrupted_training_goes_on_and_complete_parts_are_not_trained_again(
    folder: Path, trained: Path, tmp_path: Path
):
    preset = load_preset("prostate-t2")
    one = EnsembleTraining(folds=2, steps=2, context_steps=2, only=(1,))
    assert train_ensemble(preset, job(folder, tmp_path), one) is None
    before = (tmp_path / "member1" / "member.safetensors").stat().st_mtime_ns
    output = train_ensemble(preset, job(folder, tmp_path), SETTINGS)
    assert output is not None
    assert (tmp_path / "member1" / "member.safetensors").stat().st_mtime_ns == before
    first, second = load_checkpoint(trained).tensors, load_checkpoint(output).tensors
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_training_goes_on_from_members_of_the_same_folds_only(
    folder: Path, trained: Path, tmp_path: Path
):
    preset = load_preset("prostate-t2")
    further = replace(SETTINGS, steps=3, context_steps=0, start=trained.parent)
    output = train_ensemble(preset, job(folder, tmp_path / "further"), further)
    assert output is not None
    member = load_checkpoint(tmp_path / "further" / "member0" / "member.safetensors").training
    earlier = load_checkpoint(trained.parent / "member0" / "member.safetensors")
    assert member["started_from"]["sha256"] == earlier.sha256
    assert member["started_from"]["training"]["steps"] == SETTINGS.steps
    # Members of a fold that has other patients now were trained on patients that they would judge.
    with pytest.raises(HermesError, match="no member of fold 0 with the same folds"):
        train_ensemble(preset, job(folder, tmp_path / "other"), replace(further, seed=5))


def test_folds_have_similar_numbers_of_slices_and_list_everyone_once():
    sizes = {f"p-{number}": number for number in range(1, 24)}
    folds = divide(sizes, 5, sizes, seed=0)
    assert sorted(folds.everyone) == sorted(sizes)
    totals = [sum(sizes[name] for name in names) for names in folds.patients]
    assert max(totals) - min(totals) <= 23


@pytest.mark.parametrize(
    ("plain", "words"),
    [
        ([["a"]], "two or more"),
        ([["a"], []], "none of them empty"),
        ([["a"], ["b", "a"]], "twice"),
        ({"train": ["a"]}, "list of two"),
    ],
)
def test_bad_folds_get_one_clear_line(plain: object, words: str, tmp_path: Path):
    path = tmp_path / "folds.json"
    path.write_text(json.dumps(plain), encoding="utf-8")
    with pytest.raises(HermesError, match=words):
        read_folds(path)


def test_folds_that_do_not_list_the_data_are_refused_by_name(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    words = ["train", "ensemble", "--preset", "prostate-t2", "--data", f"decathlon:{folder}"]
    words += ["--steps", "1", "--context-steps", "0", "-o", str(tmp_path / "out")]
    assert main([*words, "--expert-in-map", "1.5"]) == 2
    assert "1.5 in the map is not within 0 to 1" in capsys.readouterr().err
    path = tmp_path / "folds.json"
    for plain, message in (
        ([["made-1", "made-2"], ["made-3"]], "do not list made-4"),
        ([["made-1", "made-2"], ["made-3", "made-4", "other-9"]], "not in the data: other-9"),
    ):
        path.write_text(json.dumps(plain), encoding="utf-8")
        assert main([*words, "--folds", str(path)]) == 2
        assert message in capsys.readouterr().err
    assert main([*words, "--folds", "9"]) == 2
    assert "4 patients cannot be divided into 9 folds" in capsys.readouterr().err


def test_two_volumes_of_one_patient_lend_each_other_no_neighbours():
    from HermesLib.datasets.slices import VolumeImages

    def at(volume: str, value: int, index: int) -> LabelledSlice:
        image = np.full((4, 4), value, np.uint8)
        return LabelledSlice(image, None, ("background",), "p-1", "made", index, volume)

    slices = [at("a", 10, 0), at("a", 11, 1), at("b", 20, 0), at("b", 21, 1), at("b", 22, 2)]
    middle = VolumeImages(slices).with_neighbours(slices[1], 1)
    assert middle[:, 0, 0].tolist() == [10, 11, 11]
