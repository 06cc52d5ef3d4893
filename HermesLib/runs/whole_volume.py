"""A run with a model that segments the whole volume."""

from collections.abc import Collection, Iterator
from typing import cast

import torch

from HermesLib.errors import HermesError
from HermesLib.io.neighbours import own_slice
from HermesLib.judges.registry import judge_entry
from HermesLib.models.entry import ModelEntry
from HermesLib.models.loading import load_volume_model
from HermesLib.models.volume_protocol import VolumeImage, VolumeModel
from HermesLib.quality.protocol import Observation
from HermesLib.refinement.events import Iteration
from HermesLib.refinement.settings import SLICES_AT_ONCE
from HermesLib.refinement.volume_refiner import Correction, VolumeRefiner
from HermesLib.refinement.volume_task import VolumeTask
from HermesLib.runs.guiding import Steering
from HermesLib.runs.inputs import RunInputs
from HermesLib.runs.model_cache import ModelCache
from HermesLib.runs.request import RefineRequest


def require_fit(entry: ModelEntry, request: RefineRequest, *, first_prompt: bool) -> None:
    """Check that a request and the chosen model go together, before anything is read.

    Args:
        entry: the model.
        request: what to do.
        first_prompt: whether the user gives the first prompt.

    Raises:
        HermesError: what belongs to models of the other sort was asked for.
    """
    if not entry.needs_server and request.server is not None:
        raise HermesError(
            f"{entry.name} runs on this computer without a server; leave out --server"
        )
    if entry.dimensions != 3:
        return
    if entry.needs_server and request.weights != "bundled":
        raise HermesError(
            f"the weights of {entry.name} are where its server runs; leave out --weights"
        )
    if request.precision != "full":
        raise HermesError(f"{entry.name} computes in full precision only; leave out --precision")
    if first_prompt:
        raise HermesError(
            f"{entry.name} starts from the pGT of the whole volume, not from a prompt; leave out"
            " --first-prompt"
        )
    if request.judge is not None and judge_entry(request.judge).needs_model:
        raise HermesError(
            f"the judge '{request.judge}' asks a model of slices; {entry.name} segments whole"
            " volumes. Choose another judge"
        )


def open_model(
    entry: ModelEntry, request: RefineRequest, cache: ModelCache, device: torch.device
) -> VolumeModel | None:
    """The model for whole volumes, on its server or with its weights; None for one of slices.

    Raises:
        HermesError: the server is not there, or not as it must be; weights that are missing,
            damaged or of another model.
    """
    if entry.dimensions != 3:
        return None
    if entry.needs_server:
        return load_volume_model(entry.name, server=request.server)
    return cache.volume_model(entry.name, request.weights, device)


def whole_volume_events(
    model: VolumeModel,
    steering: Steering,
    request: RefineRequest,
    kind: str,
    inputs: RunInputs,
    observation: Observation,
    finished: Collection[int],
    device: torch.device,
) -> Iterator[Iteration]:
    """The events of the loop on the whole volume.

    Args:
        model: segments the volume.
        steering: the QC or guide that made the observation, and the judge.
        request: what to do.
        kind: of the corrections.
        inputs: the image and its masks.
        observation: of the selected slices.
        finished: indices of the slices that have their results.
        device: where the QC computes.
    """
    volume = inputs.volume
    normalised = own_slice(inputs.every_image)[:, 0].numpy()
    task = VolumeTask(
        VolumeImage(volume.array, normalised, (volume.slice_spacing, *volume.pixel_spacing)),
        observation,
        inputs.indices,
        inputs.truth,
        inputs.mask,
        finished,
        request.slices_at_once or SLICES_AT_ONCE,
        device,
    )
    refiner = VolumeRefiner(
        model,
        steering.quality,
        cast(Correction, kind),
        request.settings,
        steering.judge,
        request.prompting.padding,
    )
    return refiner.refine(task)
