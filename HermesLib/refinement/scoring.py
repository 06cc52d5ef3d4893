"""Asking the quality control, and what becomes of empty pGTs and of scores where there is nothing to compare."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch

from HermesLib.metrics.overlap import dice_batch
from HermesLib.quality.protocol import Assessment, QualityControl

#: A slice whose probability of showing the organ is lower is taken to show none.
PRESENT = 0.5


@dataclass(frozen=True)
class Score:
    """The judge's word on B masks, beside the guide's pGT.

    Attributes:
        pgt: (B, H, W) probability, the guide's.
        pdsc, pdsc_low, pdsc_high, present, ceiling: (B,), the judge's.
        empty: (B,) bool, the guide's pGT stayed empty however often it was drawn: there is nothing to prompt with.
    """

    pgt: torch.Tensor
    pdsc: torch.Tensor
    pdsc_low: torch.Tensor
    pdsc_high: torch.Tensor
    present: torch.Tensor
    ceiling: torch.Tensor
    empty: torch.Tensor


@torch.inference_mode()
def score(
    guide: QualityControl,
    judge: QualityControl,
    images: torch.Tensor,
    masks: torch.Tensor,
    seeds: Sequence[int],
    redraws: int,
    prompted: bool = False,
    present: torch.Tensor | None = None,
) -> Score:
    """Assess masks (B, H, W, bool) of slices (B, C, H, W); an empty pGT is drawn again up to ``redraws`` times.

    ``prompted``: the guide's pGT has drawn the masks' prompts. ``present`` (B,) stands in for what the judge says of the slices' presence,
    where more is known than a slice itself tells. The Dice of two empty masks is 1 as a metric but says nothing here, so an
    empty mask or an empty pGT of the judge scores 0: neither can ever be accepted.
    """
    guidance = assess_nonempty(guide, images, masks, seeds, redraws, prompted, present)
    verdict = (
        guidance
        if judge is guide
        else assess_nonempty(judge, images, masks, seeds, redraws, prompted, present)
    )
    comparable = _any_pixel(masks) & _any_pixel(verdict.pgt > 0.5)
    return Score(
        guidance.pgt,
        torch.where(comparable, verdict.pdsc, 0.0),
        torch.where(comparable, verdict.pdsc_low, 0.0),
        torch.where(comparable, verdict.pdsc_high, 0.0),
        verdict.present,
        verdict.ceiling,
        ~_any_pixel(guidance.pgt > 0.5),
    )


def score_against(pgt: torch.Tensor, masks: torch.Tensor) -> Score:
    """Score masks (B, H, W, bool) by their plain Dice with pGTs (B, H, W, probability) drawn earlier.

    Such a score has no range, and it says nothing new about whether the organ is there.
    """
    drawn = pgt > 0.5
    pdsc = torch.where(_any_pixel(masks) & _any_pixel(drawn), dice_batch(masks, drawn), 0.0)
    one = torch.ones_like(pdsc)
    return Score(pgt, pdsc, pdsc, pdsc, one, one, ~_any_pixel(drawn))


def assess_nonempty(
    quality: QualityControl,
    images: torch.Tensor,
    masks: torch.Tensor,
    seeds: Sequence[int],
    redraws: int,
    prompted: bool = False,
    present: torch.Tensor | None = None,
) -> Assessment:
    """One assessment a slice; those whose pGT is empty are drawn again from other seeds, up to ``redraws`` times.

    A slice that probably does not show the organ is not drawn again: there an empty pGT is the right answer.
    """
    answer = ask(quality, images, masks, seeds, prompted)
    parts = {
        name: getattr(answer, name).to(images.device, copy=True)
        for name in (part.name for part in fields(Assessment))
    }
    if present is not None:
        parts["present"] = present.to(images.device, parts["present"].dtype)
    for attempt in range(1, redraws + 1):
        empty = ~_any_pixel(parts["pgt"] > 0.5) & (parts["present"] >= PRESENT)
        chosen = torch.nonzero(empty).flatten()
        if not len(chosen):
            break
        other_seeds = [_other_seed(seeds[k], attempt) for k in chosen.tolist()]
        again = ask(quality, images[chosen], masks[chosen], other_seeds, prompted)
        for name, values in parts.items():
            if name == "present":
                continue  # nothing that a new pGT would change
            values[chosen] = getattr(again, name).to(images.device)
    return Assessment(**parts)


def ask(
    quality: QualityControl,
    images: torch.Tensor,
    masks: torch.Tensor,
    seeds: Sequence[int],
    prompted: bool = False,
) -> Assessment:
    """One assessment of all slices on an accelerator; on a CPU slice by slice.

    Matrix products of another size add up in another order, so the last bits of a slice's answer would depend on who else is in
    the batch, and slices that are done leave it. On a CPU, where a batch gains little, results are the same bit for bit.
    """
    if images.device.type != "cpu":
        return quality.assess(images, masks, seeds, prompted)
    answers = [
        quality.assess(images[k : k + 1], masks[k : k + 1], seeds[k : k + 1], prompted)
        for k in range(len(images))
    ]
    return Assessment(
        *(
            torch.cat([getattr(answer, part.name) for answer in answers])
            for part in fields(Assessment)
        )
    )


def _any_pixel(masks: torch.Tensor) -> torch.Tensor:
    return masks.flatten(1).any(1)


def _other_seed(seed: int, attempt: int) -> int:
    return int(np.random.SeedSequence([seed, attempt]).generate_state(1)[0])
