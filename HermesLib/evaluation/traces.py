"""The loop's iterations on slices with a known truth, and what they come to with other settings.

A run at one threshold contains the runs at all lower thresholds and with less patience: nothing in
an iteration depends on when the loop will stop.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from HermesLib.evaluation.cases import Case, CaseImages
from HermesLib.evaluation.loop_metrics import SliceOutcome
from HermesLib.metrics.overlap import dice
from HermesLib.quality.anatomy import AnatomyRule
from HermesLib.quality.protocol import Observation
from HermesLib.refinement.events import Iteration, Status
from HermesLib.refinement.history import PackedArray, result_iteration
from HermesLib.refinement.marks import FinalSlice, Grid, common_with_next, volume_marks
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.refinement.stopping import StoppingRule


@dataclass(frozen=True)
class Step:
    """One iteration.

    Attributes:
        pdsc, ceiling: the score and the highest score that any mask could get.
        dsc, pgt_dsc: true Dice of mask and pGT.
        drawn, common: pixels of the mask, and of mask and truth.
        mask: compressed; None where the masks are not kept. No outline is then seen to jump.
    """

    pdsc: float
    ceiling: float
    dsc: float
    pgt_dsc: float
    drawn: int
    common: int
    mask: PackedArray | None = None


@dataclass(frozen=True)
class Trace:
    """The iterations of one slice.

    Attributes:
        patient, case, index: patient, name of the case
            (:func:`HermesLib.evaluation.cases.case_names`) and slice.
        status: how the run ended.
        present: probability that the slice shows the organ.
        organ: pixels of the truth.
        steps: the iterations.
        position, area_mm2: as of :class:`HermesLib.evaluation.loop_metrics.SliceOutcome`.
        borderline, out_of_distribution: what the quality control says of the slice.
        grid: size of the voxels; None for a lone slice.
    """

    patient: str
    case: str
    index: int
    status: str
    present: float
    organ: int
    steps: tuple[Step, ...]
    position: float | None = None
    area_mm2: float = 0.0
    borderline: bool = False
    out_of_distribution: bool | None = None
    grid: Grid | None = None


def gather_traces(
    case: Case,
    name: str,
    read: CaseImages,
    observation: Observation,
    events: Iterable[Iteration],
) -> list[Trace]:
    """The traces of a case's slices, in their order.

    Args:
        case: gives the patient.
        name: of the case.
        read: the images and their truth.
        observation: of all slices.
        events: with the true Dice.
    """
    places = positions(read.truth.flatten(1).any(1).numpy())
    unfamiliar = observation.out_of_distribution
    steps: dict[int, list[Step]] = {}
    traces = []
    for event in events:
        index = event.slice_index
        true = read.truth[index].numpy()
        steps.setdefault(index, []).append(_step(event, true))
        if event.status is None:
            continue
        traces.append(
            Trace(
                patient=case.patient,
                case=name,
                index=index,
                status=str(event.status),
                # As the quality control finds it: reports do not state more than patients justify.
                present=(
                    event.present
                    if observation.present is None
                    else float(observation.present[index])
                ),
                organ=int(true.sum()),
                steps=tuple(steps[index]),
                position=places.get(index),
                area_mm2=float(true.sum() * read.pixel_area),
                borderline=event.borderline,
                out_of_distribution=None if unfamiliar is None else bool(unfamiliar[index]),
                grid=Grid(read.pixel_area, read.thickness or 0.0),
            )
        )
    # The slices of a batch do not end in their order.
    return sorted(traces, key=lambda trace: trace.index)


def positions(with_organ: np.ndarray) -> dict[int, float]:
    """Place along the organ, 0..1, of every slice with it (N, bool); empty for a lone slice."""
    indices = np.flatnonzero(with_organ)
    if len(with_organ) < 2 or not len(indices):
        return {}
    length = max(int(indices[-1] - indices[0]), 1)
    return {int(index): float(index - indices[0]) / length for index in indices}


def _step(event: Iteration, true: np.ndarray) -> Step:
    return Step(
        pdsc=event.pdsc,
        ceiling=event.ceiling,
        dsc=float(event.dsc or 0.0),
        pgt_dsc=dice(event.pgt, true),
        drawn=int(event.mask.sum()),
        common=int((event.mask & true).sum()),
        mask=PackedArray.of(event.mask),
    )


def replay(trace: Trace, settings: RefinementSettings) -> SliceOutcome:
    """The loop's result on the slice with other settings of when to stop and what to keep.

    Raises:
        ValueError: the run behind the trace stopped before these settings would.
    """
    end = len(trace.steps) - 1
    status = trace.status
    if status != Status.ABSENT:
        end, status = _end(trace, settings)
    steps = trace.steps[: end + 1]
    best = result_iteration([step.pdsc for step in steps], settings.keep)
    result = steps[best]
    return SliceOutcome(
        patient=trace.patient,
        case=trace.case,
        index=trace.index,
        status=status,
        calls=end,
        first_dsc=steps[0].dsc,
        final_dsc=result.dsc,
        pgt_dsc=result.pgt_dsc,
        pdsc=result.pdsc,
        present=trace.present,
        organ=trace.organ,
        drawn=result.drawn,
        common=result.common,
        position=trace.position,
        area_mm2=trace.area_mm2,
        best=best,
    )


def _end(trace: Trace, settings: RefinementSettings) -> tuple[int, str]:
    """The last iteration with these settings, and the status there."""
    rule = StoppingRule(settings, trusted=not trace.out_of_distribution)
    last = len(trace.steps) - 1
    for index, step in enumerate(trace.steps):
        if index == last and trace.status == Status.FAILED:
            return index, Status.FAILED
        status = rule.after(index, step.pdsc, step.ceiling)
        if status is not None:
            return index, status
    raise ValueError(
        f"the run on slice {trace.index} of {trace.case} stopped before these settings would"
    )


def marked_outcomes(
    traces: Sequence[Trace], settings: RefinementSettings, rule: AnatomyRule
) -> list[SliceOutcome]:
    """The results of traces, with the marks of whole volumes."""
    return with_marks([replay(trace, settings) for trace in traces], traces, rule)


def with_marks(
    outcomes: Sequence[SliceOutcome], traces: Sequence[Trace], rule: AnatomyRule
) -> list[SliceOutcome]:
    """Outcomes of traces, in the same order, with the marks that the product gives."""
    marked = []
    for _, group in groupby(zip(outcomes, traces, strict=True), lambda pair: pair[1].case):
        pairs = list(group)
        grid = pairs[0][1].grid or Grid(1.0, 0.0)
        masks = {outcome.index: trace.steps[outcome.best].mask for outcome, trace in pairs}
        common = common_with_next({k: mask for k, mask in masks.items() if mask is not None})
        slices = [
            FinalSlice(
                outcome.index,
                Status(outcome.status),
                outcome.drawn * grid.pixel_mm2,
                trace.borderline,
                trace.out_of_distribution,
                common.get(outcome.index),
            )
            for outcome, trace in pairs
        ]
        marks = volume_marks(slices, grid.thickness, rule)
        marked += [
            replace(outcome, marks=tuple(str(mark) for mark in marks[outcome.index]))
            for outcome, _ in pairs
        ]
    return marked
