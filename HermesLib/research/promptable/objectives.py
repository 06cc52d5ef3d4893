"""Training objectives of the small promptable models: prompts are simulated from true masks."""

from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from HermesLib.datasets.corruptions import outline
from HermesLib.metrics.overlap import dice_batch
from HermesLib.models.medsam.adapter import MedSam, model_boxes, to_unit_range
from HermesLib.models.medsam.network import SMALL, MedSamNetwork
from HermesLib.models.mideepseg.adapter import SIDE, Mideepseg, network_input
from HermesLib.models.mideepseg.network import MideepsegUNet
from HermesLib.models.scribbleprompt import ScribblePrompt, ScribblePromptUNet, stroke_channels
from HermesLib.prompts.boxes import Box, bounding_box
from HermesLib.prompts.clicks import Clicks, margin_clicks
from HermesLib.prompts.scribbles import Scribbles, background_band
from HermesLib.prompts.strokes import contour_scribbles, random_scribbles
from HermesLib.training.losses import dice_cross_entropy

#: How often a prompt comes from a wrong outline, as that of a pGT may be.
_WRONG_OUTLINE = 0.4
#: How often ScribblePrompt's first prompt is a box, and how often clicks; else it is strokes.
_BOXES, _CLICKS = 0.15, 0.2


def prompted_mask(
    mask: np.ndarray, rng: np.random.Generator, chance: float = _WRONG_OUTLINE
) -> np.ndarray:
    """The mask (H, W, bool) that prompts come from: the true one, or one with a wrong outline."""
    if rng.random() > chance:
        return mask
    wrong = outline(mask, mask, rng)
    return wrong if wrong.any() else mask


class MedSamObjective:
    """Boxes up to 6 % of the slice wider than the object, with a jitter of each edge.

    The loop's boxes are 3 % wider (10 pixels in the paper).
    """

    kind = MedSam.kind
    pad = (0.0, 0.06)
    jitter = 0.02

    def __init__(self) -> None:
        self.network: nn.Module = MedSamNetwork(SMALL)
        self.side = SMALL.image_size

    def config(self) -> dict[str, Any]:
        """See :class:`HermesLib.training.trainer.Objective`."""
        return SMALL.to_dict()

    def _logits(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
        pad: tuple[float, float],
        jitter: float,
    ) -> torch.Tensor:
        boxes = []
        for mask in masks[:, 0].cpu().numpy() > 0.5:
            tight = bounding_box(mask)
            x1, y1, x2, y2 = (rng.uniform(*pad) + rng.uniform(-jitter, jitter, 4)) * self.side
            box = (
                max(tight.x1 - x1, 0),
                max(tight.y1 - y1, 0),
                min(tight.x2 + x2, self.side),
                min(tight.y2 + y2, self.side),
            )
            boxes.append(Box(*(float(edge) for edge in box)))
        scaled = model_boxes(boxes, (self.side, self.side), self.side).to(images.device)
        logits = network(to_unit_range(images).expand(-1, 3, -1, -1), scaled)
        return functional.interpolate(logits.float(), (self.side, self.side), mode="bilinear")

    def loss(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
    ) -> torch.Tensor:
        """See :class:`HermesLib.training.trainer.Objective`."""
        return dice_cross_entropy(
            self._logits(network, images, masks, rng, self.pad, self.jitter), masks
        ).mean()

    def evaluate(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
    ) -> dict[str, float]:
        """Dice from boxes 3 % of the slice too wide."""
        pairs = zip(images.split(16), masks.split(16), strict=True)
        parts = [self._logits(network, image, mask, rng, (0.03, 0.03), 0) for image, mask in pairs]
        return {"dice": dice_batch(torch.cat(parts)[:, 0] > 0, masks[:, 0] > 0.5).mean().item()}


