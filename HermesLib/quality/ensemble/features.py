"""What an ensemble's reading says of a slice and of a mask, as numbers with names.

Every number is a mean over the members (or over the context networks), so that it means the same
for one member, out of fold, as for all of them. Where members disagree, the mean of the Dice that
each of them expects is low.
"""

import torch

from HermesLib.quality.calibration import logit
from HermesLib.quality.ensemble.reading import ContextMaps, EnsembleReading
from HermesLib.quality.field_of_view import to_grid
from HermesLib.quality.organ_map import expected_dice

#: Log odds beyond this say no more.
_CERTAIN = 8.0


def presence_features(reading: EnsembleReading) -> dict[str, torch.Tensor]:
    """Evidence of the organ's presence, scalars.

    ``head``: log odds of the presence heads. ``area``: logarithm of the expected pixels of the
    organ. ``peak``: log odds of the organ's most certain pixel. ``context_head``,
    ``context_area``: the same of the context networks, where there are any.
    """
    organ = reading.organ.float()
    peak = organ.amax((1, 2)).clamp(1e-3, 1 - 1e-3)
    features = {
        "head": reading.presence.clamp(-_CERTAIN, _CERTAIN).mean(),
        "area": torch.log1p(organ.sum((1, 2))).mean(),
        "peak": torch.logit(peak).mean(),
    }
    if reading.context is not None:
        context = reading.context
        features["context_head"] = context.presence.clamp(-_CERTAIN, _CERTAIN).mean()
        features["context_area"] = torch.log1p(context.organ.float().sum((1, 2))).mean()
    return features


def mask_features(
    reading: EnsembleReading, masks: torch.Tensor, present: torch.Tensor
) -> dict[str, torch.Tensor]:
    """Evidence of the true Dice of masks (B, H, W, bool) of one slice, (B,) each.

    ``expected``: log odds of the Dice that the members' maps expect of the mask. ``overlap``: of
    the Dice of the mask and the members' outlines. ``size``: logarithm of the mask's pixels on the
    grid. ``presence``: log odds that the slice shows the organ, from the whole volume.
    ``context``: log odds of the Dice that the context networks' maps expect, where there are any.

    Args:
        reading: of the slice.
        masks: of the slice, on its own grid.
        present: () or (B,), probability that the slice shows the organ.
    """
    shares = reading.on_grid(masks)
    maps = reading.where.float()
    features = {
        "expected": logit(_expected(shares, maps)),
        "overlap": logit(_expected(shares, (maps > 0.5).float())),
        "size": torch.log1p(shares.flatten(1).sum(1)),
        "presence": logit(present.double().cpu(), 1e-3).expand(len(masks)),
    }
    if reading.context is not None:
        features["context"] = logit(_context_dice(reading.context, masks))
    return features


def _expected(shares: torch.Tensor, maps: torch.Tensor) -> torch.Tensor:
    """Expected Dice (B,) of masks, as shares (B, S, S) of pixels: the mean over maps (M, S, S)."""
    scores = expected_dice(shares, maps[:, None])
    return scores.clamp(0, 1).mean(0)


def _context_dice(context: ContextMaps, masks: torch.Tensor) -> torch.Tensor:
    """Expected Dice (B,) of masks by the context networks."""
    side = context.organ.shape[-1]
    windows = [context.window] * len(masks)
    shares = to_grid(masks[:, None].float().cpu(), windows, side)[:, 0]
    return _expected(shares, context.organ.float())
