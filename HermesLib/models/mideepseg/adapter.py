"""MIDeepSeg (Luo 2021): clicks on the inner margin, a geodesic distance map, a small UNet, and a graph cut; clicks refine by a cut.

Its authors call it patented and not for clinical or commercial use; the registry carries the notice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy import ndimage

from HermesLib.errors import HermesError
from HermesLib.models.mideepseg.geodesic import geodesic_distance, graph_cut
from HermesLib.models.mideepseg.network import MideepsegUNet
from HermesLib.models.protocol import Embedding, Memory, Prediction
from HermesLib.prompts.clicks import Clicks
from HermesLib.prompts.types import Prompt
from HermesLib.weights.checkpoint import Checkpoint

#: Official numbers: a click's radius and the crop's margin in pixels, and the side of the network's input.
CLICK_RADIUS, MARGIN, SIDE = 2, 5, 96
#: Crops larger than this are cut on a smaller grid, so that a refinement stays within a fraction of a second.
_LARGEST_CUT = 192


@dataclass(frozen=True)
class Crop:
    """Rows ``top:bottom`` and columns ``left:right`` of a slice."""

    top: int
    left: int
    bottom: int
    right: int

    def of(self, picture: np.ndarray) -> np.ndarray:
        """That part of a picture (H, W)."""
        return picture[self.top : self.bottom, self.left : self.right]


@dataclass(frozen=True, eq=False)
class _Remembered:
    """The first clicks of a slice and what the first cut made of them (H, W), float32 of 0 and 1."""

    clicks: np.ndarray
    first: np.ndarray


def dilated_clicks(points: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Discs of two pixels (H, W, bool) around points (N, 2) of (x, y)."""
    seeds = np.zeros(shape, bool)
    if len(points) == 0:
        return seeds
    x, y = np.asarray(points, dtype=np.int64).T
    seeds[y.clip(0, shape[0] - 1), x.clip(0, shape[1] - 1)] = True
    return ndimage.distance_transform_edt(~seeds) <= CLICK_RADIUS


def crop_around(seeds: np.ndarray, margin: int = MARGIN) -> Crop:
    """Bounding box of seeds (H, W, bool; at least one) and ``margin`` pixels, clipped to the slice."""
    rows, columns = np.nonzero(seeds)
    return Crop(
        max(int(rows.min()) - margin, 0),
        max(int(columns.min()) - margin, 0),
        min(int(rows.max()) + margin + 1, seeds.shape[0]),
        min(int(columns.max()) + margin + 1, seeds.shape[1]),
    )


def _stretch(picture: np.ndarray, shape: tuple[int, int], order: int) -> np.ndarray:
    factors = (shape[0] / picture.shape[0], shape[1] / picture.shape[1])
    return ndimage.zoom(picture, factors, order=order, grid_mode=True, mode="nearest")


def _to_unit(picture: np.ndarray) -> np.ndarray:
    low, high = float(picture.min()), float(picture.max())
    return ((picture - low) / max(high - low, 1e-8)).astype(np.float32)


def network_input(
    image: np.ndarray, clicks: np.ndarray, margin: int = MARGIN, side: int = SIDE
) -> tuple[np.ndarray, Crop]:
    """The network's input (2, side, side) of a slice (H, W) and positive clicks (N, 2), and the crop it shows."""
    seeds = dilated_clicks(clicks, image.shape)
    crop = crop_around(seeds, margin)
    shown = _to_unit(crop.of(image))
    near = _to_unit(np.exp(-geodesic_distance(shown, crop.of(seeds))))
    return np.stack([_stretch(shown, (side, side), 1), _stretch(near, (side, side), 1)]).astype(
        np.float32
    ), crop


def tidy(mask: np.ndarray) -> np.ndarray:
    """Closed by a cross, then the largest component alone."""
    closed = ndimage.binary_closing(mask)
    parts, count = ndimage.label(closed)
    if count > 1:
        closed = parts == 1 + int(np.argmax(ndimage.sum_labels(closed, parts, range(1, count + 1))))
    return closed


