"""Networks are loaded once, and again when their file changes."""

import dataclasses
import os
from pathlib import Path

import pytest
import torch

from HermesLib.notices import heard_by, notice
from HermesLib.presets.registry import load_preset
from HermesLib.runs import model_cache
from HermesLib.runs.model_cache import ModelCache

CPU = torch.device("cpu")
PRESET = load_preset("prostate-t2")


@pytest.fixture(autouse=True)
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the networks in the order in which they were loaded."""
    names: list[str] = []

    def load(name: str, *_: object) -> object:
        names.append(name)
        return object()

    monkeypatch.setattr(model_cache, "load_model", load)
    monkeypatch.setattr(model_cache, "load_quality", load)
    return names


def test_the_current_and_the_previous_network_are_kept(loads):
    cache = ModelCache()
    for name in ("a", "b", "a", "b", "c", "b", "a"):
        cache.model(name, "bundled", CPU)
    assert loads == ["a", "b", "c", "a"]
    cache.clear()
    cache.model("a", "bundled", CPU)
    assert loads[-1] == "a" and len(loads) == 5


def test_a_weight_file_that_changes_is_loaded_again(loads, tmp_path: Path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"old")
    cache = ModelCache()
    first = cache.model("a", str(path), CPU)
    assert cache.model("a", str(path), CPU) is first
    path.write_bytes(b"newer")
    assert cache.model("a", str(path), CPU) is not first


def test_a_users_preset_whose_weights_change_loads_its_quality_control_again(loads, tmp_path):
    path = tmp_path / "liver.safetensors"
    path.write_bytes(b"weights")
    preset = dataclasses.replace(PRESET, quality=str(path))
    cache = ModelCache()
    options = (CPU, None, None, "calibrated")
    first = cache.quality("diffusion", preset, *options)
    assert cache.quality("diffusion", preset, *options) is first
    os.utime(path, (1, 1))
    assert cache.quality("diffusion", preset, *options) is not first


def test_notices_of_a_networks_loading_are_given_in_every_run_that_uses_it(monkeypatch):
    def load(*arguments):
        notice("weights-not-distinguished", "make sure")
        return object()

    monkeypatch.setattr(model_cache, "load_model", load)
    cache = ModelCache()
    for _ in range(2):
        heard = []
        with heard_by(heard.append):
            cache.model("a", "bundled", CPU)
        assert [said.message for said in heard] == ["make sure"]
