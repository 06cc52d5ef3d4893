"""What every promptable foundation model (FM) answers to: embed a slice once, predict from many prompts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from HermesLib.prompts.types import Prompt

#: What a model wants back at its next call on the same slice (ScribblePrompt: its last logits; MIDeepSeg: its clicks and first
#: probability; MedSAM: None). One object a slice, opaque to everybody else.
Memory = Any


@dataclass(frozen=True)
class Embedding:
    """The expensive part of a model's work on slices, done once: the slices (B, 1, H, W) and the model's features (B, ...)."""

    images: torch.Tensor
    features: torch.Tensor

    def select(self, indices: Sequence[int]) -> "Embedding":
        """The embedding of some of the slices, in the order of ``indices``."""
        chosen = torch.as_tensor(list(indices), dtype=torch.long, device=self.images.device)
        return Embedding(self.images[chosen], self.features[chosen])


@dataclass(frozen=True)
class Prediction:
    """``probability`` (B, H, W) in 0..1 on the slices' own grid, and each slice's memory for the next call."""

    probability: torch.Tensor
    memory: list[Memory]


class PromptableModel(Protocol):
    """A foundation model behind one face."""

    name: str
    prompt_kinds: tuple[str, ...]
    sha256: str

    def embed(self, images: torch.Tensor) -> Embedding:
        """Embed slices (B, 1, H, W), float32 in 0..1 (preset-normalised)."""
        ...

    def predict(
        self,
        embedding: Embedding,
        prompts: Sequence[Prompt],
        previous: Sequence[Memory] | None = None,
    ) -> Prediction:
        """One prediction a slice from one prompt a slice; ``previous`` is the last ``Prediction.memory``, None at the first call.

        Raises:
            HermesError: a prompt of a kind the model does not take.
        """
        ...
