"""A model for whole volumes whose answers are written down in advance."""

from collections.abc import Sequence

import numpy as np
import torch

from HermesLib.models.volume_protocol import Start, VolumeImage
from HermesLib.prompts.volume import VolumePrompt, require_within
from HermesLib.quality.protocol import Observation
from HermesLib.refinement.volume_task import VolumeTask
from Testing.refinement.analytic import OrganQuality, scene

SPACING = (3.0, 1.0, 1.0)


class AnsweringModel:
    """Answers the i-th round with the i-th of its masks, and then with the last one.

    Attributes:
        rounds: the prompts of each round.
        needed: the slices that it was opened for.
        open_sessions: how many were opened and not closed.
    """

    name = "answering"
    prompt_kinds = ("clicks", "scribbles")
    sha256 = "2" * 64
    stroke_thickness = (1, 2, 2)

    def __init__(self, *answers: np.ndarray, starts_from: Start = "initial-mask") -> None:
        self.answers = answers
        self.starts_from = starts_from
        self.rounds: list[tuple[VolumePrompt, ...]] = []
        self.open_sessions = 0
        self.image: np.ndarray | None = None
        self.needed = range(0)

    def open(self, image: VolumeImage, needed: range) -> "AnsweringModel":
        assert image.spacing == SPACING and image.intensities.dtype == np.float32
        self.image, self.needed = image.intensities, needed
        self.open_sessions += 1
        return self

    def predict(self, prompts: Sequence[VolumePrompt]) -> np.ndarray:
        assert prompts and self.open_sessions == 1
        for prompt in prompts:
            require_within(prompt, self.image.shape)
        self.rounds.append(tuple(prompts))
        return self.answers[min(len(self.rounds), len(self.answers)) - 1].copy()

    def close(self) -> None:
        self.open_sessions -= 1


def volume_of(*radii: int) -> tuple[torch.Tensor, np.ndarray]:
    """Scenes (N, 1, H, W) with organs of these radii, and the organ (N, H, W, bool)."""
    images = torch.stack([scene(radius=radius) for radius in radii])
    return images, (images[:, 0] > 0.8).numpy()


def task_of(
    images: torch.Tensor, quality: OrganQuality, observation: Observation | None = None, **fields
) -> VolumeTask:
    """The task to refine all slices of a volume."""
    observation = observation or quality.observe(images)
    slices = images[:, 0].numpy()
    image = VolumeImage(slices, slices, SPACING)
    indices = fields.pop("indices", range(len(images)))
    return VolumeTask(image, observation, indices, **fields)
