"""MIDeepSeg (Luo et al. 2021): clicks, a geodesic distance map, a small UNet, and graph cuts.

Its authors call it patented and not for clinical or commercial use; the registry has the notice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy import ndimage

from HermesLib.metrics import components
from HermesLib.models.mideepseg.geodesic import geodesic_distance, graph_cut
from HermesLib.models.mideepseg.network import MideepsegUNet
from HermesLib.models.protocol import Embedding, Memory, Prediction
from HermesLib.models.registry import prompt_kind
from HermesLib.prompts.clicks import Clicks
from HermesLib.prompts.types import Prompt
from HermesLib.weights.checkpoint import Checkpoint

#: Official numbers: a click's radius and the crop's margin in pixels, and the input's side.
CLICK_RADIUS = 2
MARGIN = 5
SIDE = 96
#: Larger crops are cut on a grid of this side, so that a refinement takes a fraction of a second.
_LARGEST_CUT = 192


@dataclass(frozen=True)
class Crop:
    """Rows ``top:bottom`` and columns ``left:right`` of a slice."""

    top: int
    left: int
    bottom: int
    right: int

    def of(self, image: np.ndarray) -> np.ndarray:
        """That part of an image (H, W), as a view."""
        return image[self.top : self.bottom, self.left : self.right]


@dataclass(frozen=True, eq=False)
class _FirstStage:
    """A slice's clicks (N, 2) in the first stage and its result (H, W), float32 of 0 and 1."""

    clicks: np.ndarray
    result: np.ndarray


