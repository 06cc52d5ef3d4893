"""Scores of masks where mask or pGT is empty."""

import torch

from HermesLib.refinement.scoring import score_against, score_masks
from Testing.refinement.analytic import EmptyFor, organ, scene

IMAGES = scene()[None]
EMPTY = torch.zeros_like(organ())[None]


def test_an_empty_mask_scores_zero_against_an_earlier_pgt_even_an_empty_one():
    for pgt in (organ()[None], EMPTY):
        (score,) = score_against(pgt, EMPTY)
        assert (score.pdsc, score.pdsc_low, score.pdsc_high) == (0.0, 0.0, 0.0)


def test_an_empty_pgt_is_drawn_again_as_often_as_the_settings_say():
    for redraws in (1, 3):
        quality = EmptyFor(times=redraws)
        (score,) = score_masks(quality, quality.observe(IMAGES), organ()[None], [7], redraws)
        assert score.pdsc == 1.0 and len(quality.seeds) == redraws + 1
