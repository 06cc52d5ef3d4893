"""A user's own presets, where every command and the Slicer module find them by name."""

import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from HermesLib.errors import HermesError
from HermesLib.presets.preset import write_preset
from HermesLib.presets.registry import bundled_preset_names, load_preset, user_preset_folder


def import_preset(source: Path) -> str:
    """Copy a preset's ``.json`` with the weights and the card beside it to where ``--preset`` finds it by name; returns that name.

    A preset of that name that was imported earlier is replaced.

    Raises:
        HermesError: no preset, no weights of a QC core beside it, or the name of a bundled preset; nothing is then kept.
    """
    from HermesLib.weights.checkpoint import load_checkpoint

    if source.suffix != ".json":
        raise HermesError(f"{source} is no preset's .json file")
    preset = load_preset(str(source))
    if preset.name in bundled_preset_names():
        raise HermesError(f"'{preset.name}' is a bundled preset's name; rename the file")
    weights = Path(preset.quality)
    if weights.suffix != ".safetensors":
        raise HermesError(f"the weights {preset.quality}.safetensors are not beside {source.name}")
    if load_checkpoint(weights).kind != "quality":
        raise HermesError(f"{weights.name} holds no weights of a QC core")
    folder = user_preset_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, suffix=".part") as staging:
        # Weights and card take the preset's name: another preset whose weights are called alike keeps its own.
        staged = {
            end: Path(staging) / f"{preset.name}{end}" for end in (".safetensors", ".md", ".json")
        }
        shutil.copyfile(weights, staged[".safetensors"])
        if (card := weights.with_suffix(".md")).is_file():
            shutil.copyfile(card, staged[".md"])
        write_preset(staged[".json"], replace(preset, quality=preset.name))
        # The preset itself comes last: whoever lists presets meanwhile sees none without its weights.
        for file in staged.values():
            if file.is_file():
                os.replace(file, folder / file.name)
    return preset.name
