"""Weight files: official checkpoints, bundled files, and no file that could run code."""

import json
import pickle
from pathlib import Path

import pytest
import torch
from torch import nn

from HermesLib.errors import HermesError
from HermesLib.io.digest import file_sha256
from HermesLib.models.registry import MODELS, load_model, slice_models
from HermesLib.weights.bundled import bundled_checkpoint, bundled_weights, verify_bundled
from HermesLib.weights.checkpoint import load_checkpoint, save_checkpoint
from Testing.models.small import write_checkpoint


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("HERMES_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.parametrize("wrapped", ["plain", "nested under model", "prefixed module."])
def test_official_files_load_however_they_are_wrapped(tmp_path, wrapped):
    tensors = load_checkpoint(write_checkpoint(tmp_path, "mideepseg")).tensors
    if wrapped == "prefixed module.":
        tensors = {f"module.{name}": tensor for name, tensor in tensors.items()}
    torch.save(
        {"model": tensors} if wrapped == "nested under model" else tensors,
        tmp_path / "official.pth",
    )
    assert load_model("mideepseg", str(tmp_path / "official.pth")).network.width == 4


class Runs:
    def __reduce__(self):
        return (exec, ("raise SystemError('code from a weight file ran')",))


def test_a_checkpoint_with_code_in_it_is_refused_and_not_run(tmp_path):
    (tmp_path / "evil.pth").write_bytes(pickle.dumps({"model": Runs()}))
    with pytest.raises(HermesError, match="code besides tensors"):
        load_model("mideepseg", str(tmp_path / "evil.pth"))


def test_weights_of_another_model_are_named_and_odd_tensors_refused(tmp_path):
    path = write_checkpoint(tmp_path, "scribbleprompt")
    with pytest.raises(HermesError, match="holds weights of scribbleprompt, not of medsam"):
        load_model("medsam", str(path))
    torch.save({"something": torch.zeros(3)}, tmp_path / "odd.pth")
    for model in slice_models():
        with pytest.raises(HermesError, match="does not fit"):
            load_model(model, str(tmp_path / "odd.pth"))


def test_a_truncated_file_is_refused(tmp_path):
    path = write_checkpoint(tmp_path, "mideepseg")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(HermesError, match="truncated"):
        load_model("mideepseg", str(path))


def test_bundled_weights_are_intact_small_and_have_cards():
    checked = verify_bundled()
    assert checked and all(problem is None for _, problem in checked)
    assert sum(weights.bytes for weights, _ in checked) <= 40e6
    for weights, _ in checked:
        card = weights.card.read_text(encoding="utf-8")
        for part in (
            "Data and terms",
            "Folds by patient"
            if "folds" in load_checkpoint(weights.path).training
            else "Split by patient",
            "Seed",
            "hermes train",
            "Figures",
            "Limits",
            weights.sha256,
        ):
            assert part in card, f"{weights.card.name} says nothing of '{part}'"


def test_no_test_patient_is_among_the_training_patients_of_any_bundled_weights():
    from HermesLib.research.release.test_patients import leaked_patients

    for weights in bundled_weights():
        training = bundled_checkpoint(weights.name).training
        assert leaked_patients(training) == []
        split = training["split"]
        assert not set(split["train"]) & (set(split["validation"]) | set(split["test"]))


def test_an_altered_bundled_file_is_noticed(tmp_path, monkeypatch):
    folder = tmp_path / "Weights"
    path = write_checkpoint(folder, "mideepseg")
    entry = {
        "name": "mideepseg",
        "kind": "mideepseg",
        "title": "t",
        "bytes": 1,
        "sha256": file_sha256(path),
    }
    (folder / "manifest.json").write_text(json.dumps([entry]))
    monkeypatch.setenv("HERMES_RESOURCES", str(tmp_path))
    assert bundled_checkpoint("mideepseg").kind == "mideepseg"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(HermesError, match="damaged"):
        bundled_checkpoint("mideepseg")


def test_every_model_says_what_a_user_must_know():
    for entry in MODELS.values():
        assert entry.licence and entry.official_page.startswith("https://")
    assert "patented" in MODELS["mideepseg"].notice


def test_unknown_models_are_answered_with_those_there_are():
    with pytest.raises(HermesError, match="medsam, scribbleprompt, mideepseg"):
        load_model("sam9")


def test_packed_weights_take_a_quarter_of_the_room_and_come_back_to_within_a_step_of_their_channel(
    tmp_path,
):
    torch.manual_seed(0)
    layer = nn.Sequential(nn.Conv2d(16, 32, 3), nn.GroupNorm(8, 32), nn.Linear(64, 64))
    layer[0].weight.data[3] *= 100  # one loud channel is no reason to round the others
    layer[0].weight.data[5] = 0
    tensors = {**layer.state_dict(), "bank": torch.randn(500, 32), "count": torch.tensor(7)}
    for name, packed in (("whole", False), ("packed", True)):
        save_checkpoint(tmp_path / f"{name}.safetensors", tensors, "made", {}, packed=packed)
    read = load_checkpoint(tmp_path / "packed.safetensors").tensors
    assert read.keys() == tensors.keys()
    for name in ("0.weight", "2.weight"):
        step = tensors[name].abs().flatten(1).amax(1) / 127
        assert ((read[name] - tensors[name]).abs().flatten(1).amax(1) <= 0.501 * step + 1e-9).all()
    for name in ("0.bias", "1.weight", "bank"):
        assert read[name].dtype == torch.float32 and torch.allclose(
            read[name], tensors[name], rtol=1e-3, atol=1e-4
        )
    assert read["count"] == 7
    del tensors["bank"]
    for name, packed in (("whole", False), ("packed", True)):
        save_checkpoint(tmp_path / f"{name}.safetensors", tensors, "made", {}, packed=packed)
    small, whole = (
        (tmp_path / f"{name}.safetensors").stat().st_size for name in ("packed", "whole")
    )
    assert small < 0.32 * whole
