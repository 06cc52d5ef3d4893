"""Presets by name: those bundled with HERMES and those that a user imported."""

import json
import logging
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from HermesLib.errors import HermesError
from HermesLib.presets.preset import Code, Intensity, Preset
from HermesLib.resources import resource_path
from HermesLib.weights.imported import cache_folder, data_folder

#: Settings of the training that presets carried once. The weights' configuration holds them now.
FORMER_SETTINGS = ("field", "grid", "neighbours", "mirror")

_log = logging.getLogger(__name__)


def bundled_preset_names() -> list[str]:
    """Names of the bundled presets, sorted."""
    return sorted(path.stem for path in resource_path("Presets").glob("*.json"))


def user_preset_folder() -> Path:
    """Where presets are imported to, with their weights."""
    return data_folder() / "presets"


def user_preset_folders() -> list[Path]:
    """Where imported presets are searched: :func:`user_preset_folder` first.

    Presets used to be imported into a folder among the weights, and are still found there.
    """
    return list(dict.fromkeys((user_preset_folder(), cache_folder() / "presets")))


def _user_presets() -> dict[str, Path]:
    """Files of imported presets by name; the newer folder takes precedence."""
    paths = (path for folder in user_preset_folders() for path in folder.glob("*.json"))
    files: dict[str, Path] = {}
    for path in paths:
        files.setdefault(path.stem, path)
    return files


def preset_names() -> list[str]:
    """Names of all presets, bundled and imported, sorted."""
    return sorted({*bundled_preset_names(), *_user_presets()})


def load_preset(name: str) -> Preset:
    """Read a preset: bundled or imported by its name, any other from its ``.json`` file.

    A user's preset names weights in its own folder, so the folder can be moved as a whole.

    Raises:
        HermesError: no preset of that name (the message lists the names), or an invalid file.
    """
    path = _preset_path(name)
    try:
        raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if former := [key for key in FORMER_SETTINGS if raw.pop(key, None) is not None]:
            _warn_of_former_settings(path, tuple(former))
        organ = Code(**raw.pop("organ"))
        intensity = Intensity(**raw.pop("intensity"))
        raw["body_parts"] = tuple(raw.get("body_parts", ()))
        preset = Preset(name=path.stem, organ=organ, intensity=intensity, **raw)
        if Path(preset.quality).name != preset.quality:
            raise HermesError(f"quality {preset.quality!r} is no name of weights beside the preset")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise HermesError(
            f"{path.name} is not a HERMES preset ({error}); see what 'hermes train organ' writes"
        ) from error
    weights = path.with_name(f"{preset.quality}.safetensors")
    return replace(preset, quality=str(weights)) if weights.is_file() else preset


def _preset_path(name: str) -> Path:
    path = Path(name)
    if path.suffix == ".json":
        if not path.is_file():
            raise HermesError(f"no preset at {name}")
        return path
    if name in bundled_preset_names():
        return resource_path("Presets") / f"{name}.json"
    imported = _user_presets()
    if name not in imported:
        raise HermesError(
            f"unknown preset '{name}'; choose one of {', '.join(preset_names())}, "
            "or a preset's .json file"
        )
    return imported[name]


@cache
def _warn_of_former_settings(path: Path, former: tuple[str, ...]) -> None:
    """Warn once a file and process."""
    _log.warning(
        "%s sets %s: these are ignored, the QC weights decide them", path, ", ".join(former)
    )
