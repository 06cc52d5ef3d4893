"""Presets by name: those that come with HERMES and those that a user imported."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from HermesLib.errors import HermesError
from HermesLib.presets.preset import Code, Intensity, Preset
from HermesLib.resources import resource_path
from HermesLib.weights.imported import cache_folder


def bundled_preset_names() -> list[str]:
    """Names of the presets that come with HERMES, sorted."""
    return sorted(path.stem for path in resource_path("Presets").glob("*.json"))


def user_preset_folder() -> Path:
    """Where imported presets lie, with their weights."""
    return cache_folder() / "presets"


def preset_names() -> list[str]:
    """Names of all presets, bundled and imported, sorted."""
    return sorted(
        {*bundled_preset_names(), *(path.stem for path in user_preset_folder().glob("*.json"))}
    )


def load_preset(name: str) -> Preset:
    """Read one preset: a bundled or imported one by its name, or any from its ``.json`` file.

    A user's preset names the weights that lie beside it, and brings them along wherever the folder goes.

    Raises:
        HermesError: no such preset (the message lists those there are), or a file that is none.
    """
    path = Path(name)
    if path.suffix != ".json":
        if name not in preset_names():
            raise HermesError(
                f"unknown preset '{name}'; choose one of {', '.join(preset_names())}, or a preset's .json file"
            )
        bundled = name in bundled_preset_names()
        path = (resource_path("Presets") if bundled else user_preset_folder()) / f"{name}.json"
    elif not path.is_file():
        raise HermesError(f"no preset at {name}")
    try:
        raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        preset = Preset(
            name=path.stem,
            **{**raw, "organ": Code(**raw["organ"]), "intensity": Intensity(**raw["intensity"])},
        )
    except (ValueError, TypeError, KeyError) as error:
        raise HermesError(
            f"{path.name} is no preset of HERMES ({error}); write one as 'hermes train organ' does"
        ) from error
    beside = path.with_name(f"{preset.quality}.safetensors")
    return replace(preset, quality=str(beside)) if beside.is_file() else preset
