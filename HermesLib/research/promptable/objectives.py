"""How each promptable model is prompted while it learns, from masks alone: no person is asked."""

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


def believed(mask: np.ndarray, rng: np.random.Generator, chance: float = 0.4) -> np.ndarray:
    """The object as the prompter believes it to be: sometimes its outline is off, as a pseudo ground truth's is."""
    if rng.random() > chance:
        return mask
    wrong = outline(mask, mask, rng)
    return wrong if wrong.any() else mask


class MedSamObjective:
    """Boxes around the object, up to 6 % of the slice wider, each edge off by itself. The loop's boxes are 3 % wider (the paper's 10 pixels)."""

    kind = MedSam.kind
    pad = (0.0, 0.06)
    jitter = 0.02

    def __init__(self) -> None:
        self.network: nn.Module = MedSamNetwork(SMALL)
        self.side = SMALL.image_size

    def config(self) -> dict[str, Any]:
        """See :class:`HermesLib.training.trainer.Task`."""
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
        """See :class:`HermesLib.training.trainer.Task`."""
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
    """Strokes, clicks or a box first, then corrections of the network's own errors with its logits fed back (Wong 2024, 3.3).

    First prompts are weak, mostly: one stroke, one to three clicks or a loose box. From rich ones a network learns to fill shapes and
    not to read the image. Five levels where the official network has four, so that the lowest sees the whole slice.
    """

    kind = ScribblePrompt.kind
    side = 128
    features = (16, 32, 64, 128, 128)

    def __init__(self) -> None:
        self.network: nn.Module = ScribblePromptUNet(self.features)

    def config(self) -> dict[str, Any]:
        """See :class:`HermesLib.training.trainer.Task`."""
        return {"features": list(self.features), "image_size": self.side}

    def _first(self, mask: np.ndarray, rng: np.random.Generator) -> torch.Tensor:
        shape, object_seen = mask.shape, believed(mask, rng)
        nothing = np.zeros(shape, bool)
        choice = rng.random()
        if choice < 0.15:
            box, strokes = stroke_channels(
                bounding_box(object_seen, float(rng.uniform(0, 0.1) * self.side)), shape, self.side
            )
        elif choice < 0.35:
            points = np.argwhere(object_seen)[:, ::-1]
            chosen = points[rng.integers(len(points), size=int(rng.integers(1, 4)))]
            box, strokes = stroke_channels(
                Clicks(chosen, np.zeros((0, 2), np.int64)), shape, self.side
            )
        else:
            positive = random_scribbles(
                object_seen, rng, int(rng.choice([1, 2, 3], p=[0.6, 0.2, 0.2]))
            )
            negative = (
                contour_scribbles(background_band(object_seen), rng)
                if rng.random() < 0.5
                else nothing
            )
            box, strokes = stroke_channels(Scribbles(positive, negative), shape, self.side)
        return torch.cat([box, strokes])

    def _correct(
        self, asked: torch.Tensor, mask: np.ndarray, drawn: np.ndarray, rng: np.random.Generator
    ) -> torch.Tensor:
        corrected = asked.clone()
        for channel, region in ((1, mask & ~drawn), (2, drawn & ~mask)):
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
        asked = [self._first(truth, rng) for truth in truths]
        last = torch.zeros_like(images)
        found = []
        for _ in range(rounds):
            logits = network(
                torch.cat([images, torch.stack(asked).to(images.device), last], 1)
            ).float()
            found.append(logits)
            drawn = logits[:, 0].detach().cpu().numpy() > 0
            asked = [self._correct(*each, rng) for each in zip(asked, truths, drawn, strict=True)]
            last = logits.detach()
        return found

    def loss(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
    ) -> torch.Tensor:
        """See :class:`HermesLib.training.trainer.Task`."""
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
    """Clicks on the object's inner margin, the geodesic map they make, and a crop a few pixels wider than they are."""

    kind = Mideepseg.kind
    side = 160
    width = 12

    def __init__(self) -> None:
        self.network: nn.Module = MideepsegUNet(self.width)

    def config(self) -> dict[str, Any]:
        """See :class:`HermesLib.training.trainer.Task`."""
        return {"width": self.width}

    def _batch(
        self,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
        margins: tuple[int, int],
    ) -> tuple[torch.Tensor, torch.Tensor]:
        shown, wanted = [], []
        for image, mask in zip(
            images[:, 0].cpu().numpy(), masks[:, 0].cpu().numpy() > 0.5, strict=True
        ):
            clicks = margin_clicks(believed(mask, rng), rng, 16)
            seen, crop = network_input(image, clicks, margin=int(rng.integers(*margins)))
            shown.append(torch.from_numpy(seen))
            truth = torch.from_numpy(crop.of(mask).astype(np.float32))[None, None]
            wanted.append(functional.interpolate(truth, (SIDE, SIDE), mode="bilinear")[0] > 0.5)
        return torch.stack(shown).to(images.device), torch.stack(wanted).float().to(images.device)

    def loss(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
    ) -> torch.Tensor:
        """See :class:`HermesLib.training.trainer.Task`."""
        shown, wanted = self._batch(images, masks, rng, (3, 12))
        logits = network(shown)
        return dice_cross_entropy(logits[:, 1:] - logits[:, :1], wanted).mean()

    def evaluate(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
    ) -> dict[str, float]:
        """Dice on the crop, before the graph cut, at the official margin."""
        shown, wanted = self._batch(images, masks, rng, (5, 6))
        logits = network(shown)
        return {"dice": dice_batch(logits[:, 1] > logits[:, 0], wanted[:, 0] > 0.5).mean().item()}


#: Every small model that ``hermes train promptable`` can train.
OBJECTIVES = {
    task.kind: task for task in (MedSamObjective, ScribblePromptObjective, MideepsegObjective)
}
