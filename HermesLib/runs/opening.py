"""A run is opened: the image read, the networks loaded, the slices observed."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from HermesLib.devices import select_device, use_threads
from HermesLib.errors import HermesError
from HermesLib.io.mask_values import INITIAL
from HermesLib.models.half_precision import in_precision
from HermesLib.models.protocol import PromptableModel
from HermesLib.models.registry import model_entry
from HermesLib.notices import Notice
from HermesLib.prompts.registry import strategy_for
from HermesLib.prompts.serialization import prompt_from_plain, read_plain
from HermesLib.prompts.types import Prompt
from HermesLib.quality.protocol import Observation
from HermesLib.refinement.in_context import ExampleSources
from HermesLib.refinement.refiner import Refiner
from HermesLib.refinement.volume import assess_volume, refine_volume
from HermesLib.runs.at_once import slices_at_once
from HermesLib.runs.examples import given_examples
from HermesLib.runs.guide_drawing import GuideDrawing
from HermesLib.runs.guiding import open_steering, require_calibration, require_known, run_preset
from HermesLib.runs.inputs import (
    RunSources,
    prepare_inputs,
    read_sources,
    require_start,
)
from HermesLib.runs.model_cache import ModelCache
from HermesLib.runs.open_run import OpenRun
from HermesLib.runs.prompt_choice import require_use_for_examples, run_model, run_prompt_kind
from HermesLib.runs.provenance import UsedParts, require_expected
from HermesLib.runs.request import AssessRequest, Expected, RefineRequest, RunRequest
from HermesLib.runs.whole_volume import open_model, require_fit, whole_volume_events

if TYPE_CHECKING:
    from HermesLib.guides.map import GuideMap


@dataclass(frozen=True, eq=False)
class InMemory:
    """What a caller passes in memory instead of in files named by the request.

    Attributes:
        sources: the image and its masks.
        first_prompt: the prompt of the first call of the model.
        guide: the segmentation that guides the run.
        notices: what was found out while the sources were made; the report lists them.
    """

    sources: RunSources
    first_prompt: Prompt | None = None
    guide: "GuideMap | None" = None
    notices: tuple[Notice, ...] = ()


def open_run(
    request: RunRequest,
    cache: ModelCache,
    memory: InMemory | None = None,
    finished: Collection[int] = (),
    accepted: Mapping[int, np.ndarray] | None = None,
    drawing: GuideDrawing | None = None,
) -> OpenRun:
    """Read the image of a request and load its networks.

    Args:
        request: what to do.
        cache: of the networks.
        memory: an image in memory, instead of the files that the request names.
        finished: indices of the slices that have their results already; they have no events.
        accepted: the masks of those among them that were accepted, by index.
        drawing: how the guide is drawn.

    Raises:
        HermesError: a bad request, bad files or bad weights.
        GuideCancelled: the run was cancelled while the guide's program was at work.
    """
    use_threads(request.threads)
    require_known(request)
    drawing = drawing or GuideDrawing()
    if memory is not None:
        drawing = replace(drawing, given=memory.guide)
    if isinstance(request, AssessRequest):
        return _open_assessment(request, cache, memory, finished, drawing)
    assert isinstance(request, RefineRequest)
    return _open_refinement(request, cache, memory, finished, accepted or {}, drawing)


def _open_refinement(
    request: RefineRequest,
    cache: ModelCache,
    memory: InMemory | None,
    finished: Collection[int],
    accepted: Mapping[int, np.ndarray],
    drawing: GuideDrawing,
) -> OpenRun:
    started = time.perf_counter()
    device = select_device(request.device)
    entry = model_entry(run_model(request))
    first_plain = None if request.first_prompt is None else read_plain(request.first_prompt)
    first_prompt = None if memory is None else memory.first_prompt
    require_fit(entry, request, first_prompt=bool(first_plain or first_prompt))
    kind = run_prompt_kind(entry, request.prompt, first_plain, first_prompt)
    strategy = strategy_for(kind, request.prompting)
    if request.examples is not None:
        require_use_for_examples(kind)
    sources = _sources(request, memory, request.init)
    preset = run_preset(request, sources.volume)
    inputs = prepare_inputs(sources, preset, request.slices)
    require_start(request.start_slice, inputs)
    if first_plain is not None:
        first_prompt = prompt_from_plain(first_plain, inputs.shape)
    elif first_prompt is not None:
        first_plain = first_prompt.to_plain()
    volume_model = open_model(entry, request, cache, device)
    model: PromptableModel | None = None
    if volume_model is None:
        loaded = cache.model(entry.name, request.weights, device)
        model = in_precision(loaded, request.precision, device)
    steering = open_steering(request, preset, sources.volume, device, cache, drawing)
    used_model = volume_model or model
    require_calibration(steering, preset, used_model, loop=True)
    request = replace(
        request, slices_at_once=slices_at_once(request, device, inputs.shape, model, strategy)
    )
    given = given_examples(request, preset, sources.volume)
    parts = UsedParts(sources, first_plain, preset, device, used_model, steering, given)
    checksums = _checked(request, parts)
    observation = inputs.observe(steering.quality, cache.observations)
    flagged = _flagged(observation, inputs.indices)
    if volume_model is not None:
        events = whole_volume_events(
            volume_model, steering, request, kind, inputs, observation, finished, device
        )
    else:
        assert model is not None
        refiner = Refiner(
            model,
            steering.quality,
            strategy=strategy,
            settings=request.settings,
            judge=steering.judge,
            embeddings=cache.embeddings,
        )
        events = refine_volume(
            refiner,
            observation,
            inputs.indices,
            truth=inputs.truth,
            initial_masks=inputs.mask,
            first_prompt=first_prompt,
            finished=finished,
            batch_size=request.slices_at_once,
            device=device,
            examples=ExampleSources(() if given is None else given.examples, accepted),
            start=request.start_slice,
        )
    return OpenRun(request, inputs, parts, checksums, flagged, events, started)


def _open_assessment(
    request: AssessRequest,
    cache: ModelCache,
    memory: InMemory | None,
    finished: Collection[int],
    drawing: GuideDrawing,
) -> OpenRun:
    started = time.perf_counter()
    device = select_device(request.device)
    sources = _sources(request, memory, request.mask)
    preset = run_preset(request, sources.volume)
    inputs = prepare_inputs(sources, preset, request.slices)
    if inputs.mask is None:
        raise HermesError("there is no mask to assess; give one")
    steering = open_steering(
        request, preset, sources.volume, device, cache, drawing, mask=sources.mask
    )
    model = None
    if steering.judge is not None and steering.judge.needs_model:
        model = cache.model(run_model(request), request.weights, device)
    require_calibration(steering, preset, model, loop=False)
    batch_size = slices_at_once(request, device, inputs.shape)
    request = replace(request, slices_at_once=batch_size)
    parts = UsedParts(sources, None, preset, device, model, steering)
    checksums = _checked(request, parts)
    observation = inputs.observe(steering.quality, cache.observations)
    flagged = _flagged(observation, inputs.indices)
    events = assess_volume(
        steering.quality,
        request.settings,
        observation,
        inputs.mask,
        inputs.indices,
        truth=inputs.truth,
        finished=finished,
        batch_size=batch_size,
        device=device,
        judge=steering.judge,
        model=model,
        embeddings=cache.embeddings,
    )
    return OpenRun(request, inputs, parts, checksums, flagged, events, started)


def _checked(request: RunRequest, parts: UsedParts) -> Expected:
    """The checksums of what a run works with.

    Raises:
        HermesError: the run repeats another one, and something differs.
    """
    checksums = parts.checksums()
    if request.expected is not None:
        require_expected(request.expected, checksums)
    return checksums


def _flagged(observation: Observation, indices: Sequence[int]) -> tuple[int, ...] | None:
    """Indices of the slices that are out of distribution; None if the QC does not know."""
    flags = observation.out_of_distribution
    if flags is None:
        return None
    return tuple(index for index, flag in zip(indices, flags.tolist(), strict=True) if flag)


def _sources(request: RunRequest, memory: InMemory | None, mask: Path | None) -> RunSources:
    if memory is not None:
        return memory.sources
    if request.image is None:
        raise HermesError("there is no image; give a file, a DICOM folder or an array")
    return read_sources(
        request.image,
        request.truth,
        mask,
        series=request.series,
        truth_labels=request.truth_labels,
        labels=request.labels,
        role=INITIAL if isinstance(request, RefineRequest) else "the mask",
    )
