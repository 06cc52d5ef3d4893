"""Rivals from their weights: bundled in ``Resources/Research``, or any weight file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from HermesLib.errors import HermesError
from HermesLib.presets.preset import Preset
from HermesLib.quality.network.config import QualityConfig
from HermesLib.quality.registry import QualityEntry, QualityOptions
from HermesLib.research.rivals.constrained_vae import ConstrainedVae
from HermesLib.research.rivals.error_map import ErrorMapQuality, ErrorMapRegression
from HermesLib.research.rivals.galati import Galati
from HermesLib.research.rivals.mask_regression import MaskRegression
from HermesLib.research.rivals.nnqc import NnQc, NnQcQuality
from HermesLib.research.rivals.post_dae import PostDae
from HermesLib.research.rivals.rebuilt import RebuiltQuality
from HermesLib.research.rivals.regression import DiceRegression, RegressionQuality
from HermesLib.research.rivals.wang import Wang
from HermesLib.resources import resource_path
from HermesLib.weights.bundled import bundled_checkpoint, read_manifest
from HermesLib.weights.checkpoint import Checkpoint

_Network = PostDae | Galati | Wang | ConstrainedVae | DiceRegression | ErrorMapRegression | NnQc


def _of_side(network: Callable[[int], _Network]) -> Callable[[dict[str, Any]], _Network]:
    return lambda config: network(int(config["side"]))


#: Builds the network of every rival, by kind, from the numbers stored with its weights.
RIVALS: dict[str, Callable[[dict[str, Any]], _Network]] = {
    **{
        network.kind: _of_side(network)
        for network in (
            PostDae,
            Galati,
            Wang,
            ConstrainedVae,
            DiceRegression,
            MaskRegression,
            ErrorMapRegression,
        )
    },
    NnQc.kind: lambda config: NnQc(QualityConfig.from_dict(config["core"])),
}


def research_weights() -> Path:
    """The folder of the rivals' bundled weights."""
    return resource_path("Research")


def bundled_rivals(preset: Preset) -> list[Path]:
    """The weight files of the rivals that come with HERMES for a preset."""
    names = {f"{kind}-{preset.name}" for kind in RIVALS}
    return [entry.path for entry in read_manifest(research_weights()) if entry.name in names]


def bundled_rival(entry: QualityEntry, preset: Preset) -> tuple[str, Checkpoint]:
    """Name and bundled weights of a rival for a preset.

    Raises:
        HermesError: none are bundled for that preset.
    """
    name = f"{entry.kind}-{preset.name}"
    if name not in {path.stem for path in bundled_rivals(preset)}:
        raise HermesError(
            f"no weights of '{entry.name}' for {preset.name} come with HERMES; choose diffusion, "
            "or train them (hermes research train-rival) and name the file"
        )
    return name, bundled_checkpoint(name, research_weights())


def build_rival(
    checkpoint: Checkpoint, options: QualityOptions
) -> RebuiltQuality | RegressionQuality | ErrorMapQuality | NnQcQuality:
    """A rival as a quality control. Its score is always raw: rivals carry no calibration.

    Raises:
        HermesError: samples or steps given; tensors that do not fit.
    """
    kind = str(checkpoint.kind)
    if options.samples is not None or options.steps is not None:
        raise HermesError(
            f"{options.name} is a {kind}: --samples and --steps are for HERMES' own quality "
            "control alone; leave them out"
        )
    try:
        network = RIVALS[kind](checkpoint.config)
        network.load_state_dict(checkpoint.tensors)
        field = str(checkpoint.config["field"])
    except (KeyError, ValueError, RuntimeError) as error:
        raise HermesError(
            f"{options.name} does not fit the {kind} that its settings describe; fetch it again"
        ) from error
    quality: RebuiltQuality | RegressionQuality | ErrorMapQuality | NnQcQuality
    if isinstance(network, DiceRegression):
        quality = RegressionQuality(network, field, options.name, checkpoint.sha256)
    elif isinstance(network, ErrorMapRegression):
        quality = ErrorMapQuality(network, field, options.name, checkpoint.sha256)
    elif isinstance(network, NnQc):
        quality = NnQcQuality(network, field, options.name, checkpoint.sha256)
    else:
        quality = RebuiltQuality(network, field, options.name, checkpoint.sha256)
    return quality.to(options.device)
