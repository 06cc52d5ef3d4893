"""Preset files with odd content are refused in one line before they are used."""

import json
from typing import Any

import pytest

from HermesLib.errors import HermesError
from HermesLib.presets.preset import write_preset
from HermesLib.presets.registry import load_preset
from HermesLib.prompts.settings import PromptSettings
from HermesLib.refinement.settings import RefinementSettings

BASE = load_preset("spleen-ct")


def written(folder, changes: dict[str, Any]) -> str:
    path = folder / "odd.json"
    write_preset(path, BASE)
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes))
    return str(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"intensity": {"kind": "x", "low": 0, "high": 1}}, "neither percentile nor window"),
        ({"intensity": {"kind": "window", "low": "a", "high": 1}}, "no finite numbers"),
        ({"intensity": {"kind": "window", "low": 5, "high": 5}}, "no range"),
        ({"intensity": {"kind": "window", "low": float("nan"), "high": 5}}, "no finite numbers"),
        ({"intensity": {"kind": "percentile", "low": 1, "high": 200}}, "no range of a percentile"),
        ({"intensity": {"kind": "percentile", "low": -1, "high": 50}}, "no range of a percentile"),
        ({"intensity": []}, "not a HERMES preset"),
        ({"organ": "spleen"}, "not a HERMES preset"),
        ({"title": 5}, "title is not text"),
        ({"model": ""}, "model is not text"),
        ({"quality": 5}, "quality is not text"),
        ({"quality": "../../weights"}, "no name of weights"),
        ({"quality": "/weights"}, "no name of weights"),
        ({"modality": "US"}, "none of MR, CT"),
        ({"plane": "upside"}, "none of axial"),
        ({"body_parts": [3]}, "body_parts are no words"),
        ({"unheard_of": 1}, "unheard_of"),
    ],
)
def test_an_odd_preset_is_named_with_what_is_wrong(tmp_path, changes, message):
    with pytest.raises(HermesError, match=message) as said:
        load_preset(written(tmp_path, changes))
    assert "\n" not in str(said.value) and "odd.json" in str(said.value)


def test_a_file_that_is_nested_without_end_is_no_preset(tmp_path):
    path = tmp_path / "odd.json"
    path.write_text("[" * 100_000 + "]" * 100_000)
    with pytest.raises(HermesError, match="not a HERMES preset"):
        load_preset(str(path))


def test_what_a_preset_says_of_the_input_is_read_back(tmp_path):
    path = written(tmp_path, {"plane": "coronal", "body_parts": ["NECK"]})
    preset = load_preset(path)
    assert (preset.plane, preset.body_parts) == ("coronal", ("NECK",))


@pytest.mark.parametrize("padding", [float("inf"), 1e9, float("nan"), -1])
def test_a_padding_beyond_any_slice_is_refused(padding):
    with pytest.raises(HermesError, match="padding"):
        PromptSettings(padding=padding)


def test_more_iterations_than_any_run_ends_with_are_refused():
    with pytest.raises(HermesError, match="would not end"):
        RefinementSettings(max_iterations=10**9)
