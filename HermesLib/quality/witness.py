"""The image expert as a witness: what it says of a slice without having seen any mask."""

import torch

from HermesLib.neighbours import neighbourhood
from HermesLib.quality.core import QualityCore
from HermesLib.quality.familiarity import pooled_features
from HermesLib.quality.grid import Window, find_windows, from_grid, to_grid
from HermesLib.quality.image_expert import Findings

#: The closer view shows this share of the window's sides.
_CLOSER = 0.88


def image_only_map(core: QualityCore, images: torch.Tensor, windows: list[Window], mirror: bool) -> torch.Tensor:
    """Probability (B, H, W) of the organ from slices (B, C, H, W) alone: the mean over the window as it is, a closer one and, where
    anatomy allows, the mirrored one. Views that disagree leave a middling probability: that is the map's own doubt."""
    shape = (images.shape[-2], images.shape[-1])
    closer = [_closer(window) for window in windows]
    views = [_look(core, images, windows, shape), _look(core, images, closer, shape)]
    if mirror:
        turned = [Window(window.top, shape[1] - window.left - window.side, window.side) for window in windows]
        views.append(_look(core, images.flip(-1), turned, shape).flip(-1))
    return torch.stack(views).mean(0)


def look(core: QualityCore, images: torch.Tensor) -> Findings:
    """What the image expert finds in slices (B, C, H, W), in their windows as they are."""
    windows = find_windows(images, core.config.field)
    return core.image_expert.look(to_grid(neighbourhood(images, core.config.neighbours), windows, core.config.grid))


def slice_features(core: QualityCore, images: torch.Tensor) -> torch.Tensor:
    """The image expert's pooled features (B, c) of slices (B, C, H, W)."""
    return pooled_features(look(core, images).coarse)


def expected_dice(masks: torch.Tensor, probability: torch.Tensor) -> torch.Tensor:
    """Dice (B,) of masks (B, H, W, bool) and a truth of which only each pixel's probability (B, H, W) is known: the ratio of the
    expectations of overlap and size, close to the expectation of their ratio for more than a few pixels."""
    overlap = (probability * masks).flatten(1).sum(1)
    total = probability.flatten(1).sum(1) + masks.flatten(1).sum(1)
    return 2 * overlap / total.clamp(min=1e-6)


def highest_expected_dice(probability: torch.Tensor) -> torch.Tensor:
    """The highest expected Dice (B,) of any mask, given the probability map (B, H, W) alone.

    The best mask holds the pixels above some level (Lipton 2014, "Optimal thresholding of classifiers to maximize F1"), half of the best
    value itself; of a few levels one is close enough. The low ones are for maps that are sure of nothing.
    """
    levels = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5)
    return torch.stack([expected_dice(probability > level, probability) for level in levels]).amax(0)


def _closer(window: Window) -> Window:
    side = round(window.side * _CLOSER)
    return Window(window.top + (window.side - side) // 2, window.left + (window.side - side) // 2, side)


def _look(core: QualityCore, images: torch.Tensor, windows: list[Window], shape: tuple[int, int]) -> torch.Tensor:
    shown = to_grid(neighbourhood(images, core.config.neighbours), windows, core.config.grid)
    return from_grid(torch.sigmoid(core.image_expert.look(shown).organ), windows, shape)[:, 0]
