"""A run with a model that segments the whole volume."""

from collections.abc import Collection, Iterator
from typing import cast

import torch

from HermesLib.errors import HermesError
from HermesLib.models.registry import ModelEntry, connect_model
from HermesLib.models.volume_protocol import VolumeModel
from HermesLib.quality.protocol import Observation
from HermesLib.refinement.events import Iteration
from HermesLib.refinement.volume_refiner import Correction, VolumeRefiner
from HermesLib.refinement.volume_task import VolumeImage, VolumeTask
from HermesLib.runs.guiding import Steering
from HermesLib.runs.inputs import RunInputs
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
    if entry.dimensions != 3:
        if request.server is not None:
            raise HermesError(
                f"{entry.name} runs on this computer without a server; leave out --server"
            )
    elif request.weights != "bundled":
        raise HermesError(
            f"the weights of {entry.name} are where its server runs; leave out --weights"
        )
    elif first_prompt:
        raise HermesError(
            f"{entry.name} starts from the pGT of the whole volume, not from a prompt; leave out"
            " --first-prompt"
        )


def open_model(entry: ModelEntry, request: RefineRequest) -> VolumeModel:
    """The model on its server.

    Raises:
        HermesError: the server is not there, or not as it must be.
    """
    return connect_model(entry.name, request.server)


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

    Raises:
        HermesError: a judge that asks the model of slices.
    """
    if steering.judge is not None and steering.judge.needs_model:
        raise HermesError(
            f"the judge '{steering.judge.name}' asks a model of slices; {model.name} segments whole"
            " volumes. Choose another judge"
        )
    volume = inputs.volume
    task = VolumeTask(
        VolumeImage(volume.array, (volume.slice_spacing, *volume.pixel_spacing)),
        observation,
        inputs.indices,
        inputs.truth,
        inputs.mask,
        finished,
        request.slices_at_once,
        device,
    )
    refiner = VolumeRefiner(
        model, steering.quality, cast(Correction, kind), request.settings, steering.judge
    )
    return refiner.refine(task)
