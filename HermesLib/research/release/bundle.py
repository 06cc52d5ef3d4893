"""From a finished training to bundled weights: half precision, a model card, and a line in the manifest."""

import json
from pathlib import Path
from typing import Any

from HermesLib.errors import HermesError
from HermesLib.quality.network.config import QualityConfig
from HermesLib.resources import resource_path
from HermesLib.weights.bundled import MANIFEST, manifest_entry
from HermesLib.weights.card import model_card
from HermesLib.weights.checkpoint import load_checkpoint, save_checkpoint


def bundle(
    run: Path,
    name: str,
    title: str,
    command: str,
    tests: dict[str, dict[str, Any]],
    packed: bool = False,
) -> Path:
    """Bundle the best weights of a training folder as ``NAME.safetensors`` with the card ``NAME.md``.

    Args:
        run: the training's folder.
        name, title: of the weights, for machines and people.
        command: the command line that trained them, for the card.
        tests: figures on test patients, by what they were measured on.
        packed: store layers as 8-bit integers (:func:`HermesLib.weights.checkpoint.save_checkpoint`), not in half precision.
    """
    trained = load_checkpoint(run / "model.safetensors")
    if trained.kind is None:
        raise HermesError(f"{run} holds no weights of this project")
    folder = resource_path("Weights")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.safetensors"
    # How a core is sampled is decided after it is trained.
    config = {
        **trained.config,
        **(
            {"steps": QualityConfig.steps, "samples": QualityConfig.samples}
            if trained.kind == "quality"
            else {}
        ),
    }
    save_checkpoint(
        path, trained.tensors, trained.kind, config, trained.training, half=True, packed=packed
    )
    entry = manifest_entry(path, trained.kind, title)
    (folder / f"{name}.md").write_text(
        model_card(trained, title, command, tests, entry, packed), encoding="utf-8"
    )
    manifest = folder / MANIFEST
    listed = json.loads(manifest.read_text(encoding="utf-8")) if manifest.is_file() else []
    listed = sorted(
        [other for other in listed if other["name"] != name] + [entry], key=lambda one: one["name"]
    )
    manifest.write_text(json.dumps(listed, indent=1) + "\n", encoding="utf-8")
    return path
