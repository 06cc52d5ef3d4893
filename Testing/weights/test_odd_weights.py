"""Weights that are legal files with odd content are refused in one line before they are used."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from HermesLib.errors import HermesError
from HermesLib.models.registry import load_model
from HermesLib.presets.registry import load_preset
from HermesLib.quality.network.config import QualityConfig
from HermesLib.quality.network.core import QualityCore
from HermesLib.quality.registry import load_quality, preset_checkpoint
from HermesLib.weights.checkpoint import load_checkpoint, save_checkpoint
from Testing.models.small import write_checkpoint
from Testing.quality.small import CALIBRATION, SMALL

NAN, INF = float("nan"), float("inf")
CPU = torch.device("cpu")
PRESET = load_preset("prostate-t2")
CURVES = {"calibration": CALIBRATION.to_dict()}


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def changed(place: str, value: Any) -> dict[str, Any]:
    """The small core's settings with another value at a place such as ``calibration.coverage``."""
    config = json.loads(json.dumps({**SMALL.to_dict(), **CURVES}))
    *parents, key = place.split(".")
    part = config
    for parent in parents:
        part = part[parent]
    part[key] = value
    return config


#: Settings of a QC core that are refused, and what the line names.
SETTINGS: list[tuple[str, Any, str]] = [
    ("grid", 0, "grid"),
    ("grid", "128", "grid"),
    ("grid", 1.5, "grid"),
    ("grid", 10**9, "grid"),
    ("grid", True, "grid"),
    ("field", "x", "field"),
    ("neighbours", -1, "neighbours"),
    ("samples", 0, "samples"),
    ("samples", 10**9, "samples"),
    ("steps", 0, "steps"),
    ("steps", 2000, "exceed the schedule"),
    ("timesteps", 10**9, "timesteps"),
    ("image_channels", [], "image_channels"),
    ("image_channels", [16, 16, 16, 0], "image_channels"),
    ("mask_channels", "x", "mask_channels"),
    ("expert_share", "a", "expert_share"),
    ("expert_share", 5, "expert_share"),
    ("expert_share", NAN, "expert_share"),
    ("through_plane", -1, "through_plane"),
    ("island_share", INF, "island_share"),
    ("calibration", "x", "calibration"),
    ("calibration", [], "calibration"),
    ("calibration.prompted.slope", NAN, "slope"),
    ("calibration.prompted.slope", -1, "slope"),
    ("calibration.prompted.bias", 1e9, "bias"),
    ("calibration.prompted.bias", 9.0, "judges nothing"),
    ("calibration.independent.high", INF, "high"),
    ("calibration.coverage", 2, "coverage"),
    ("calibration.patients", 0, "patients"),
    ("calibration.unheard_of", 1, "does not know: unheard_of"),
    ("presence_rule.weight", 5.0, "presence weight 5"),
    ("presence_rule.borderline", [0.1], "borderline"),
    ("presence_rule.borderline", [0.9, 0.1], "borderline"),
    ("anatomy_rule.end_share", NAN, "end_share"),
    ("ensemble", {"member": {}, "members": 0}, "members"),
    ("ensemble", {"member": {"grid": "x"}, "members": 1}, "grid"),
    ("input_check", {"threshold": NAN}, "threshold"),
    ("evidence", {"presence": {}}, "evidence"),
    ("unheard_of", 1, "does not know: unheard_of"),
    ("generative", False, "needs an ensemble"),
]


@pytest.mark.parametrize(("place", "value", "named"), SETTINGS)
def test_odd_settings_of_a_quality_control_are_named(tmp_path, place, value, named):
    path = tmp_path / "odd.safetensors"
    save_checkpoint(path, {"a": torch.zeros(1)}, "quality", changed(place, value))
    with pytest.raises(HermesError, match=named) as said:
        load_quality(str(path), PRESET, CPU)
    assert "\n" not in str(said.value)


def test_settings_that_no_network_can_have_do_not_fit(tmp_path):
    path = tmp_path / "odd.safetensors"
    config = changed("image_channels", [7, 7, 7, 7])
    save_checkpoint(path, QualityCore(SMALL).state_dict(), "quality", config)
    with pytest.raises(HermesError, match="does not fit"):
        load_quality(str(path), PRESET, CPU)


def write_raw(path: Path, header: Any, tensors: dict[str, torch.Tensor] | None = None) -> Path:
    """A safetensors file with any metadata."""
    text = header if isinstance(header, str) else json.dumps(header)
    save_file(tensors or {"a": torch.zeros(1)}, path, metadata={"hermes": text})
    return path


