"""From a finished training to released weights: packed, with a card and a manifest entry."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from HermesLib.errors import HermesError
from HermesLib.quality.diffusion_qc import DiffusionQuality
from HermesLib.quality.network.config import QualityConfig
from HermesLib.research.release.terms import LIMITS, TERMS, USE, split_notes
from HermesLib.research.release.test_patients import leaked_patients
from HermesLib.research.rivals.entries import RIVAL_TITLES
from HermesLib.resources import resource_path
from HermesLib.weights.bundling import bundle_weights
from HermesLib.weights.card import QUALITY_LIMITS, CardText
from HermesLib.weights.checkpoint import Checkpoint, load_checkpoint


@dataclass(frozen=True)
class ReleaseOptions:
    """What a release needs beside the weights.

    Attributes:
        name: of the released file without ending.
        title: for people.
        command: the commands that trained the weights, for the card.
        figures: on test patients, by what was measured.
        packed: store layers as 8-bit integers rather than in half precision.
        folder: where to; by default ``Resources/Research`` for rivals, else ``Resources/Weights``.
    """

    name: str
    title: str
    command: str
    figures: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    packed: bool = True
    folder: Path | None = None


def release(run: Path, options: ReleaseOptions) -> Path:
    """Release the weights of a training.

    Args:
        run: the training's folder, or one of its weight files.
        options: name, title, commands, figures.

    Returns:
        The released weight file.

    Raises:
        HermesError: not weights of a training of this project, or the training read one of the
            project's test patients.
    """
    trained = load_checkpoint(run / "model.safetensors" if run.is_dir() else run)
    if trained.kind is None or "split" not in trained.training:
        raise HermesError(f"{run} does not hold weights of a training of this project")
    leaked = leaked_patients(trained.training)
    if leaked:
        raise HermesError(f"{run} was trained on the test patients {', '.join(leaked)}")
    is_rival = trained.kind in RIVAL_TITLES
    folder = options.folder or resource_path("Research" if is_rival else "Weights")
    names = [dataset["name"] for dataset in trained.training["data"]]
    card = CardText(
        title=options.title,
        command=options.command,
        figures=options.figures,
        terms=TERMS,
        use=USE,
        notes=split_notes(names, cross_fitted="folds" in trained.training),
        limits=_limits(trained),
    )
    return bundle_weights(
        folder,
        options.name,
        trained,
        card,
        config=_sampling(trained),
        packed=options.packed,
    )


def _limits(trained: Checkpoint) -> str:
    if trained.kind in RIVAL_TITLES:
        return LIMITS["rival"]
    return QUALITY_LIMITS if trained.kind == DiffusionQuality.kind else LIMITS["promptable"]


def _sampling(trained: Checkpoint) -> dict[str, int] | None:
    """The sampler's numbers of a QC: they are chosen after its training."""
    if trained.kind != DiffusionQuality.kind:
        return None
    return {"steps": QualityConfig.steps, "samples": QualityConfig.samples}
