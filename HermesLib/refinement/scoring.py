"""Scores of masks: the QC's assessment, and the rules for empty masks and absent organs."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import partial

import numpy as np
import torch

from HermesLib.metrics.overlap import dice_batch
from HermesLib.prompts.examples import follows_from_results
from HermesLib.prompts.types import Prompt
from HermesLib.quality.protocol import Assessment, Evidence, Observation, QualityControl
from HermesLib.refinement.events import Spread

#: Probabilities between which a pixel is in doubt.
_SPREAD = (0.1, 0.9)


@dataclass(frozen=True, eq=False)
class SliceScore:
    """The score of one slice's mask, as plain numbers.

    Attributes:
        pgt: (H, W) bool.
        pdsc, pdsc_low, pdsc_high: the estimate of the true Dice and its range.
        present: probability that the slice shows the organ.
        ceiling: the highest pDSC that any mask of the slice could get.
        spread: of the pGT; None where it is not known.
    """

    pgt: np.ndarray
    pdsc: float
    pdsc_low: float
    pdsc_high: float
    present: float
    ceiling: float = 1.0
    spread: Spread | None = None

    @classmethod
    def without_mask(cls, shape: tuple[int, int], present: float) -> "SliceScore":
        """The score of an empty mask on a slice (rows, columns) that probably shows no organ."""
        return cls(np.zeros(shape, bool), 0.0, 0.0, 0.0, present).where_absent(mask_is_empty=True)

    def where_absent(self, *, mask_is_empty: bool) -> "SliceScore":
        """The score on a slice that probably does not show the organ: the expected Dice.

        Without the organ an empty mask has a true Dice of 1 and any other mask 0. With it, an empty
        mask has 0.
        """
        if mask_is_empty:
            return replace(self, pdsc=1.0 - self.present, pdsc_low=0.0, pdsc_high=1.0)
        return replace(self, pdsc=self.present * self.pdsc, pdsc_low=0.0)


def evidence_of(iteration: int, prompts: Sequence[Prompt | None]) -> Evidence:
    """Where the masks of an iteration come from.

    A refined prompt follows from the pGT; a first one does where it holds results of other slices.
    """
    derived = iteration > 0 or any(map(follows_from_results, prompts))
    return "prompted" if derived else "independent"


def score_masks(
    quality: QualityControl,
    observation: Observation,
    masks: torch.Tensor,
    seeds: Sequence[int],
    redraws: int,
    evidence: Evidence = "independent",
    present: torch.Tensor | None = None,
    *,
    together: bool = False,
) -> list[SliceScore]:
    """Assess masks (B, H, W, bool) of observed slices, one score a slice.

    The Dice of two empty masks is 1 as a metric but means nothing here, so an empty mask or an
    empty pGT scores 0: neither can ever be accepted.

    Args:
        quality: the QC that made the observation.
        observation: of the slices.
        masks: one a slice.
        seeds: one a slice.
        redraws: how often an empty pGT is drawn again from another seed.
        evidence: where the masks come from.
        present: (B,) probability of the organ in place of the QC's own for the single slice.
        together: assess all slices in one call, on a CPU too.
    """
    assessment = assess_nonempty(
        quality, observation, masks, seeds, redraws, evidence, present, together=together
    )
    possible, certain = (assessment.pgt > probability for probability in _SPREAD)
    pgt = assessment.pgt > 0.5
    comparable = any_pixel(masks.to(pgt.device)) & any_pixel(pgt)
    maps, numbers = _on_cpu(
        (pgt, certain, possible),
        torch.where(comparable, assessment.pdsc, 0.0),
        torch.where(comparable, assessment.pdsc_low, 0.0),
        torch.where(comparable, assessment.pdsc_high, 0.0),
        assessment.present,
        assessment.ceiling,
    )
    return [
        replace(SliceScore(own, *row), spread=Spread(*sides))
        for own, *sides, row in zip(*maps, numbers, strict=True)
    ]


def score_against(pgt: torch.Tensor, masks: torch.Tensor) -> list[SliceScore]:
    """Score masks (B, H, W, bool) by their plain Dice with earlier pGTs (B, H, W, bool).

    Such a score has no range, and adds nothing about the presence of the organ.
    """
    pdsc = torch.where(any_pixel(masks) & any_pixel(pgt), dice_batch(masks, pgt), 0.0)
    ones = torch.ones_like(pdsc)
    maps, numbers = _on_cpu((pgt,), pdsc, pdsc, pdsc, ones, ones)
    return [SliceScore(own, *row) for own, row in zip(*maps, numbers, strict=True)]


def assess_nonempty(
    quality: QualityControl,
    observation: Observation,
    masks: torch.Tensor,
    seeds: Sequence[int],
    redraws: int,
    evidence: Evidence = "independent",
    present: torch.Tensor | None = None,
    *,
    together: bool = False,
) -> Assessment:
    """Assess masks; an empty pGT is drawn again from another seed, up to ``redraws`` times.

    A slice that probably does not show the organ is not drawn again: there an empty pGT is correct.
    Arguments as in :func:`score_masks`.
    """
    assess = quality.assess if together else partial(assess_slicewise, quality)
    assessment = assess(observation, masks, seeds, evidence)
    values = {field.name: getattr(assessment, field.name).clone() for field in fields(Assessment)}
    if present is not None:
        values["present"] = present.to(values["present"])
    for attempt in range(1, redraws + 1):
        empty = ~any_pixel(values["pgt"] > 0.5) & (
            values["present"] >= quality.presence_rule.shown_from
        )
        rows = [row for row, is_empty in enumerate(empty.tolist()) if is_empty]
        if not rows:
            break
        other_seeds = [_other_seed(seeds[row], attempt) for row in rows]
        redrawn = assess(observation.select(rows), masks[rows], other_seeds, evidence)
        for name in values.keys() - {"present"}:  # which does not depend on the pGT
            values[name][rows] = getattr(redrawn, name)
    return Assessment(**values)


def assess_slicewise(
    quality: QualityControl,
    observation: Observation,
    masks: torch.Tensor,
    seeds: Sequence[int],
    evidence: Evidence = "independent",
) -> Assessment:
    """Assess all slices together on an accelerator, and one by one on a CPU.

    Matrix products of another size add up in another order, so the last bits of a slice's result
    would depend on which other slices are in the batch, and finished slices leave it. On a CPU,
    where a batch gains little, results are the same bit for bit.
    """
    if observation.images.device.type != "cpu":
        return quality.assess(observation, masks, seeds, evidence)
    parts = [
        quality.assess(observation.select([row]), masks[row : row + 1], [seed], evidence)
        for row, seed in enumerate(seeds)
    ]
    return Assessment(
        **{
            field.name: torch.cat([getattr(part, field.name) for part in parts])
            for field in fields(Assessment)
        }
    )


def any_pixel(masks: torch.Tensor) -> torch.Tensor:
    """Which of the masks (B, H, W, bool) are not empty, (B,) bool."""
    return masks.flatten(1).any(1)


def _on_cpu(
    maps: Sequence[torch.Tensor], *numbers: torch.Tensor
) -> tuple[np.ndarray, list[list[float]]]:
    """Maps (B, H, W, bool) as one array of each, and the numbers (B,) of each slice in their order.

    One copy each: every copy makes the processor wait for a GPU.
    """
    together = torch.stack([values.double() for values in numbers], 1)
    return torch.stack(list(maps)).cpu().numpy(), together.tolist()


def _other_seed(seed: int, attempt: int) -> int:
    return int(np.random.SeedSequence([seed, attempt]).generate_state(1)[0])
