"""How long a reproduction will take here: a few steps of each kind, timed on this device."""

import dataclasses
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch

from HermesLib.datasets.case import Case
from HermesLib.models.registry import bundled_models, load_model
from HermesLib.presets.preset import Preset
from HermesLib.prompts.registry import strategy_for
from HermesLib.quality.diffusion_qc import DiffusionQuality
from HermesLib.quality.network.autoencoder import patch_discriminator
from HermesLib.quality.network.config import QualityConfig
from HermesLib.quality.network.core import QualityCore
from HermesLib.research.reproduce.request import Lengths
from HermesLib.training.qc_settings import default_augmentation, default_view
from HermesLib.training.qc_stages import (
    AutoencoderStage,
    DiffusionStage,
    ExpertStage,
    Stage,
    StageInputs,
)
from HermesLib.training.slice_sampler import SampledSlice, SliceSampler

#: Calls of a model for each slice: few where masks are accepted, all where none is.
USUAL_CALLS, MOST_CALLS = 5, 20
#: Sides of the slices that the probe makes up.
_SIDE = 256


@dataclasses.dataclass(frozen=True)
class Pace:
    """Seconds on this device.

    Attributes:
        train: of a step in each of the three stages.
        call: of one call of each model, with its share of the image's embedding.
        assess: of drawing a pGT and scoring a mask.
    """

    train: tuple[float, float, float]
    call: float
    assess: float


def time_reading(case: Case) -> tuple[float, int]:
    """Seconds to read an image with its mask, and the image's slices."""
    started = time.monotonic()
    image = case.read_image()
    case.truth.read(image)
    return time.monotonic() - started, image.shape[0]


def measure_pace(
    preset: Preset, lengths: Lengths, weights: dict[str, str], device: torch.device
) -> Pace:
    """Time one of everything.

    Args:
        preset: of an organ; others take as long.
        lengths: with the size of a batch.
        weights: of promptable models by name.
        device: of the reproduction.
    """
    core, train = _training_steps(preset, lengths, device)
    return Pace(train, _call(weights, device), _assessment(core, device))


def _training_steps(
    preset: Preset, lengths: Lengths, device: torch.device
) -> tuple[QualityCore, tuple[float, float, float]]:
    view = default_view(preset.modality)
    config = QualityConfig(grid=view.grid, field=view.field, neighbours=view.neighbours)
    core = QualityCore(config).to(device)
    settings = dataclasses.replace(
        lengths.quality(0), augmentation=default_augmentation(preset.modality, view.mirror)
    )
    mask = np.zeros((_SIDE, _SIDE), bool)
    mask[96:160, 96:160] = True
    picture = np.where(mask, 200, 50).astype(np.uint8)[None]
    sampler = SliceSampler([SampledSlice(picture, mask, "made-1")])
    discriminator = patch_discriminator().to(device)
    inputs = StageInputs(core, discriminator, settings, sampler, device, settings.batch)
    rng = np.random.default_rng(0)
    kinds: tuple[type[Stage], ...] = (AutoencoderStage, ExpertStage, DiffusionStage)
    seconds = []
    for kind in kinds:
        # One after the other: the last stage fixes what the first one trains.
        stage: Stage = kind(inputs)  # type: ignore[call-arg]
        seconds.append(_timed(partial(stage.step, 0, [rng]), device))
    return core, (seconds[0], seconds[1], seconds[2])


@torch.inference_mode()
def _call(weights: dict[str, str], device: torch.device) -> float:
    image = torch.rand(1, 1, _SIDE, _SIDE, device=device)
    rng = np.random.default_rng(0)
    total = 0.0
    for name in bundled_models():
        model = load_model(name, weights.get(name, "bundled"), device)
        prompt = strategy_for(model.prompt_kinds[0]).first((_SIDE, _SIDE), rng)
        embedding = model.embed(image)
        embed = _timed(partial(model.embed, image), device)
        predict = _timed(partial(model.predict, embedding, [prompt]), device)
        total += predict + embed / USUAL_CALLS
    return total


@torch.inference_mode()
def _assessment(core: QualityCore, device: torch.device) -> float:
    quality = DiffusionQuality(core.eval(), "made", "")
    image = torch.rand(1, 1, _SIDE, _SIDE, device=device)
    observation = quality.observe(image)
    mask = torch.zeros(1, _SIDE, _SIDE, dtype=torch.bool, device=device)
    mask[:, 96:160, 96:160] = True
    return _timed(lambda: quality.assess(observation, mask, [0]), device)


def _timed(work: Callable[[], object], device: torch.device) -> float:
    """Seconds of a call; on a GPU of the second one, as the first prepares it."""
    if device.type == "cuda":
        work()
        torch.cuda.synchronize()
    started = time.monotonic()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.monotonic() - started
