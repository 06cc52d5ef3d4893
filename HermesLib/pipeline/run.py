"""Refine or assess one image: read, run, write. The command line and the panel call nothing else."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch

from HermesLib.devices import select_device
from HermesLib.errors import HermesError
from HermesLib.models.protocol import PromptableModel
from HermesLib.models.registry import ModelEntry, load_model, model_entry
from HermesLib.pipeline.case import Case, read_case
from HermesLib.pipeline.publish import provenance_of, write_results
from HermesLib.pipeline.requests import AssessRequest, RefineRequest, Request
from HermesLib.presets import Preset, load_preset
from HermesLib.prompts.strategies import strategy_for
from HermesLib.quality.protocol import QualityControl
from HermesLib.quality.registry import load_quality
from HermesLib.refinement.events import Iteration
from HermesLib.refinement.history import History, SliceResult
from HermesLib.refinement.refiner import Refiner
from HermesLib.refinement.volume import assess_volume, refine_volume
from HermesLib.report.document import build_report
from HermesLib.report.outputs import staged_folder


class OnEvent(Protocol):
    """Called with every event and the number of slices in the run; what it raises ends the run, and nothing is written."""

    def __call__(self, event: Iteration, total: int, /) -> None:
        """Take one event."""
        ...


@dataclass(frozen=True, eq=False)
class RunResult:
    """A finished run: every slice's history, what was read, what ``report.json`` says, and the folder it lies in."""

    results: list[SliceResult]
    case: Case
    report: dict[str, Any]
    output: Path


def run_refinement(request: RefineRequest, on_event: OnEvent) -> RunResult:
    """Segment an image and write the five result files, all or none.

    Raises:
        HermesError: whatever is wrong with the request, its files or its weights.
    """
    started = time.perf_counter()
    preset, device = load_preset(request.preset), select_device(request.device)
    entry = model_entry(request.model or preset.model)
    kind = prompt_kind(entry, request.prompt)
    with staged_folder(request.output) as staging:
        case = read_case(request.image, preset, request.slices, request.truth, request.init)
        model = load_model(entry.name, request.weights, device)
        quality = load_quality(request.quality, preset, device, request.samples, request.steps)
        refiner = Refiner(model, quality, strategy=strategy_for(kind), settings=request.settings)
        events = refine_volume(refiner, case.images, case.indices, case.truth, case.mask, device=device)
        return _finish(events, on_event, request, staging, case, preset, device, model, quality, started)


def run_assessment(request: AssessRequest, on_event: OnEvent) -> RunResult:
    """Judge a segmentation and write the five result files, all or none.

    Raises:
        HermesError: whatever is wrong with the request, its files or its weights.
    """
    started = time.perf_counter()
    preset, device = load_preset(request.preset), select_device(request.device)
    with staged_folder(request.output) as staging:
        case = read_case(request.image, preset, request.slices, request.truth, request.mask)
        assert case.mask is not None  # an AssessRequest always names one
        quality = load_quality(request.quality, preset, device, request.samples, request.steps)
        events = assess_volume(quality, request.settings, case.images, case.mask, case.indices, case.truth, device=device)
        return _finish(events, on_event, request, staging, case, preset, device, None, quality, started)


def prompt_kind(model: PromptableModel | ModelEntry, asked: str | None) -> str:
    """The prompt kind to use: the one asked for, or the model's first.

    Raises:
        HermesError: the model does not take that kind.
    """
    if asked is not None and asked not in model.prompt_kinds:
        raise HermesError(f"{model.name} takes no '{asked}' prompts; choose {' or '.join(model.prompt_kinds)}")
    return asked or model.prompt_kinds[0]


def _finish(
    events: Iterator[Iteration],
    on_event: OnEvent,
    request: Request,
    staging: Path,
    case: Case,
    preset: Preset,
    device: torch.device,
    model: PromptableModel | None,
    quality: QualityControl,
    started: float,
) -> RunResult:
    history = History(request.settings.keep)
    try:
        for event in events:
            history.add(event)
            on_event(event, len(case.indices))
    except torch.OutOfMemoryError as error:
        raise HermesError(f"the {device} ran out of memory; choose --device cpu or fewer --slices") from error
    results = history.results()
    provenance = provenance_of(request, case, device, model, quality)
    report = build_report(results, provenance, time.perf_counter() - started)
    write_results(staging, results, case, preset, report, request.settings.threshold)
    return RunResult(results, case, report, request.output)
