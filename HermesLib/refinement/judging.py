"""Scores by a judge, in place of those of the quality control."""

from collections.abc import Sequence
from dataclasses import replace

import torch

from HermesLib.judges.protocol import Judge, Judged
from HermesLib.quality.protocol import QualityControl
from HermesLib.refinement.scoring import SliceScore


def judged_scores(
    judge: Judge, scores: Sequence[SliceScore], judged: Judged, *, draw_expected: bool = False
) -> list[SliceScore]:
    """The scores of masks with the judge's estimate; an empty mask or pGT keeps its score of 0.

    One mask after the other: a slice's result must not depend on which others are with it.

    Args:
        judge: the judge.
        scores: by the quality control or the guide.
        judged: the masks of all slices; empty ones are left out here.
        draw_expected: whether the judge's own outline, if it draws one, takes the place of the pGT.
    """
    result = []
    for row, score in enumerate(scores):
        if not bool(judged.masks[row].any()) or not score.pgt.any():
            result.append(score)
            continue
        (estimate,) = judge.judge(judged.select(row))
        pgt = score.pgt
        if draw_expected and estimate.expected is not None:
            pgt = estimate.expected
        result.append(
            replace(
                score,
                pgt=pgt,
                pdsc=estimate.value,
                pdsc_low=estimate.low,
                pdsc_high=estimate.high,
                ceiling=1.0,
            )
        )
    return result


def may_accept(quality: QualityControl, judge: Judge | None) -> bool:
    """Whether a score at the threshold accepts a slice.

    Agreement with a guide, and a judge's estimate without calibration, accept nothing: a mask that
    was prompted by a wrong guide agrees with it. Such slices end ``stopped``, for a reader.
    """
    score = quality.score if judge is None else judge.score
    return score in ("raw", "calibrated")


def pgt_of(scores: Sequence[SliceScore]) -> torch.Tensor:
    """The pGTs (B, H, W, bool) of scores, as a judge takes them."""
    return torch.stack([torch.from_numpy(score.pgt) for score in scores])