def dilated_clicks(points: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Discs (H, W, bool) of the clicks' radius around points (N, 2) of (x, y)."""
    seeds = np.zeros(shape, bool)
    if len(points) == 0:
        return seeds
    x, y = np.asarray(points, dtype=np.int64).T
    seeds[y.clip(0, shape[0] - 1), x.clip(0, shape[1] - 1)] = True
    return ndimage.distance_transform_edt(~seeds) <= CLICK_RADIUS


def crop_around(seeds: np.ndarray, margin: int = MARGIN) -> Crop:
    """Bounding box of seeds (H, W, bool), ``margin`` pixels wider, clipped to the slice."""
    rows, columns = np.nonzero(seeds)
    return Crop(
        max(int(rows.min()) - margin, 0),
        max(int(columns.min()) - margin, 0),
        min(int(rows.max()) + margin + 1, seeds.shape[0]),
        min(int(columns.max()) + margin + 1, seeds.shape[1]),
    )


def _resize(image: np.ndarray, shape: tuple[int, int], order: int) -> np.ndarray:
    factors = (shape[0] / image.shape[0], shape[1] / image.shape[1])
    return ndimage.zoom(image, factors, order=order, grid_mode=True, mode="nearest")


def _to_unit(image: np.ndarray) -> np.ndarray:
    low, high = float(image.min()), float(image.max())
    return ((image - low) / max(high - low, 1e-8)).astype(np.float32)


def network_input(
    image: np.ndarray, clicks: np.ndarray, margin: int = MARGIN, side: int = SIDE
) -> tuple[np.ndarray, Crop]:
    """The network's input (2, side, side) for a slice, and the crop that it covers.

    Args:
        image: (H, W).
        clicks: positive clicks (N, 2) of (x, y), at least one.
        margin: pixels around the clicks' bounding box.
        side: of the input.
    """
    seeds = dilated_clicks(clicks, image.shape)
    crop = crop_around(seeds, margin)
    pixels = _to_unit(crop.of(image))
    nearness = _to_unit(np.exp(-geodesic_distance(pixels, crop.of(seeds))))
    channels = [_resize(channel, (side, side), 1) for channel in (pixels, nearness)]
    return np.stack(channels).astype(np.float32), crop


def largest_component(mask: np.ndarray) -> np.ndarray:
    """The largest component of a mask (H, W, bool) after a closing with a cross."""
    return components.largest_component(ndimage.binary_closing(mask))


def refine_by_cut(
    image: np.ndarray, first: np.ndarray, prompt: Clicks, first_clicks: np.ndarray
) -> np.ndarray:
    """MIDeepSeg's second stage: new clicks correct the first result by a seeded graph cut.

    Args:
        image: (H, W).
        first: (H, W) float32 of 0 and 1, the first stage's result.
        prompt: all clicks, those of the first stage among them.
        first_clicks: (N, 2), the positive clicks of the first stage.

    Returns:
        (H, W) bool.
    """
    earlier = {tuple(point) for point in first_clicks.tolist()}
    new = [point for point in np.asarray(prompt.positive).tolist() if tuple(point) not in earlier]
    positive = dilated_clicks(np.array(new, np.int64).reshape(-1, 2), image.shape)
    negative = dilated_clicks(prompt.negative, image.shape)
    crop = crop_around(positive | negative | dilated_clicks(first_clicks, image.shape))
    full = crop.of(image).shape
    grid = (min(full[0], _LARGEST_CUT), min(full[1], _LARGEST_CUT))
    parts = [
        crop.of(part)
        for part in (image, first, positive.astype(np.float32), negative.astype(np.float32))
    ]
    pixels, start, plus, minus = (
        _resize(part, grid, 1) if grid != full else part for part in parts
    )
    standard = (pixels - pixels.mean()) / max(float(pixels.std()), 1e-6)
    positive_seeds = plus > 0.5
    negative_seeds = (minus > 0.5) & ~positive_seeds
    foreground = np.maximum(_nearness(standard, positive_seeds), start)
    background = np.maximum(_nearness(standard, negative_seeds), 1 - start)
    # Officially the pair passes a softmax twice: an earlier cut stays a suggestion that a click can
    # overrule.
    share = 1 / (1 + np.exp(background - foreground))
    share = 1 / (1 + np.exp((1 - share) - share))
    cut = graph_cut(standard, share, positive=positive_seeds, negative=negative_seeds)
    result = np.zeros(image.shape, bool)
    crop.of(result)[:] = _resize(cut.astype(np.float32), full, 1) > 0.5
    return result


def _nearness(image: np.ndarray, seeds: np.ndarray) -> np.ndarray | float:
    """exp(-squared geodesic distance) to the seeds (H, W, bool); 0 if there are none."""
    return np.exp(-(geodesic_distance(image, seeds) ** 2)) if seeds.any() else 0.0


class Mideepseg:
    """Network and cuts behind the :class:`HermesLib.models.protocol.PromptableModel` protocol.

    The probability is 0 or 1: both stages end in a graph cut. Memory: the clicks and the result of
    the first stage. A later prompt that keeps those clicks refines by a cut; one that does not
    starts again with the first stage.
    """

    kind = "mideepseg"
    prompt_kinds: tuple[str, ...] = (Clicks.kind,)
    mixed_kinds: tuple[str, ...] = ()

    def __init__(self, network: MideepsegUNet, name: str = kind, sha256: str = ""):
        self.network = network.eval()
        self.name = name
        self.sha256 = sha256

    @classmethod
    def from_checkpoint(cls, checkpoint: Checkpoint) -> "Mideepseg":
        """Build from the official file or the project's; the tensors' shapes give the width."""
        network = MideepsegUNet(len(checkpoint.tensors["down_1.0.0.bias"]))
        network.load_state_dict(checkpoint.tensors)
        return cls(network, sha256=checkpoint.sha256)

    def to(self, device: torch.device) -> "Mideepseg":
        """Move to a device; the cuts stay on the CPU."""
        self.network.to(device)
        return self

    @torch.inference_mode()
    def embed(self, images: torch.Tensor) -> Embedding:
        """The slices only: the network's input is a crop around the clicks."""
        return Embedding(images, None)

    @torch.inference_mode()
    def predict(
        self,
        embedding: Embedding,
        prompts: Sequence[Prompt],
        previous: Sequence[Memory] | None = None,
    ) -> Prediction:
        """See :class:`HermesLib.models.protocol.PromptableModel`."""
        images = embedding.images[:, 0].cpu().numpy()
        memories: list[Any] = list(previous) if previous is not None else [None] * len(prompts)
        masks = np.zeros(images.shape, np.float32)
        first_stage: list[tuple[int, Clicks]] = []
        for row, (prompt, memory) in enumerate(zip(prompts, memories, strict=True)):
            prompt_kind(self, prompt.kind)
            assert isinstance(prompt, Clicks)
            if memory is not None and _has_clicks_of(prompt, memory):
                # Holes stay, as officially: a negative click inside the object makes one.
                cut = refine_by_cut(images[row], memory.result, prompt, memory.clicks)
                masks[row] = largest_component(cut)
            elif len(prompt.positive):
                first_stage.append((row, prompt))
        results = self._first_stage([(images[row], clicks) for row, clicks in first_stage])
        for (row, clicks), result in zip(first_stage, results, strict=True):
            masks[row] = ndimage.binary_fill_holes(largest_component(result > 0.5))
            memories[row] = _FirstStage(clicks.positive.copy(), result)
        return Prediction(torch.from_numpy(masks).to(embedding.images.device), memories)

    def _first_stage(self, slices: list[tuple[np.ndarray, Clicks]]) -> list[np.ndarray]:
        """Network and cut for slices (H, W) with clicks: float32 of 0 and 1 each."""
        if not slices:
            return []
        inputs = [network_input(image, clicks.positive) for image, clicks in slices]
        device = next(self.network.parameters()).device
        stacked = torch.from_numpy(np.stack([channels for channels, _ in inputs])).to(device)
        foreground = torch.softmax(self.network(stacked), 1)[:, 1].float().cpu().numpy()
        results = []
        for (image, _), (channels, crop), probability in zip(
            slices, inputs, foreground, strict=True
        ):
            result = np.zeros(image.shape, np.float32)
            part = crop.of(result)
            cut = graph_cut(channels[0], probability).astype(np.float32)
            part[:] = _resize(cut, part.shape, 0)
            results.append(result)
        return results


def _has_clicks_of(prompt: Clicks, memory: _FirstStage) -> bool:
    """Whether a prompt has all clicks of the first stage."""
    clicks = {tuple(point) for point in np.asarray(prompt.positive).tolist()}
    return all(tuple(point) in clicks for point in memory.clicks.tolist())