def refine_by_cut(
    image: np.ndarray, first: np.ndarray, prompt: Clicks, remembered: np.ndarray
) -> np.ndarray:
    """MIDeepSeg's second stage: new positive and negative clicks correct the first result (H, W) by a seeded graph cut."""
    old = {tuple(point) for point in remembered.tolist()}
    added = np.array(
        [point for point in np.asarray(prompt.positive).tolist() if tuple(point) not in old],
        dtype=np.int64,
    ).reshape(-1, 2)
    positive, negative = (
        dilated_clicks(added, image.shape),
        dilated_clicks(prompt.negative, image.shape),
    )
    crop = crop_around(positive | negative | dilated_clicks(remembered, image.shape))
    parts = [
        crop.of(part)
        for part in (image, first, positive.astype(np.float32), negative.astype(np.float32))
    ]
    full = parts[0].shape
    grid = (min(full[0], _LARGEST_CUT), min(full[1], _LARGEST_CUT))
    shown, start, plus, minus = (
        _stretch(part, grid, 1) if grid != full else part for part in parts
    )
    standard = (shown - shown.mean()) / max(float(shown.std()), 1e-6)
    plus, minus = plus > 0.5, (minus > 0.5) & ~(plus > 0.5)
    for_it = np.maximum(
        np.exp(-(geodesic_distance(standard, plus) ** 2)) if plus.any() else 0.0, start
    )
    against = np.maximum(
        np.exp(-(geodesic_distance(standard, minus) ** 2)) if minus.any() else 0.0, 1 - start
    )
    # Officially the pair passes a softmax twice: what an earlier cut said stays a suggestion that a click can overrule.
    share = 1 / (1 + np.exp(against - for_it))
    share = 1 / (1 + np.exp((1 - share) - share))
    cut = graph_cut(standard, share, positive=plus, negative=minus)
    result = np.zeros(image.shape, bool)
    crop.of(result)[:] = _stretch(cut.astype(np.float32), full, 1) > 0.5
    return result


class Mideepseg:
    """Network and cuts behind the :class:`PromptableModel` protocol.

    The probability is 0 or 1: both stages end in a graph cut. Memory: the clicks and result of the first stage; as long as a
    later prompt keeps those clicks it refines by a cut, a prompt without them starts anew.
    """

    kind = "mideepseg"
    prompt_kinds: tuple[str, ...] = (Clicks.kind,)

    def __init__(self, network: MideepsegUNet, name: str = kind, sha256: str = ""):
        self.network = network.eval()
        self.name = name
        self.sha256 = sha256

    @classmethod
    def from_checkpoint(cls, checkpoint: Checkpoint) -> "Mideepseg":
        """Build from the official file or the project's; the width follows from the tensors' shapes."""
        network = MideepsegUNet(len(checkpoint.tensors["down_1.0.0.bias"]))
        network.load_state_dict(checkpoint.tensors)
        return cls(network, sha256=checkpoint.sha256)

    def to(self, device: torch.device) -> "Mideepseg":
        """Move to a device; the cuts stay on the CPU."""
        self.network.to(device)
        return self

    @torch.inference_mode()
    def embed(self, images: torch.Tensor) -> Embedding:
        """The slices themselves: the network sees only crops around the clicks."""
        return Embedding(images, images)

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
        asked: dict[int, Clicks] = {}
        fresh: list[tuple[int, np.ndarray, Crop]] = []
        for row, (prompt, memory) in enumerate(zip(prompts, memories, strict=True)):
            if not isinstance(prompt, Clicks):
                raise HermesError(
                    f"MIDeepSeg takes {', '.join(self.prompt_kinds)}, not {prompt.kind}"
                )
            asked[row] = prompt
            if memory is not None and _keeps(prompt, memory):
                # Holes stay, as officially: a negative click inside the object makes one.
                masks[row] = tidy(refine_by_cut(images[row], memory.first, prompt, memory.clicks))
            elif len(prompt.positive):
                fresh.append((row, *network_input(images[row], prompt.positive)))
                memories[row] = None
        if fresh:
            device = next(self.network.parameters()).device
            stacked = torch.from_numpy(np.stack([shown for _, shown, _ in fresh])).to(device)
            foreground = torch.softmax(self.network(stacked), 1)[:, 1].cpu().numpy()
            for (row, shown, crop), probability in zip(fresh, foreground, strict=True):
                first = np.zeros(images[row].shape, np.float32)
                part = crop.of(first)
                part[:] = _stretch(
                    graph_cut(shown[0], probability).astype(np.float32), part.shape, 0
                )
                masks[row] = ndimage.binary_fill_holes(tidy(first > 0.5))
                memories[row] = _Remembered(asked[row].positive.copy(), first)
        return Prediction(torch.from_numpy(masks).to(embedding.images.device), memories)


def _keeps(prompt: Clicks, memory: _Remembered) -> bool:
    now = {tuple(point) for point in np.asarray(prompt.positive).tolist()}
    return all(tuple(point) in now for point in memory.clicks.tolist())
