"""What the adapters of the SAM family have in common."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch

from HermesLib.models.protocol import Embedding, Memory, Prediction
from HermesLib.models.registry import prompt_kind
from HermesLib.models.sam_family.network import (
    PromptedNetwork,
    SamConfig,
    SamNetwork,
    config_of,
)
from HermesLib.models.sam_family.prompting import SamPrompt, sam_prompt
from HermesLib.prompts.types import Prompt
from HermesLib.weights.checkpoint import Checkpoint

#: Every member's prompts, what it does best with first: a box and corrective clicks.
PROMPT_KINDS = ("box+clicks", "box", "clicks", "scribbles")
MIXED_KINDS = ("box", "clicks", "scribbles")


@dataclass(frozen=True, eq=False)
class SamMemory:
    """What a slice's next call needs of the last one.

    Attributes:
        mask: (1, h, w) as the model's prompt encoder takes it.
        prompt: that led to it.
    """

    mask: torch.Tensor
    prompt: SamPrompt


@dataclass(frozen=True, eq=False)
class SamAnswer:
    """The mask that a model decides for.

    Attributes:
        low: (1, h, w) logits as the decoder gives them.
        final: (H, W) logits on the slice's grid.
        overlap: () predicted IoU with the truth, not limited to 0..1.
    """

    low: torch.Tensor
    final: torch.Tensor
    overlap: torch.Tensor


class SamModel(ABC):
    """A SAM network behind the :class:`HermesLib.models.protocol.PromptableModel` protocol.

    Memory: the last mask is fed back as long as marks are only added and the box stays about the
    same; then the model begins again. The score is the IoU that the model predicts for its mask.

    A model's own part is how it prepares an image, scales coordinates and decides for a mask.
    """

    kind: ClassVar[str]
    prompt_kinds: tuple[str, ...] = PROMPT_KINDS
    mixed_kinds: tuple[str, ...] = MIXED_KINDS
    #: At most this many positive and as many negative pixels of strokes become clicks.
    most_pixels: ClassVar[int] = 16

    def __init__(self, network: PromptedNetwork, sha256: str = "") -> None:
        self.network = network.eval()
        self.name = self.kind
        self.sha256 = sha256

    @classmethod
    def from_checkpoint(cls, checkpoint: Checkpoint) -> Self:
        """Build from an official file, or one of the project with other numbers."""
        network = cls.network_for(checkpoint)
        network.load_state_dict(checkpoint.tensors)
        return cls(network, checkpoint.sha256)

    @classmethod
    def network_for(cls, checkpoint: Checkpoint) -> PromptedNetwork:
        """The network that takes a checkpoint's tensors, without them."""
        return SamNetwork(config_for(checkpoint))

    def to(self, device: torch.device) -> Self:
        """Move to a device."""
        self.network.to(device)
        return self

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return next(self.network.parameters()).device

    @torch.inference_mode()
    def embed(self, images: torch.Tensor) -> Embedding:
        """Run the image encoder; on a CPU slice by slice, as one at 1024x1024 takes a gigabyte."""
        parts = []
        for batch in encoder_batches(images):
            prepared = torch.cat([self.model_image(image.cpu()) for image in batch.split(1)])
            parts.append(Embedding(batch, self.network.encode(prepared.to(batch.device))))
        return Embedding.join(parts)

    @torch.inference_mode()
    def predict(
        self,
        embedding: Embedding,
        prompts: Sequence[Prompt],
        previous: Sequence[Memory] | None = None,
    ) -> Prediction:
        """See :class:`HermesLib.models.protocol.PromptableModel`."""
        shape = (embedding.images.shape[-2], embedding.images.shape[-1])
        answers = []
        memory: list[Memory] = []
        for row, (prompt, last) in enumerate(
            zip(prompts, previous or [None] * len(prompts), strict=True)
        ):
            prompt_kind(self, prompt.kind)
            tokens = sam_prompt(prompt, self.most_pixels)
            mask = last.mask if last is not None and tokens.continues(last.prompt) else None
            answers.append(self.answer(embedding.select([row]).features, tokens, shape, mask))
            memory.append(SamMemory(self.fed_back(answers[-1].low), tokens))
        return Prediction(
            torch.sigmoid(torch.stack([answer.final for answer in answers])),
            memory,
            torch.stack([answer.overlap for answer in answers]).clamp(0, 1),
        )

    def answer(
        self,
        features: Any,
        prompt: SamPrompt,
        shape: tuple[int, int],
        mask: torch.Tensor | None = None,
    ) -> SamAnswer:
        """Segment one slice.

        Args:
            features: of the slice alone, as the network gives them.
            prompt: in the slice's pixels.
            shape: rows and columns of the slice.
            mask: (1, h, w) of an earlier answer, as :meth:`fed_back` gives it.
        """
        logits, overlap = self.network.candidates(
            features,
            *self.in_network(prompt, shape),
            None if mask is None else mask.to(self.device),
        )
        chosen = self.choose(prompt, mask, logits, overlap)
        low = logits[chosen : chosen + 1]
        return SamAnswer(low, self.on_slice(low[None], shape)[0, 0], overlap[chosen])

    def in_network(
        self, prompt: SamPrompt, shape: tuple[int, int]
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
        """A prompt's points, labels and box as :meth:`PromptedNetwork.candidates` takes them.

        Args:
            prompt: in the slice's pixels.
            shape: rows and columns of the slice.
        """
        device = self.device
        scale = torch.tensor(self.scale(shape), dtype=torch.float64)
        box = None if prompt.box is None else torch.tensor(prompt.box, dtype=torch.float64)
        return (
            self.scaled_points(prompt, scale).to(device, torch.float32),
            prompt.labels.to(device),
            None if box is None else (box * scale.repeat(2)).to(device, torch.float32),
        )

    def scaled_points(self, prompt: SamPrompt, scale: torch.Tensor) -> torch.Tensor:
        """A prompt's points (N, 2) in pixels of the network's image."""
        return prompt.points * scale

    @abstractmethod
    def model_image(self, image: torch.Tensor) -> torch.Tensor:
        """A slice (1, 1, H, W) of 0..1 as the network takes it, (1, 3, S, S)."""

    @abstractmethod
    def scale(self, shape: tuple[int, int]) -> tuple[float, float]:
        """Pixels of the network's image to one of a slice of ``shape``, along x and y."""

    @abstractmethod
    def choose(
        self,
        prompt: SamPrompt,
        mask: torch.Tensor | None,
        logits: torch.Tensor,
        overlap: torch.Tensor,
    ) -> int:
        """Which candidate is the answer: 0, the single mask, or one of the three that follow.

        Args:
            prompt, mask: what led to them.
            logits: (4, h, w).
            overlap: (4,) predicted IoU.
        """

    @abstractmethod
    def fed_back(self, low: torch.Tensor) -> torch.Tensor:
        """Logits (1, h, w) of an answer in the form that the model's mask prompt has."""

    @abstractmethod
    def on_slice(self, low: torch.Tensor, shape: tuple[int, int]) -> torch.Tensor:
        """Logits (1, 1, h, w) of the decoder on the slice's grid, (1, 1, H, W)."""


def encoder_batches(images: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Slices (B, 1, H, W) as an image encoder takes them: all on a GPU, one at a time on a CPU."""
    return images.split(1 if images.device.type == "cpu" else len(images))


def config_for(checkpoint: Checkpoint) -> SamConfig:
    """The numbers of a checkpoint's network; of an official file, from its tensors' shapes."""
    if checkpoint.config:
        return SamConfig.from_dict(checkpoint.config)
    return config_of(checkpoint.tensors)


def best_of_three(overlap: torch.Tensor) -> int:
    """The candidate after the first with the highest predicted IoU, of (4,)."""
    return 1 + int(overlap[1:].argmax())


def is_single_click(prompt: SamPrompt, mask: torch.Tensor | None) -> bool:
    """One click and nothing else, which may mean several things."""
    return prompt.box is None and mask is None and len(prompt.points) == 1


def stretch_scale(shape: tuple[int, int], side: int) -> tuple[float, float]:
    """Pixels of an image stretched to ``side`` to one of a slice of ``shape``, along x and y."""
    rows, columns = shape
    return side / columns, side / rows


def as_8_bit(image: torch.Tensor) -> torch.Tensor:
    """A slice (1, 1, H, W) of 0..1 as whole grey values 0..255, uint8."""
    return (image * 255).round().clamp(0, 255).to(torch.uint8)
