"""Quality controls by name, or from a weight file."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from HermesLib.errors import HermesError
from HermesLib.extensions import COMMANDS, RESEARCH_MISSING, load_extensions
from HermesLib.presets.preset import Preset

if TYPE_CHECKING:
    import torch

    from HermesLib.quality.diffusion_qc import DiffusionQuality
    from HermesLib.quality.protocol import QualityControl, ScoreKind
    from HermesLib.weights.checkpoint import Checkpoint


@dataclass(frozen=True)
class QualityEntry:
    """One sort of quality control; functions are named as ``module:function`` and imported late.

    Attributes:
        name: what users write, e.g. ``--quality diffusion``.
        kind: the kind that its weight files name.
        title: for people.
        build: ``(checkpoint, options) -> QualityControl``, see :class:`QualityOptions`.
        bundled: ``(entry, preset) -> (name, checkpoint)``, the weights that come with HERMES.
    """

    name: str
    kind: str
    title: str
    build: str
    bundled: str


@dataclass(frozen=True)
class QualityOptions:
    """How a quality control is built from its weights.

    Attributes:
        name: of the weights, for reports.
        device: where it runs.
        samples, steps: samples of a pGT and diffusion steps of a sample; None: as trained.
        score: whether the pDSC is calibrated (where the weights hold a calibration) or raw.
    """

    name: str
    device: "torch.device"
    samples: int | None = None
    steps: int | None = None
    score: "ScoreKind" = "calibrated"


#: Samples of a pGT, and diffusion steps of a sample, at most: with more, no run ends.
MOST_SAMPLES = 1000
#: Every quality control by name; extensions add theirs.
QUALITY_CONTROLS: dict[str, QualityEntry] = {
    "diffusion": QualityEntry(
        name="diffusion",
        kind="quality",
        title="HERMES, the preset's own weights",
        build="HermesLib.quality.registry:build_diffusion",
        bundled="HermesLib.quality.registry:bundled_diffusion",
    ),
}


def bundled_diffusion(entry: QualityEntry, preset: Preset) -> "tuple[str, Checkpoint]":
    """See :attr:`QualityEntry.bundled`: what :func:`preset_checkpoint` reads, with its name."""
    return Path(preset.quality).stem, preset_checkpoint(preset)


def preset_checkpoint(preset: Preset) -> "Checkpoint":
    """The weights of a preset's own quality control: bundled ones, or the file it names."""
    from HermesLib.weights.bundled import bundled_checkpoint
    from HermesLib.weights.checkpoint import load_checkpoint

    path = Path(preset.quality)
    if path.suffix == ".safetensors":
        return load_checkpoint(path)
    return bundled_checkpoint(preset.quality)


def build_diffusion(checkpoint: "Checkpoint", options: QualityOptions) -> "QualityControl":
    """The diffusion quality control from its weights.

    Raises:
        HermesError: tensors that do not fit, or more steps than the noise schedule has.
    """
    from HermesLib.quality.diffusion_qc import DiffusionQuality
    from HermesLib.quality.judgement import require_judgement
    from HermesLib.quality.network.config import QualityConfig
    from HermesLib.quality.network.core import QualityCore

    config = QualityConfig.from_dict(checkpoint.config)
    require_judgement(config.calibration, config.evidence, options.name)
    steps = options.steps
    if steps is not None and steps > config.timesteps:
        raise HermesError(f"steps {steps} exceeds the schedule of {config.timesteps}; choose fewer")
    try:
        core = QualityCore(config)
        core.load_state_dict(checkpoint.tensors)
    except (RuntimeError, ValueError, TypeError, ArithmeticError, LookupError) as error:
        raise HermesError(
            f"{options.name} does not fit the network that its settings describe; fetch it again"
        ) from error
    return DiffusionQuality(
        core.to(options.device),
        options.name,
        checkpoint.sha256,
        options.samples,
        steps,
        options.score,
        _folds(checkpoint.training.get("folds", ()), options.name),
    )


