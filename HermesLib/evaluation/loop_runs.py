"""The loop on slices with a known truth, iteration by iteration. A run at one threshold holds those at all lower ones, and those that are
given up sooner: nothing in an iteration depends on when the loop will stop."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from HermesLib.evaluation.cases import Case, read_whole
from HermesLib.evaluation.loop_metrics import SliceOutcome
from HermesLib.metrics.overlap import dice
from HermesLib.models.protocol import PromptableModel
from HermesLib.presets.preset import Preset
from HermesLib.prompts.registry import strategy_for
from HermesLib.quality.protocol import QualityControl
from HermesLib.refinement.events import Iteration, Status
from HermesLib.refinement.history import result_iteration
from HermesLib.refinement.refiner import Refiner
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.refinement.stopping import StoppingRule
from HermesLib.refinement.volume import refine_volume


@dataclass(frozen=True)
class Step:
    """One iteration: the judge's word and the highest it would give, true Dice of mask and pGT, pixels of the mask and of what it has in common
    with the truth."""

    pdsc: float
    ceiling: float
    dsc: float
    pgt_dsc: float
    drawn: int
    common: int


@dataclass(frozen=True)
class Trace:
    """One slice: whose, in which file, which one; how the run ended; the probability that it shows the organ, the organ's true pixels, and
    its iterations."""

    patient: str
    case: str
    index: int
    status: str
    present: float
    organ: int
    steps: tuple[Step, ...]


def trace_cases(
    cases: Sequence[Case],
    preset: Preset,
    model: PromptableModel,
    quality: QualityControl,
    prompt: str,
    settings: RefinementSettings,
    device: torch.device,
    on_case: Callable[[int, int], None],
    only_with_organ: bool = False,
) -> list[Trace]:
    """Run the loop on whole volumes, each at its own grid; on lone slices, one by one. ``only_with_organ``: leave out slices without it."""
    refiner = Refiner(model, quality, strategy=strategy_for(prompt), settings=settings)
    traces = []
    for number, case in enumerate(cases):
        images, truth = read_whole(case, preset)
        shown = (
            truth.flatten(1).any(1) if only_with_organ else torch.ones(len(truth), dtype=torch.bool)
        )
        indices = torch.nonzero(shown).flatten().tolist()
        steps: dict[int, list[Step]] = {}
        for event in refine_volume(
            refiner, images[shown], indices, truth=truth[shown], device=device
        ):
            true = truth[event.slice_index].numpy()
            known = steps.setdefault(event.slice_index, [])
            known.append(_step(event, true))
            if event.status is not None:
                name, organ = case.image.name.split(".")[0], int(true.sum())
                traces.append(
                    Trace(
                        case.patient,
                        name,
                        event.slice_index,
                        str(event.status),
                        event.present,
                        organ,
                        tuple(known),
                    )
                )
        on_case(number + 1, len(cases))
    # The slices of a batch do not end in their order.
    order = {case.image.name.split(".")[0]: number for number, case in enumerate(cases)}
    return sorted(traces, key=lambda one: (order[one.case], one.index))


def _step(event: Iteration, true: np.ndarray) -> Step:
    drawn, common = int(event.mask.sum()), int((event.mask & true).sum())
    return Step(
        event.pdsc,
        event.ceiling,
        float(event.dsc or 0.0),
        dice(event.pgt, true),
        drawn,
        common,
    )


def replay(trace: Trace, settings: RefinementSettings) -> SliceOutcome:
    """What the loop would have made of the slice with other settings of when to stop and what to keep.

    Raises:
        ValueError: the run behind the trace stopped sooner than these settings would.
    """
    end, status = len(trace.steps) - 1, trace.status
    if status != Status.ABSENT:
        end, status = _end(trace, settings)
    steps = trace.steps[: end + 1]
    best = steps[result_iteration([step.pdsc for step in steps], settings.keep)]
    return SliceOutcome(
        trace.patient,
        trace.case,
        trace.index,
        status,
        end,
        steps[0].dsc,
        best.dsc,
        best.pgt_dsc,
        best.pdsc,
        trace.present,
        trace.organ,
        best.drawn,
        best.common,
    )


def _end(trace: Trace, settings: RefinementSettings) -> tuple[int, str]:
    progress, last = StoppingRule(settings), len(trace.steps) - 1
    for index, step in enumerate(trace.steps):
        if index == last and trace.status == Status.FAILED:
            return index, Status.FAILED
        status = progress.after(index, step.pdsc, step.ceiling)
        if status is not None:
            return index, status
    raise ValueError(
        f"the run on slice {trace.index} of {trace.case} stopped sooner than these settings would"
    )


def evaluate_loop(
    cases: Sequence[Case],
    preset: Preset,
    model: PromptableModel,
    quality: QualityControl,
    prompt: str,
    settings: RefinementSettings,
    device: torch.device,
    on_case: Callable[[int, int], None],
) -> list[SliceOutcome]:
    """What the loop makes of every slice of the cases."""
    return [
        replay(one, settings)
        for one in trace_cases(cases, preset, model, quality, prompt, settings, device, on_case)
    ]
