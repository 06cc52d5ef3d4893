"""The Dice that an organ map, a probability per pixel, predicts for masks."""

import torch

#: Levels tried by :func:`highest_expected_dice`; the low ones are for maps that are confident
#: nowhere.
_LEVELS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5)


def expected_dice(masks: torch.Tensor, probability: torch.Tensor) -> torch.Tensor:
    """The expected Dice (B,) of masks (B, H, W, bool), given an organ map (B, H, W).

    The ratio of the expectations of overlap and size: close to the expectation of the ratio for
    more than a few pixels. Of every mask with each of several maps (M, 1, H, W), it is (M, B).
    """
    overlap = (probability * masks).flatten(-2).sum(-1)
    total = probability.flatten(-2).sum(-1) + masks.flatten(-2).sum(-1)
    return 2 * overlap / total.clamp(min=1e-6)


def highest_expected_dice(probability: torch.Tensor) -> torch.Tensor:
    """The highest expected Dice (B,) of any mask, given the organ map (B, H, W) alone.

    The best mask consists of the pixels above some level, which is half of the best value itself
    (Lipton 2014, "Optimal thresholding of classifiers to maximize F1"); the best of a few levels is
    close enough.
    """
    candidates = [expected_dice(probability > level, probability) for level in _LEVELS]
    return torch.stack(candidates).amax(0)
