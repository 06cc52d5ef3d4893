"""A promptable model and quality controls with results that are known in advance.

The scenes hold an organ (a disc of brightness 0.9) and, apart from it, a distractor (a square of
brightness 0.7).
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from HermesLib.io.neighbours import own_slice
from HermesLib.metrics.overlap import dice_batch
from HermesLib.models.protocol import Embedding, Prediction
from HermesLib.prompts.boxes import Box
from HermesLib.prompts.examples import examples_of
from HermesLib.quality.anatomy import AnatomyRule
from HermesLib.quality.presence import PresenceRule
from HermesLib.quality.protocol import Assessment, Evidence, Observation

SIZE = 64


def organ(row: int = 30, column: int = 30, radius: int = 8) -> torch.Tensor:
    """(H, W) bool: a disc."""
    rows, columns = torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij")
    return (rows - row) ** 2 + (columns - column) ** 2 <= radius**2


def scene(row: int = 30, column: int = 30, radius: int = 8) -> torch.Tensor:
    """(1, H, W) float32: the organ, and a distractor in the far corner."""
    image = torch.zeros(SIZE, SIZE)
    image[50:63, 50:63] = 0.7
    image[organ(row, column, radius)] = 0.9
    return image[None]


class BoxThreshold:
    """Segments pixels above 0.5 inside the box. Its memory counts the calls of a slice."""

    name = "box-threshold"
    prompt_kinds = ("box",)
    sha256 = "0" * 64

    def __init__(self) -> None:
        self.embedded = 0
        self.calls: list[list[int]] = []

    def embed(self, images: torch.Tensor) -> Embedding:
        self.embedded += len(images)
        return Embedding(images, images[:, 0])

    def predict(
        self, embedding: Embedding, prompts: Sequence[Box], previous: Sequence[int] | None = None
    ) -> Prediction:
        earlier = list(previous) if previous is not None else [0] * len(prompts)
        self.calls.append(earlier)
        probability = torch.zeros_like(embedding.features)
        for row, box in enumerate(prompts):
            inside = (slice(int(box.y1), int(box.y2)), slice(int(box.x1), int(box.x2)))
            probability[row][inside] = (embedding.features[row][inside] > 0.5).float()
        return Prediction(probability, [calls + 1 for calls in earlier])


class ExampleThreshold:
    """Segments pixels of at least 0.85 of the brightness that its examples' masks cover."""

    name = "example-threshold"
    prompt_kinds = ("examples", "box")
    mixed_kinds = prompt_kinds
    sha256 = "2" * 64

    def embed(self, images: torch.Tensor) -> Embedding:
        return Embedding(images, images[:, 0])

    def predict(self, embedding: Embedding, prompts, previous=None) -> Prediction:
        probability = torch.zeros_like(embedding.features)
        for row, prompt in enumerate(prompts):
            examples = examples_of(prompt)
            inside = [example.image[example.mask] for example in examples.context]
            if examples.own is not None:
                inside.append(embedding.features[row].numpy()[examples.own])
            if inside:
                level = 0.85 * float(np.mean([np.median(values) for values in inside]))
                probability[row] = (embedding.features[row] >= level).float()
        return Prediction(probability, [None] * len(prompts))


class OrganQuality:
    """Expects pixels above 0.8, shifted by up to ``jitter`` pixels according to the seed."""

    name = "organ"
    sha256 = "1" * 64
    score = "raw"
    presence_rule = PresenceRule()
    anatomy_rule = AnatomyRule()
    guarantee = None

    def __init__(self, jitter: int = 0, present: float = 1.0, ceiling: float = 1.0) -> None:
        self.jitter = jitter
        self.present = present
        self.ceiling = ceiling
        self.seeds: list[list[int]] = []

    def without(self, patient: str):
        return self

    def observe(self, images: torch.Tensor, thickness: float | None = None) -> Observation:
        return Observation(images, self.log_odds(images), None, tuple(own_slice(images)))

    def log_odds(self, images: torch.Tensor) -> torch.Tensor | None:
        return None

    def predict_pgt(self, image: torch.Tensor, seed: int) -> torch.Tensor:
        down, right = np.random.default_rng(seed).integers(-self.jitter, self.jitter + 1, 2)
        return torch.roll((image[0] > 0.8).float(), (int(down), int(right)), (0, 1))

    def assess(
        self,
        observation: Observation,
        masks: torch.Tensor,
        seeds: Sequence[int],
        evidence: Evidence = "independent",
    ) -> Assessment:
        self.seeds.append(list(seeds))
        pgt = torch.stack(
            [
                self.predict_pgt(image, seed)
                for image, seed in zip(observation.features, seeds, strict=True)
            ]
        )
        pdsc = dice_batch(masks, pgt > 0.5)
        present = torch.full_like(pdsc, self.present)
        ceiling = torch.full_like(pdsc, self.ceiling)
        return Assessment(
            pgt, pdsc, (pdsc - 0.1).clamp(min=0), (pdsc + 0.1).clamp(max=1), present, ceiling
        )


class PixelEvidenceQuality(OrganQuality):
    """Reads the presence of the organ from the first pixel: log odds of -10 to 10."""

    def log_odds(self, images: torch.Tensor) -> torch.Tensor:
        return (images[:, images.shape[1] // 2, 0, 0] - 0.5) * 20


class UnfamiliarQuality(OrganQuality):
    """Knows every second slice, from the second on, to be unlike all others."""

    def observe(self, images: torch.Tensor, thickness: float | None = None) -> Observation:
        flags = torch.arange(len(images)) % 2 == 1
        return replace(super().observe(images, thickness), out_of_distribution=flags)


class ElsewhereQuality(OrganQuality):
    """Expects a disc where the image is empty, so that no box helps."""

    def predict_pgt(self, image: torch.Tensor, seed: int) -> torch.Tensor:
        return organ(8, 56, 5).float()


class EmptyFor(OrganQuality):
    """Predicts an empty pGT in the first ``times`` calls."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def predict_pgt(self, image: torch.Tensor, seed: int) -> torch.Tensor:
        pgt = super().predict_pgt(image, seed)
        return torch.zeros_like(pgt) if len(self.seeds) <= self.times else pgt


class RisingQuality(OrganQuality):
    """Scores every mask slightly higher than the one before."""

    def assess(
        self,
        observation: Observation,
        masks: torch.Tensor,
        seeds: Sequence[int],
        evidence: Evidence = "independent",
    ) -> Assessment:
        assessment = super().assess(observation, masks, seeds)
        score = torch.full_like(assessment.pdsc, 0.01 * len(self.seeds))
        return Assessment(
            assessment.pgt, score, score, score, assessment.present, assessment.ceiling
        )
