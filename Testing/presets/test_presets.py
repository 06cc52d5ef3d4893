"""Presets hold what inference reads; the weights hold how they were trained."""

import json
import logging
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from HermesLib.presets.preset import write_preset
from HermesLib.presets.registry import (
    FORMER_SETTINGS,
    bundled_preset_names,
    load_preset,
    preset_names,
    user_preset_folder,
)
from HermesLib.quality.registry import preset_checkpoint
from HermesLib.training.ensemble.member_training import member_config
from HermesLib.training.qc_settings import default_view
from HermesLib.weights.imported import cache_folder


def write_older_preset(path: Path) -> None:
    """A preset as earlier versions wrote it, with settings of the training."""
    write_preset(path, load_preset("spleen-ct"))
    plain = json.loads(path.read_text(encoding="utf-8"))
    plain |= {"field": "slice", "grid": 64, "neighbours": 2, "mirror": False}
    path.write_text(json.dumps(plain), encoding="utf-8")


@pytest.mark.parametrize("name", bundled_preset_names())
def test_only_the_weights_say_what_they_read_of_a_slice(name: str):
    preset = load_preset(name)
    assert not set(FORMER_SETTINGS) & set(asdict(preset))
    config = preset_checkpoint(preset).config
    view = asdict(default_view(preset.modality))
    if not config.get("generative", True):
        config = config["ensemble"]["member"]
        members = member_config(preset, []).to_dict()
        view = {key: members[key] for key in view}
    assert {key: config[key] for key in view} == view, "a new training repeats the bundled one"


def test_an_older_preset_loads_with_a_warning_that_the_weights_decide(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    path = tmp_path / "older.json"
    write_older_preset(path)
    with caplog.at_level(logging.WARNING):
        preset = load_preset(str(path))
    assert preset == replace(load_preset("spleen-ct"), name="older")
    (record,) = caplog.records
    assert "field, grid, neighbours, mirror" in record.message
    assert "the QC weights decide" in record.message


def test_imported_presets_have_their_own_folder_and_earlier_ones_are_still_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("HERMES_CACHE", raising=False)
    for variable in ("XDG_DATA_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.setenv(variable, str(tmp_path))
    assert user_preset_folder().parent == cache_folder().parent
    assert user_preset_folder() not in (cache_folder(), cache_folder() / "presets")
    for folder, title in ((cache_folder() / "presets", "earlier"), (user_preset_folder(), "now")):
        folder.mkdir(parents=True)
        preset = replace(load_preset("spleen-ct"), title=title)
        write_preset(folder / "both.json", preset)
        write_preset(folder / f"{title}.json", preset)
    assert {"both", "earlier", "now"} < set(preset_names())
    assert load_preset("both").title == "now"
    assert load_preset("earlier").title == "earlier"
