"""Every judge by name: the QC core and its rivals, bundled or from a weight file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from HermesLib.errors import HermesError
from HermesLib.presets.preset import Preset
from HermesLib.quality.network.config import QualityConfig
from HermesLib.quality.protocol import QualityControl, ScoreKind
from HermesLib.quality.registry import QUALITY_NAMES, load_quality
from HermesLib.research.rivals.constrained_vae import ConstrainedVae
from HermesLib.research.rivals.galati import Galati
from HermesLib.research.rivals.nnqc import NnQc, NnQcQuality
from HermesLib.research.rivals.post_dae import PostDae
from HermesLib.research.rivals.rebuilt import RebuiltQuality
from HermesLib.research.rivals.regression import DiceRegression, RegressionQuality
from HermesLib.research.rivals.wang import Wang
from HermesLib.weights.bundled import bundled_weights
from HermesLib.weights.checkpoint import Checkpoint, load_checkpoint

_Network = PostDae | Galati | Wang | ConstrainedVae | DiceRegression | NnQc


def _on_side(network: Callable[[int], _Network]) -> Callable[[dict[str, Any]], _Network]:
    return lambda config: network(int(config["side"]))


#: The rivals' networks by the kind that their weights name, made from the numbers stored with them.
RIVALS: dict[str, Callable[[dict[str, Any]], _Network]] = {
    **{one.kind: _on_side(one) for one in (PostDae, Galati, Wang, ConstrainedVae, DiceRegression)},
    NnQc.kind: lambda config: NnQc(QualityConfig.from_dict(config["core"])),
}


def bundled_rivals(preset: Preset) -> list[Path]:
    """Weights of the rivals that come with HERMES for a preset."""
    names = {f"{kind}-{preset.name}" for kind in RIVALS}
    return [entry.path for entry in bundled_weights() if entry.name in names]


def load_judge(
    name: str,
    preset: Preset,
    device: torch.device,
    samples: int | None = None,
    steps: int | None = None,
    score: ScoreKind = "calibrated",
) -> QualityControl:
    """The judge called ``name``, ready on ``device``: ``diffusion`` and weights of a QC core as
    :func:`HermesLib.quality.registry.load_quality` reads them, a rival by its name (where its weights come with HERMES) or its weights.

    Raises:
        HermesError: neither a known name nor a file; weights of another kind; samples, steps or a calibration asked of a rival.
    """
    path, bundled = (
        Path(name),
        {one.stem.removesuffix(f"-{preset.name}"): one for one in bundled_rivals(preset)},
    )
    if name in RIVALS:
        if name not in bundled:
            raise HermesError(
                f"no weights of '{name}' for {preset.name} come with HERMES; choose diffusion, or train them (hermes train baseline) and "
                "name the file"
            )
        path = bundled[name]
    if not path.is_file() and path.suffix != ".safetensors" and name not in QUALITY_NAMES:
        known = ", ".join([*QUALITY_NAMES, *bundled])
        raise HermesError(
            f"unknown quality control '{name}'; choose {known} or a .safetensors file"
        )
    if not path.is_file():
        return load_quality(name, preset, device, samples, steps, score)
    checkpoint = load_checkpoint(path)
    if checkpoint.kind is None or checkpoint.kind not in RIVALS:
        return load_quality(name, preset, device, samples, steps, score)
    if samples is not None or steps is not None:
        raise HermesError(
            f"{path.name} is a {checkpoint.kind}: --samples and --steps are for the QC core alone; leave them out"
        )
    return _build(checkpoint, checkpoint.kind, path.stem).to(device)


def _build(
    checkpoint: Checkpoint, kind: str, name: str
) -> RebuiltQuality | RegressionQuality | NnQcQuality:
    try:
        network = RIVALS[kind](checkpoint.config)
        network.load_state_dict(checkpoint.tensors)
        field = str(checkpoint.config["field"])
    except (KeyError, ValueError, RuntimeError) as error:
        raise HermesError(
            f"{name} does not fit the {kind} its own settings describe; fetch it again"
        ) from error
    if isinstance(network, DiceRegression):
        return RegressionQuality(network, field, name, checkpoint.sha256)
    if isinstance(network, NnQc):
        return NnQcQuality(network, field, name, checkpoint.sha256)
    return RebuiltQuality(network, field, name, checkpoint.sha256)
