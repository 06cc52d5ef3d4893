"""QC cores by name: ``diffusion`` (the preset's bundled one) or a weight file."""

from pathlib import Path

import torch

from HermesLib.errors import HermesError
from HermesLib.presets.preset import Preset
from HermesLib.quality.diffusion_qc import DiffusionQuality
from HermesLib.quality.network.config import QualityConfig
from HermesLib.quality.network.core import QualityCore
from HermesLib.quality.protocol import ScoreKind
from HermesLib.weights.bundled import bundled_checkpoint
from HermesLib.weights.checkpoint import Checkpoint, load_checkpoint

#: Quality controls that come with HERMES.
QUALITY_NAMES = ("diffusion",)


def core_checkpoint(preset: Preset) -> Checkpoint:
    """The weights of a preset's own QC core: bundled ones, or the file that it names."""
    if preset.quality.endswith(".safetensors"):
        return load_checkpoint(Path(preset.quality))
    return bundled_checkpoint(preset.quality)


def load_quality(
    name: str,
    preset: Preset,
    device: torch.device,
    samples: int | None = None,
    steps: int | None = None,
    score: ScoreKind = "calibrated",
) -> DiffusionQuality:
    """The QC called ``name``, or read from the weight file of that path, ready on ``device``.

    Raises:
        HermesError: neither a known name nor a file; weights of another kind; samples or steps below 1.
    """
    for what, value in (("samples", samples), ("steps", steps)):
        if value is not None and value < 1:
            raise HermesError(f"{what} {value} is too small; choose 1 or more")
    if name == "diffusion":
        return _build(
            core_checkpoint(preset), Path(preset.quality).stem, device, samples, steps, score
        )
    path = Path(name)
    if path.suffix == ".safetensors" or path.is_file():
        return _build(load_checkpoint(path), path.stem, device, samples, steps, score)
    raise HermesError(
        f"unknown quality control '{name}'; choose {', '.join(QUALITY_NAMES)} or a .safetensors file"
    )


def _build(
    checkpoint: Checkpoint,
    name: str,
    device: torch.device,
    samples: int | None,
    steps: int | None,
    score: ScoreKind,
) -> DiffusionQuality:
    if checkpoint.kind != DiffusionQuality.kind:
        raise HermesError(
            f"{name} holds weights of {checkpoint.kind or 'another program'}, not of a QC core"
        )
    config = QualityConfig.from_dict(checkpoint.config)
    if max(steps or 1, 1) > config.timesteps:
        raise HermesError(f"steps {steps} exceeds the schedule of {config.timesteps}; choose fewer")
    core = QualityCore(config)
    try:
        core.load_state_dict(checkpoint.tensors)
    except RuntimeError as error:
        raise HermesError(
            f"{name} does not fit the QC core its own settings describe; fetch it again"
        ) from error
    return DiffusionQuality(core.to(device), name, checkpoint.sha256, samples, steps, score)