def _folds(raw: Any, name: str) -> list[list[str]]:
    """The patients of each fold, as weights record them.

    Raises:
        HermesError: no lists of names.
    """
    lists = isinstance(raw, list | tuple) and all(isinstance(names, list | tuple) for names in raw)
    if not lists or not all(isinstance(patient, str) for names in raw for patient in names):
        raise HermesError(f"{name} does not say which patients its folds are")
    return [list(names) for names in raw]


def quality_weights(name: str, preset: Preset) -> "tuple[QualityEntry, str, Checkpoint]":
    """The sort of a quality control, the name of its weights, and the weights.

    Args:
        name: a name in :data:`QUALITY_CONTROLS`, or the path of a ``.safetensors`` file.
        preset: the organ; decides which bundled weights a name means.

    Raises:
        HermesError: neither a known name nor a file; weights of something else.
    """
    load_extensions()
    if name in QUALITY_CONTROLS:
        entry = QUALITY_CONTROLS[name]
        weights_name, checkpoint = _resolve(entry.bundled)(entry, preset)
    else:
        weights_name, checkpoint = _read_file(name)
        entry = _entry_of_kind(checkpoint.kind, weights_name)
    return entry, weights_name, checkpoint


def load_quality(
    name: str,
    preset: Preset,
    device: "torch.device",
    samples: int | None = None,
    steps: int | None = None,
    score: "ScoreKind" = "calibrated",
) -> "QualityControl":
    """A quality control on ``device``: by name with its bundled weights, or from a weight file.

    Args:
        name: a name in :data:`QUALITY_CONTROLS`, or the path of a ``.safetensors`` file.
        preset: the organ; decides which bundled weights a name means.
        device: where it runs.
        samples, steps: see :class:`QualityOptions`.
        score: ``calibrated`` or ``raw``.

    Raises:
        HermesError: neither a known name nor a file; weights of something else; samples or steps
            below 1, or given to a quality control that has none.
    """
    for what, value in (("samples", samples), ("steps", steps)):
        if value is not None and value < 1:
            raise HermesError(f"{what} {value} is too small; choose 1 or more")
        if value is not None and value > MOST_SAMPLES:
            raise HermesError(f"{what} {value} would not end; choose {MOST_SAMPLES} at most")
    entry, weights_name, checkpoint = quality_weights(name, preset)
    options = QualityOptions(weights_name, device, samples, steps, score)
    return _resolve(entry.build)(checkpoint, options)


def load_diffusion(
    name: str,
    preset: Preset,
    device: "torch.device",
    samples: int | None = None,
    steps: int | None = None,
    score: "ScoreKind" = "calibrated",
) -> "DiffusionQuality":
    """As :func:`load_quality`, for callers that need HERMES' own quality control.

    Raises:
        HermesError: as there, or weights of another quality control.
    """
    from HermesLib.quality.diffusion_qc import DiffusionQuality

    quality = load_quality(name, preset, device, samples, steps, score)
    if not isinstance(quality, DiffusionQuality):
        raise HermesError(f"{name} is not a weight file of HERMES' own quality control (diffusion)")
    return quality


def _read_file(name: str) -> "tuple[str, Checkpoint]":
    from HermesLib.weights.checkpoint import load_checkpoint

    path = Path(name)
    if path.suffix == ".safetensors" or path.is_file():
        return path.stem, load_checkpoint(path)
    choices = f"choose {', '.join(QUALITY_CONTROLS)} or a .safetensors file"
    raise HermesError(f"unknown quality control '{name}'; {choices}{_hint()}")


def _entry_of_kind(kind: str | None, name: str) -> QualityEntry:
    for entry in QUALITY_CONTROLS.values():
        if entry.kind == kind:
            return entry
    holds = f"{name} holds weights of {kind or 'another program'}, not of a quality control"
    raise HermesError(f"{holds}{_hint()}")


def _hint() -> str:
    """Where to find what may be missing; empty where the research wing is installed."""
    return (
        "" if "research" in COMMANDS else f"; if it is a rival for comparison: {RESEARCH_MISSING}"
    )


def _resolve(function: str) -> Callable[..., Any]:
    module, name = function.split(":")
    return getattr(import_module(module), name)
