"""Store trained weights for release: half precision or 8 bit, a card, a line in the manifest."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from HermesLib.errors import HermesError
from HermesLib.weights.bundled import MANIFEST, manifest_entry
from HermesLib.weights.card import CardText, StoredFile, model_card
from HermesLib.weights.checkpoint import Checkpoint, load_checkpoint, save_checkpoint


def store_weights(
    path: Path, trained: Checkpoint, card: CardText, *, packed: bool = False
) -> Checkpoint:
    """Write weights to ``path`` (``.safetensors``) with their card beside it.

    Args:
        path: of the weights; the card takes its name with ``.md``.
        trained: a checkpoint of the project.
        card: what the card says beside the training's record.
        packed: store layers as 8-bit integers rather than in half precision.

    Returns:
        The stored checkpoint.

    Raises:
        HermesError: the checkpoint is not one of the project.
    """
    if trained.kind is None:
        raise HermesError("only weights that HERMES trained can be stored with a card")
    path.parent.mkdir(parents=True, exist_ok=True)
    save_checkpoint(
        path,
        trained.tensors,
        trained.kind,
        trained.config,
        trained.training,
        half=not packed,
        packed=packed,
    )
    stored = load_checkpoint(path)
    file = StoredFile(path.stem, path.stat().st_size, stored.sha256, packed)
    path.with_suffix(".md").write_text(model_card(stored, card, file), encoding="utf-8")
    return stored


def bundle_weights(
    folder: Path,
    name: str,
    trained: Checkpoint,
    card: CardText,
    *,
    config: dict[str, Any] | None = None,
    packed: bool = False,
) -> Path:
    """Store weights in a folder with a manifest, and list them there.

    Args:
        folder: of bundled weights, with ``manifest.json``.
        name: of the file without ending; an entry of that name is replaced.
        trained: a checkpoint of the project.
        card: what the card says beside the training's record.
        config: numbers in place of those that the checkpoint has.
        packed: store layers as 8-bit integers rather than in half precision.

    Returns:
        The path of the weights.
    """
    path = folder / f"{name}.safetensors"
    trained = replace(trained, config={**trained.config, **(config or {})})
    stored = store_weights(path, trained, card, packed=packed)
    manifest = folder / MANIFEST
    listed = json.loads(manifest.read_text(encoding="utf-8")) if manifest.is_file() else []
    entries = [entry for entry in listed if entry["name"] != name]
    entries.append(manifest_entry(path, str(stored.kind), card.title))
    entries.sort(key=lambda entry: entry["name"])
    manifest.write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")
    return path
