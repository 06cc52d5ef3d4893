"""A run on one image: read, refine or assess, write. The engine calls nothing else."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import torch

from HermesLib.devices import select_device
from HermesLib.errors import HermesError
from HermesLib.models.registry import ModelEntry, model_entry
from HermesLib.models.protocol import PromptableModel
from HermesLib.runs.inputs import RunInputs, read_inputs
from HermesLib.runs.model_cache import ModelCache
from HermesLib.runs.results import provenance_of, write_results
from HermesLib.runs.request import AssessRequest, RefineRequest, RunRequest
from HermesLib.presets.preset import Preset
from HermesLib.presets.registry import load_preset
from HermesLib.prompts.serialization import prompt_from_plain, read_plain
from HermesLib.prompts.registry import strategy_for
from HermesLib.quality.protocol import QualityControl
from HermesLib.refinement.events import Iteration
from HermesLib.refinement.history import History, SliceResult
from HermesLib.refinement.refiner import Refiner
from HermesLib.refinement.volume import assess_volume, refine_volume
from HermesLib.report.document import build_report
from HermesLib.io.staged_folder import staged_folder


class OnEvent(Protocol):
    """Called with every event and the number of slices in the run; what it raises ends the run, and nothing is written."""

    def __call__(self, event: Iteration, total: int, /) -> None:
        """Take one event."""
        ...


@dataclass(frozen=True, eq=False)
class OpenRun:
    """A run that is read and loaded; it happens as its ``events`` are taken."""

    request: RunRequest
    case: RunInputs
    preset: Preset
    device: torch.device
    model: PromptableModel | None
    quality: QualityControl
    events: Iterator[Iteration]
    started: float

    @cached_property
    def unfamiliar(self) -> tuple[int, ...] | None:
        """Indices of the slices that look unlike all that the quality control was trained on; None where it does not know."""
        found = []
        for row, index in enumerate(self.case.indices):
            answer = self.quality.unfamiliar(self.case.images[row : row + 1].to(self.device))
            if answer is None:
                return None
            if bool(answer[0]):
                found.append(index)
        return tuple(found)

    def report(self, results: Sequence[SliceResult]) -> dict[str, Any]:
        """The content of ``report.json``."""
        provenance = provenance_of(self.request, self.case, self.device, self.model, self.quality)
        seconds = time.perf_counter() - self.started
        return build_report(results, provenance, seconds, self.case.volume.pixel_spacing, self.unfamiliar)

    def write(self, folder: Path, results: Sequence[SliceResult], report: dict[str, Any]) -> None:
        """Write the five result files into an existing folder."""
        write_results(folder, results, self.case, self.preset, report, self.request.settings.threshold)


@dataclass(frozen=True, eq=False)
class RunResult:
    """A finished run: every slice's history, what was read, what ``report.json`` says, and the folder it lies in."""

    results: list[SliceResult]
    case: RunInputs
    report: dict[str, Any]
    output: Path


def open_run(request: RunRequest, networks: ModelCache) -> OpenRun:
    """Read the image and load the networks of a request.

    Raises:
        HermesError: whatever is wrong with the request, its files or its weights.
    """
    if isinstance(request, AssessRequest):
        return _open_assessment(request, networks)
    assert isinstance(request, RefineRequest)
    return _open_refinement(request, networks)


def run_to_folder(request: RunRequest, output: Path, on_event: OnEvent, networks: ModelCache | None = None) -> RunResult:
    """Do what is asked and write the five result files into the folder ``output``, all or none.

    Raises:
        HermesError: whatever is wrong with the request, its files or its weights.
    """
    with staged_folder(output) as staging:
        run = open_run(request, networks or ModelCache())
        history = History(request.settings.keep)
        try:
            for event in run.events:
                history.add(event)
                on_event(event, len(run.case.indices))
        except torch.OutOfMemoryError as error:
            raise HermesError(f"the {run.device} ran out of memory; choose --device cpu or fewer --slices") from error
        results = history.results()
        report = run.report(results)
        run.write(staging, results, report)
        return RunResult(results, run.case, report, output)


def _open_refinement(request: RefineRequest, networks: ModelCache) -> OpenRun:
    started = time.perf_counter()
    preset, device = load_preset(request.preset), select_device(request.device)
    entry = model_entry(request.model or preset.model)
    given = None if request.first_prompt is None else read_plain(request.first_prompt)
    kind = prompt_kind(entry, request.prompt or (None if given is None else given["kind"]))
    strategy = strategy_for(kind, request.prompting)
    if given is not None and given["kind"] != kind:
        raise HermesError(f"the first prompt is of kind '{given['kind']}', but the run asks with '{kind}'")
    case = read_inputs(request.image, preset, request.slices, request.truth, request.init)
    model = networks.model(entry.name, request.weights, device)
    quality = networks.quality(request.quality, preset, device, request.samples, request.steps, request.score)
    refiner = Refiner(model, quality, strategy=strategy, settings=request.settings)
    first = None if given is None else prompt_from_plain(given, (case.images.shape[-2], case.images.shape[-1]))
    events = refine_volume(refiner, case.images, case.indices, case.truth, case.mask, device=device, first_prompt=first)
    return OpenRun(request, case, preset, device, model, quality, events, started)


def _open_assessment(request: AssessRequest, networks: ModelCache) -> OpenRun:
    started = time.perf_counter()
    preset, device = load_preset(request.preset), select_device(request.device)
    case = read_inputs(request.image, preset, request.slices, request.truth, request.mask)
    assert case.mask is not None  # an AssessRequest always names one
    quality = networks.quality(request.quality, preset, device, request.samples, request.steps, request.score)
    events = assess_volume(quality, request.settings, case.images, case.mask, case.indices, case.truth, device=device)
    return OpenRun(request, case, preset, device, None, quality, events, started)


def prompt_kind(model: PromptableModel | ModelEntry, asked: str | None) -> str:
    """The prompt kind to use: the one asked for, or the model's first.

    Raises:
        HermesError: the model does not take that kind.
    """
    if asked is not None and asked not in model.prompt_kinds:
        raise HermesError(f"{model.name} takes no '{asked}' prompts; choose {' or '.join(model.prompt_kinds)}")
    return asked or model.prompt_kinds[0]
