"""Whole volumes, a few slices at a time; presence is decided first, along the whole volume."""

from collections.abc import Collection, Iterator, Sequence

import torch

from HermesLib.judges.protocol import Judge
from HermesLib.models.protocol import PromptableModel
from HermesLib.prompts.examples import most_examples
from HermesLib.prompts.types import Prompt
from HermesLib.quality.presence import contiguous_presence
from HermesLib.quality.protocol import Observation, QualityControl
from HermesLib.refinement.assess import assess_slices
from HermesLib.refinement.embeddings import Embeddings
from HermesLib.refinement.events import Iteration
from HermesLib.refinement.in_context import ExampleSources, refine_in_context
from HermesLib.refinement.order import middle_out
from HermesLib.refinement.refiner import Refiner
from HermesLib.refinement.settings import SLICES_AT_ONCE, RefinementSettings


def refine_volume(
    refiner: Refiner,
    slices: torch.Tensor | Observation,
    slice_indices: Sequence[int] | None = None,
    *,
    truth: torch.Tensor | None = None,
    initial_masks: torch.Tensor | None = None,
    first_prompt: Prompt | None = None,
    finished: Collection[int] = (),
    batch_size: int | None = None,
    device: torch.device | None = None,
    examples: ExampleSources | None = None,
    start: int | None = None,
) -> Iterator[Iteration]:
    """The events of :meth:`Refiner.refine` for any number of slices.

    Slices without the organ come first, as they cost nothing, then the others by their distance
    from the slice ``start`` (an index as in ``slice_indices``), which is by default the organ's
    middle. ``batch_size`` slices are refined at a time, and only these are moved to ``device``; by
    default one on a CPU, where more gain little. Observe the slices first
    (``refiner.quality.observe``) where the observation is needed before the first event; otherwise
    pass the slices. The slices ``finished`` (indices as in ``slice_indices``) are left out; the
    presence of the others is still decided along all. Where the strategy takes examples, accepted
    slices and ``examples`` are those of the slices that follow, from the middle and one at a time
    (:mod:`HermesLib.refinement.in_context`).
    """
    observation = slices if isinstance(slices, Observation) else refiner.quality.observe(slices)
    present = presence_along(observation, refiner.quality)
    indices = list(range(len(observation)) if slice_indices is None else slice_indices)
    if most_examples(refiner.strategy) is not None:
        yield from refine_in_context(
            refiner,
            observation,
            indices,
            present,
            examples or ExampleSources(),
            truth=truth,
            initial_masks=initial_masks,
            first_prompt=first_prompt,
            finished=finished,
            device=device,
        )
        return
    # A user's prompt implies that every slice shows the organ.
    shown = None if first_prompt is not None else present
    order = middle_out(indices, shown, refiner.quality.presence_rule, start)
    rows = [row for row in order if indices[row] not in finished]
    if not rows:
        return
    device = device or observation.images.device
    if batch_size is None:
        batch_size = 1 if device.type == "cpu" else SLICES_AT_ONCE
    yield from refiner.refine(
        observation.select(rows),
        [indices[row] for row in rows],
        truth=_rows(truth, rows),
        initial_masks=_rows(initial_masks, rows),
        first_prompt=first_prompt,
        present=_rows(present, rows),
        at_once=batch_size,
        device=device,
    )


def assess_volume(
    quality: QualityControl,
    settings: RefinementSettings,
    slices: torch.Tensor | Observation,
    masks: torch.Tensor,
    slice_indices: Sequence[int] | None = None,
    *,
    truth: torch.Tensor | None = None,
    finished: Collection[int] = (),
    batch_size: int = SLICES_AT_ONCE,
    device: torch.device | None = None,
    judge: Judge | None = None,
    model: PromptableModel | None = None,
    embeddings: Embeddings | None = None,
) -> Iterator[Iteration]:
    """The events of :func:`assess_slices` for any number of slices, ``batch_size`` of them at a
    time and without those that are ``finished``; see :func:`refine_volume`.
    """
    observation = slices if isinstance(slices, Observation) else quality.observe(slices)
    present = presence_along(observation, quality)
    indices = list(range(len(observation)) if slice_indices is None else slice_indices)
    left = [row for row, index in enumerate(indices) if index not in finished]
    for begin in range(0, len(left), batch_size):
        part = left[begin : begin + batch_size]
        yield from assess_slices(
            quality,
            settings,
            observation.select(part).to(device),
            masks[part],
            [indices[row] for row in part],
            truth=_rows(truth, part),
            present=_rows(present, part),
            judge=judge,
            model=model,
            embeddings=embeddings,
        )


def presence_along(observation: Observation, quality: QualityControl) -> torch.Tensor | None:
    """Probability (N,) that each observed slice shows the organ, from all slices of the volume.

    See :func:`HermesLib.quality.presence.contiguous_presence`. None where the QC does not know.
    """
    if observation.present is not None or observation.presence is None:
        return observation.present
    log_odds = observation.presence.double().numpy()
    return torch.from_numpy(contiguous_presence(log_odds, quality.presence_rule.weight)).float()


def _rows(values: torch.Tensor | None, part: list[int]) -> torch.Tensor | None:
    return None if values is None else values[part]
