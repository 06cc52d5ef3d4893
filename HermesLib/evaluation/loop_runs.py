"""The loop on slices with a known truth, iteration by iteration."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from HermesLib.evaluation.cases import Case, CaseImages, case_names, read_case
from HermesLib.evaluation.loop_metrics import SliceOutcome
from HermesLib.evaluation.traces import Trace, gather_traces, marked_outcomes
from HermesLib.models.protocol import PromptableModel
from HermesLib.presets.preset import Preset
from HermesLib.prompts.registry import strategy_for
from HermesLib.quality.protocol import QualityControl
from HermesLib.refinement.refiner import Refiner
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.refinement.volume import refine_volume


@dataclass(frozen=True, eq=False)
class Loop:
    """The loop that is measured: preset, networks, kind of prompt and settings, on a device.

    ``out_of_fold``: patients that the ensemble was trained on are measured without the members
    that saw them.
    """

    preset: Preset
    model: PromptableModel
    quality: QualityControl
    prompt: str
    settings: RefinementSettings
    device: torch.device
    out_of_fold: bool = False

    def quality_for(self, case: Case) -> QualityControl:
        """The quality control that a case is measured with."""
        return self.quality.without(case.identity) if self.out_of_fold else self.quality

    def refiner(self, quality: QualityControl) -> Refiner:
        """The loop on single slices."""
        strategy = strategy_for(self.prompt)
        return Refiner(self.model, quality, strategy=strategy, settings=self.settings)


def trace_cases(
    cases: Sequence[Case],
    loop: Loop,
    on_case: Callable[[int, int], None],
    *,
    only_with_organ: bool = False,
) -> list[Trace]:
    """Run the loop on whole volumes, each on its own grid, and on single slices.

    Args:
        cases: with truth.
        loop: what is run.
        on_case: called with the cases done and their total.
        only_with_organ: leave out slices without the organ.
    """
    traces: list[Trace] = []
    names = case_names(cases)
    for number, (case, name) in enumerate(zip(cases, names, strict=True)):
        read = read_case(case, loop.preset)
        traces += trace_images(case, name, read, loop, only_with_organ=only_with_organ)
        on_case(number + 1, len(cases))
    return traces


def trace_images(
    case: Case, name: str, read: CaseImages, loop: Loop, *, only_with_organ: bool = False
) -> list[Trace]:
    """The traces of a case's slices in their order. All are observed, whichever are measured.

    Args:
        case: gives the patient.
        name: of the case in the traces.
        read: the case's images, or others in their place.
        loop: what is run.
        only_with_organ: leave out slices without the organ.
    """
    quality = loop.quality_for(case)
    observation = quality.observe(read.images, read.thickness)
    with_organ = read.truth.flatten(1).any(1)
    measured = with_organ if only_with_organ else torch.ones(len(read.truth), dtype=torch.bool)
    indices = torch.nonzero(measured).flatten().tolist()
    events = refine_volume(
        loop.refiner(quality),
        observation.select(indices),
        indices,
        truth=read.truth[measured],
        device=loop.device,
    )
    return gather_traces(case, name, read, observation, events)


def evaluate_loop(
    cases: Sequence[Case], loop: Loop, on_case: Callable[[int, int], None]
) -> list[SliceOutcome]:
    """The loop's result on every slice of the cases, with the marks of whole volumes."""
    traces = trace_cases(cases, loop, on_case)
    return marked_outcomes(traces, loop.settings, loop.quality.anatomy_rule)


def evaluate_images(case: Case, name: str, read: CaseImages, loop: Loop) -> list[SliceOutcome]:
    """The loop's result on every slice of a case; arguments as of :func:`trace_images`."""
    traces = trace_images(case, name, read, loop)
    return marked_outcomes(traces, loop.settings, loop.quality.anatomy_rule)