class ScribblePromptObjective:
    """Strokes, clicks or a box, then corrections of the network's errors (Wong 2024, section 3.3).

    The network's logits are fed back with the corrections. Most first prompts are weak: one stroke,
    one to three clicks or a loose box; from rich prompts the network learns to fill shapes instead
    of reading the image. Five levels where the official network has four, so that the lowest one
    covers the whole slice.
    """

    kind = ScribblePrompt.kind
    side = 128
    features = (16, 32, 64, 128, 128)

    def __init__(self) -> None:
        self.network: nn.Module = ScribblePromptUNet(self.features)

    def config(self) -> dict[str, Any]:
        """See :class:`HermesLib.training.trainer.Objective`."""
        return {"features": list(self.features), "image_size": self.side}

    def _first(self, mask: np.ndarray, rng: np.random.Generator) -> torch.Tensor:
        shape = mask.shape
        source = prompted_mask(mask, rng)
        nothing = np.zeros(shape, bool)
        choice = rng.random()
        if choice < _BOXES:
            box, strokes = stroke_channels(
                bounding_box(source, float(rng.uniform(0, 0.1) * self.side)), shape, self.side
            )
        elif choice < _BOXES + _CLICKS:
            points = np.argwhere(source)[:, ::-1]
            clicked = points[rng.integers(len(points), size=int(rng.integers(1, 4)))]
            box, strokes = stroke_channels(
                Clicks(clicked, np.zeros((0, 2), np.int64)), shape, self.side
            )
        else:
            positive = random_scribbles(source, rng, int(rng.choice([1, 2, 3], p=[0.6, 0.2, 0.2])))
            negative = (
                contour_scribbles(background_band(source), rng) if rng.random() < 0.5 else nothing
            )
            box, strokes = stroke_channels(Scribbles(positive, negative), shape, self.side)
        return torch.cat([box, strokes])

    def _correct(
        self,
        prompt: torch.Tensor,
        mask: np.ndarray,
        predicted: np.ndarray,
        rng: np.random.Generator,
    ) -> torch.Tensor:
        corrected = prompt.clone()
        for channel, region in ((1, mask & ~predicted), (2, predicted & ~mask)):
            if region.sum() >= 4:
                corrected[channel] = corrected[channel].maximum(
                    torch.from_numpy(random_scribbles(region, rng).astype(np.float32))
                )
        return corrected

    def _rounds(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
        rounds: int,
    ) -> list[torch.Tensor]:
        truths = masks[:, 0].cpu().numpy() > 0.5
        prompts = [self._first(truth, rng) for truth in truths]
        previous = torch.zeros_like(images)
        predictions = []
        for _ in range(rounds):
            inputs = [images, torch.stack(prompts).to(images.device), previous]
            logits = network(torch.cat(inputs, 1)).float()
            predictions.append(logits)
            masks_now = logits[:, 0].detach().cpu().numpy() > 0
            slices = zip(prompts, truths, masks_now, strict=True)
            prompts = [self._correct(*parts, rng) for parts in slices]
            previous = logits.detach()
        return predictions

    def loss(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
    ) -> torch.Tensor:
        """See :class:`HermesLib.training.trainer.Objective`."""
        rounds = self._rounds(network, images, masks, rng, 2)
        return torch.stack([dice_cross_entropy(logits, masks).mean() for logits in rounds]).mean()

    def evaluate(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
    ) -> dict[str, float]:
        """Dice after the first prompt and after two corrections."""
        rounds = self._rounds(network, images, masks, rng, 3)
        scores = [
            dice_batch(logits[:, 0] > 0, masks[:, 0] > 0.5).mean().item() for logits in rounds
        ]
        return {"dice": sum(scores) / len(scores), "first": scores[0], "corrected": scores[-1]}


class MideepsegObjective:
    """Clicks on the interior margin, their geodesic map, and a crop a few pixels wider."""

    kind = Mideepseg.kind
    side = 160
    width = 12

    def __init__(self) -> None:
        self.network: nn.Module = MideepsegUNet(self.width)

    def config(self) -> dict[str, Any]:
        """See :class:`HermesLib.training.trainer.Objective`."""
        return {"width": self.width}

    def _batch(
        self,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
        margins: tuple[int, int],
    ) -> tuple[torch.Tensor, torch.Tensor]:
        inputs: list[torch.Tensor] = []
        targets: list[torch.Tensor] = []
        for image, mask in zip(
            images[:, 0].cpu().numpy(), masks[:, 0].cpu().numpy() > 0.5, strict=True
        ):
            clicks = margin_clicks(prompted_mask(mask, rng), rng, 16)
            channels, crop = network_input(image, clicks, margin=int(rng.integers(*margins)))
            inputs.append(torch.from_numpy(channels))
            truth = torch.from_numpy(crop.of(mask).astype(np.float32))[None, None]
            targets.append(functional.interpolate(truth, (SIDE, SIDE), mode="bilinear")[0] > 0.5)
        device = images.device
        return torch.stack(inputs).to(device), torch.stack(targets).float().to(device)

    def loss(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
    ) -> torch.Tensor:
        """See :class:`HermesLib.training.trainer.Objective`."""
        inputs, targets = self._batch(images, masks, rng, (3, 12))
        logits = network(inputs)
        return dice_cross_entropy(logits[:, 1:] - logits[:, :1], targets).mean()

    def evaluate(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
    ) -> dict[str, float]:
        """Dice on the crop, before the graph cut, at the official margin."""
        inputs, targets = self._batch(images, masks, rng, (5, 6))
        logits = network(inputs)
        scores = dice_batch(logits[:, 1] > logits[:, 0], targets[:, 0] > 0.5)
        return {"dice": scores.mean().item()}


#: Every small model that ``hermes research train-promptable`` can train.
OBJECTIVES = {
    objective.kind: objective
    for objective in (MedSamObjective, ScribblePromptObjective, MideepsegObjective)
}