GOOD = {"format": 1, "kind": "quality", "config": {}, "training": {}}


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ([], "not those of HERMES"),
        ("3", "not those of HERMES"),
        ('"text"', "not those of HERMES"),
        ("{", "cannot be read"),
        ("[" * 100_000 + "]" * 100_000, "cannot be read"),
        ({**GOOD, "format": 99}, "weight format 99"),
        ({**GOOD, "config": None}, "not those of HERMES: config"),
        ({**GOOD, "config": []}, "not those of HERMES: config"),
        ({**GOOD, "kind": 3}, "not those of HERMES: kind"),
        ({**GOOD, "training": "x"}, "not those of HERMES: training"),
    ],
    ids=str,
)
def test_odd_metadata_are_refused_in_one_line(tmp_path, header, message):
    with pytest.raises(HermesError, match=message) as said:
        load_checkpoint(write_raw(tmp_path / "odd.safetensors", header))
    assert "\n" not in str(said.value)


@pytest.mark.parametrize(
    "tensors",
    [
        {"a:scale": torch.ones(1)},
        {"a": torch.ones(3, 2, dtype=torch.int8), "a:scale": torch.ones(5, 1)},
    ],
    ids=["lone scale", "scale of another shape"],
)
def test_a_scale_without_its_tensor_is_refused(tmp_path, tensors):
    path = write_raw(tmp_path / "odd.safetensors", {**GOOD, "format": 2}, tensors)
    with pytest.raises(HermesError, match="a scale that fits no tensor: a"):
        load_checkpoint(path)


@pytest.mark.parametrize("value", [NAN, INF, -INF])
@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_weights_that_are_no_numbers_are_refused(tmp_path, value, suffix):
    checkpoint = load_checkpoint(write_checkpoint(tmp_path, "mideepseg"))
    tensors = dict(checkpoint.tensors)
    name = next(name for name, tensor in tensors.items() if tensor.is_floating_point())
    tensors[name] = tensors[name].clone()
    tensors[name].view(-1)[0] = value
    path = tmp_path / f"odd{suffix}"
    if suffix == ".pth":
        torch.save(tensors, path)
    else:
        write_raw(path, {**GOOD, "kind": "mideepseg"}, tensors)
    with pytest.raises(HermesError, match="NaN or infinite weights"):
        load_model("mideepseg", str(path))


def test_tensors_that_have_numbers_for_names_are_refused(tmp_path):
    torch.save({0: torch.zeros(3)}, tmp_path / "odd.pth")
    with pytest.raises(HermesError, match="not a plain state dict"):
        load_model("mideepseg", str(tmp_path / "odd.pth"))


@pytest.mark.parametrize("config", [{"image_size": 0}, {"image_size": "a"}, {"image_size": 1e9}])
@pytest.mark.parametrize("model", ["scribbleprompt", "medsam"])
def test_odd_settings_of_a_model_are_named(tmp_path, model, config):
    checkpoint = load_checkpoint(write_checkpoint(tmp_path, model))
    path = tmp_path / "odd.safetensors"
    save_checkpoint(path, checkpoint.tensors, model, {**checkpoint.config, **config})
    with pytest.raises(HermesError, match="image_size"):
        load_model(model, str(path))


def test_folds_that_name_no_patients_are_refused(tmp_path):
    path = tmp_path / "odd.safetensors"
    core = QualityCore(SMALL).state_dict()
    save_checkpoint(path, core, "quality", SMALL.to_dict(), {"folds": [1, 2]})
    with pytest.raises(HermesError, match="which patients its folds are"):
        load_quality(str(path), PRESET, CPU)


@pytest.mark.parametrize("name", ["prostate-t2", "spleen-ct"])
@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("bias", 30.0, "judges nothing"),
        ("bias", 1e9, "bias"),
        ("weights", {"expected": -3.0}, "judges nothing"),
        ("weights", {"expected": -0.1}, "judges nothing"),
        ("weights", {"unheard_of": 1.0}, "evidence that is not known"),
    ],
)
def test_an_ensembles_evidence_that_accepts_everything_is_refused(
    tmp_path, name, key, value, message
):
    # The metadata alone decide: without tensors nothing else of the file could be used.
    config = copy.deepcopy(preset_checkpoint(load_preset(name)).config)
    config["evidence"]["scores"]["prompted-alone"]["model"][key] = value
    path = tmp_path / "odd.safetensors"
    save_checkpoint(path, {"a": torch.zeros(1)}, "quality", config)
    with pytest.raises(HermesError, match=message):
        load_quality(str(path), PRESET, CPU)


def test_settings_are_read_as_they_were_written():
    assert QualityConfig.from_dict(json.loads(json.dumps(SMALL.to_dict()))) == SMALL


@pytest.mark.parametrize(
    ("what", "value"), [("samples", 10**9), ("samples", 20_000), ("steps", 10**6)]
)
def test_more_samples_or_steps_than_any_run_ends_with_are_refused(what, value):
    with pytest.raises(HermesError, match="would not end"):
        load_quality("diffusion", PRESET, CPU, **{what: value})
