"""The image expert as a witness: what it says of a slice without having seen any mask."""

import hashlib
from collections import OrderedDict

import torch

from HermesLib.io.neighbours import neighbourhood
from HermesLib.quality.field_of_view import Window, find_windows, from_grid, to_grid
from HermesLib.quality.network.core import QualityCore
from HermesLib.quality.network.image_expert import ImageFeatures
from HermesLib.quality.ood import pooled_features

#: The closer view shows this share of the window's sides.
_CLOSER = 0.88


#: Log odds beyond this are as good as sure.
_SURE = 1e-4


class OrganMapPredictor:
    """The image expert's maps of slices with their neighbours' in them; the last slices' maps are remembered.

    Where the core's ``through_plane`` is above 0, the log odds of either neighbour have that share in a slice's map. Along a volume, and
    along the iterations of a refinement, the same slices come again and again: each is looked at once.
    """

    #: Maps remembered: those of a batch of slices and their neighbours, some 40 MB at 512 x 512.
    KEPT = 32

    def __init__(self, core: QualityCore):
        self._core = core
        self._maps: OrderedDict[bytes, torch.Tensor] = OrderedDict()

    @torch.inference_mode()
    def map(self, images: torch.Tensor) -> torch.Tensor:
        """Probability (B, H, W) of the organ from slices (B, C, H, W), each in the middle of its neighbours."""
        images = images.to(self._core.shares.device)
        share = self._core.config.through_plane
        found = []
        for image in images:
            own = self._of(image, 0)
            if share > 0:
                sides = [self._of(image, step).logit(_SURE) for step in (-1, 1)]
                own = torch.sigmoid(
                    (1 - 2 * share) * own.logit(_SURE) + share * (sides[0] + sides[1])
                )
            found.append(own)
        return torch.stack(found)

    def _of(self, image: torch.Tensor, step: int) -> torch.Tensor:
        """The map (H, W) of the slice ``step`` channels from the middle of ``image`` (C, H, W), or of the outermost."""
        config, last = self._core.config, len(image) - 1
        middle = len(image) // 2 + step
        reach = range(middle - config.neighbours, middle + config.neighbours + 1)
        seen = image[[min(max(channel, 0), last) for channel in reach]]
        key = hashlib.blake2b(
            seen.cpu().numpy().tobytes() + repr((tuple(seen.shape), config.mirror)).encode()
        ).digest()
        if key not in self._maps:
            # Slice by slice: the last bits of a map must not depend on which other slices are looked at with it.
            windows = find_windows(seen[None], config.field)
            self._maps[key] = image_only_map(self._core, seen[None], windows, config.mirror)[0]
            if len(self._maps) > self.KEPT:
                self._maps.popitem(last=False)
        self._maps.move_to_end(key)
        return self._maps[key]


def image_only_map(
    core: QualityCore, images: torch.Tensor, windows: list[Window], mirror: bool
) -> torch.Tensor:
    """Probability (B, H, W) of the organ from slices (B, C, H, W) alone: the mean over the window as it is, a closer one and, where
    anatomy allows, the mirrored one. Views that disagree leave a middling probability: that is the map's own doubt."""
    shape = (images.shape[-2], images.shape[-1])
    closer = [_closer(window) for window in windows]
    views = [_look(core, images, windows, shape), _look(core, images, closer, shape)]
    if mirror:
        turned = [
            Window(window.top, shape[1] - window.left - window.side, window.side)
            for window in windows
        ]
        views.append(_look(core, images.flip(-1), turned, shape).flip(-1))
    return torch.stack(views).mean(0)


def look(core: QualityCore, images: torch.Tensor) -> ImageFeatures:
    """What the image expert finds in slices (B, C, H, W), in their windows as they are."""
    windows = find_windows(images, core.config.field)
    return core.image_expert.look(
        to_grid(neighbourhood(images, core.config.neighbours), windows, core.config.grid)
    )


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
    return torch.stack([expected_dice(probability > level, probability) for level in levels]).amax(
        0
    )


def _closer(window: Window) -> Window:
    side = round(window.side * _CLOSER)
    return Window(
        window.top + (window.side - side) // 2, window.left + (window.side - side) // 2, side
    )


def _look(
    core: QualityCore, images: torch.Tensor, windows: list[Window], shape: tuple[int, int]
) -> torch.Tensor:
    shown = to_grid(neighbourhood(images, core.config.neighbours), windows, core.config.grid)
    return from_grid(torch.sigmoid(core.image_expert.look(shown).organ), windows, shape)[:, 0]
