"""From a finished training to bundled weights: half precision, a model card, a manifest entry."""

from pathlib import Path
from typing import Any

from HermesLib.quality.network.config import QualityConfig
from HermesLib.research.release.terms import LIMITS, TERMS, USE, split_notes
from HermesLib.resources import resource_path
from HermesLib.weights.bundling import bundle_weights
from HermesLib.weights.card import QUALITY_LIMITS, CardText
from HermesLib.weights.checkpoint import load_checkpoint


def bundle(
    run: Path,
    name: str,
    title: str,
    command: str,
    tests: dict[str, dict[str, Any]],
    packed: bool = False,
) -> Path:
    """Bundle the best weights of a training folder as ``NAME.safetensors`` with a card.

    Args:
        run: the training's folder.
        name, title: of the weights, for machines and people.
        command: the command line that trained them, for the card.
        tests: figures on test patients, by what they were measured on.
        packed: store layers as 8-bit integers rather than in half precision.
    """
    trained = load_checkpoint(run / "model.safetensors")
    # How a QC network is sampled is decided after it is trained.
    sampling = {"steps": QualityConfig.steps, "samples": QualityConfig.samples}
    limits = QUALITY_LIMITS
    if "baseline" in trained.training:
        limits = LIMITS["rival"]
    elif trained.kind != "quality":
        limits = LIMITS["promptable"]
    names = [dataset["name"] for dataset in trained.training["data"]]
    card = CardText(
        title=title,
        command=command,
        figures=tests,
        terms=TERMS,
        use=USE,
        notes=split_notes(names),
        limits=limits,
    )
    return bundle_weights(
        resource_path("Research" if "baseline" in trained.training else "Weights"),
        name,
        trained,
        card,
        config=sampling if trained.kind == "quality" else None,
        packed=packed,
    )
