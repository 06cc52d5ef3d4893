"""Import a user's own preset, so that all commands and the Slicer module find it by name."""

import re
from dataclasses import replace
from pathlib import Path

from HermesLib.errors import HermesError
from HermesLib.io.digest import file_sha256
from HermesLib.io.whole_file import write_whole
from HermesLib.presets.preset import write_preset
from HermesLib.presets.registry import bundled_preset_names, load_preset, user_preset_folder


def import_preset(source: Path) -> str:
    """Copy a preset's ``.json`` and the weights and card beside it; returns the preset's name.

    It replaces a preset of the same name that was imported earlier.

    Raises:
        HermesError: the file is not a preset, no QC weights lie beside it, or a bundled preset has
            the same name. Nothing is imported then.
    """
    from HermesLib.weights.checkpoint import load_checkpoint

    if source.suffix != ".json":
        raise HermesError(f"{source} is not a preset's .json file")
    preset = load_preset(str(source))
    if preset.name in bundled_preset_names():
        raise HermesError(f"'{preset.name}' is a bundled preset's name; rename the file")
    weights = Path(preset.quality)
    if weights.suffix != ".safetensors":
        raise HermesError(f"the weights {preset.quality}.safetensors are not beside {source.name}")
    if load_checkpoint(weights).kind != "quality":
        raise HermesError(f"{weights.name} does not hold weights of a QC core")
    folder = user_preset_folder()
    folder.mkdir(parents=True, exist_ok=True)
    # Weights and card take the preset's name and the weights' checksum: two presets can have
    # weights of one name, and an import that breaks off leaves the earlier preset with its own.
    stored = f"{preset.name}-{file_sha256(weights)[:12]}"
    write_whole(folder / f"{stored}.safetensors", weights.read_bytes())
    if (card := weights.with_suffix(".md")).is_file():
        write_whole(folder / f"{stored}.md", card.read_bytes())
    # The preset comes last: it is never listed without its weights.
    write_preset(folder / f"{preset.name}.json", replace(preset, quality=stored))
    _remove_former(folder, preset.name, stored)
    return preset.name


def _remove_former(folder: Path, name: str, stored: str) -> None:
    """Remove the weights and cards of a preset's earlier imports."""
    former = re.compile(re.escape(name) + "(-[0-9a-f]{12})?")
    for path in folder.iterdir():
        of_preset = path.suffix in (".safetensors", ".md") and former.fullmatch(path.stem)
        if of_preset and path.stem != stored:
            path.unlink(missing_ok=True)
