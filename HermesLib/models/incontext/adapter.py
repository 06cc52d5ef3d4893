"""UniverSeg and MultiverSeg behind the protocol of promptable models."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch.nn import functional

from HermesLib.errors import HermesError
from HermesLib.models.incontext.network import InContextNetwork
from HermesLib.models.protocol import Embedding, Memory, Prediction
from HermesLib.models.registry import prompt_kind
from HermesLib.models.scribbleprompt import LastLogits, last_logits, stroke_channels
from HermesLib.prompts.boxes import Box
from HermesLib.prompts.clicks import Clicks
from HermesLib.prompts.examples import Examples, examples_of
from HermesLib.prompts.scribbles import Scribbles
from HermesLib.prompts.types import Prompt
from HermesLib.weights.checkpoint import Checkpoint
from HermesLib.weights.settings import Side, checked, read_settings


@checked
@dataclass(frozen=True)
class InContextConfig:
    """What the project's files say beside the tensors; official ones say nothing.

    Attributes:
        image_size: side of the square that the network reads, pixels.
    """

    image_size: Side = 128


def model_image(images: torch.Tensor, side: int) -> torch.Tensor:
    """Slices (B, 1, H, W) on the network's grid (B, 1, side, side), each from 0 to 1 by itself.

    Bilinear with antialiasing, as the authors' data were made (with Pillow).
    """
    small = functional.interpolate(images, (side, side), mode="bilinear", antialias=True)
    low, high = small.amin((1, 2, 3), keepdim=True), small.amax((1, 2, 3), keepdim=True)
    return (small - low) / (high - low).clamp(min=1e-8)


def model_label(masks: np.ndarray, side: int) -> torch.Tensor:
    """A mask (H, W, bool) on the network's grid (1, 1, side, side) of 0 and 1: nearest pixels."""
    tensor = torch.from_numpy(np.ascontiguousarray(masks, np.float32))[None, None]
    return functional.interpolate(tensor, (side, side), mode="nearest-exact")


class InContextModel:
    """What both models share: a network that reads a target and its support.

    A slice without any example gets an empty mask.
    """

    kind: str
    prompt_kinds: tuple[str, ...]
    mixed_kinds: tuple[str, ...] = ()
    #: The kind that is part of every prompt.
    always = Examples.kind
    #: The network: channels of its target, and whether its blocks have norms.
    _target_channels: int
    _norm: bool

    def __init__(
        self, network: InContextNetwork, image_size: int = 128, name: str = "", sha256: str = ""
    ):
        if image_size % network.multiple:
            raise ValueError(f"the image's side must be a multiple of {network.multiple}")
        self.network = network.eval()
        self.image_size = image_size
        self.name = name or self.kind
        self.sha256 = sha256

    @classmethod
    def from_checkpoint(cls, checkpoint: Checkpoint) -> Self:
        """Build from the official file or the project's; the tensors' shapes give the widths."""
        network = InContextNetwork.from_tensors(
            checkpoint.tensors, cls._target_channels, norm=cls._norm
        )
        settings = read_settings(InContextConfig, checkpoint.config)
        return cls(network, settings.image_size, sha256=checkpoint.sha256)

    def to(self, device: torch.device) -> Self:
        """Move to a device."""
        self.network.to(device)
        return self

    @torch.inference_mode()
    def embed(self, images: torch.Tensor) -> Embedding:
        """The slices on the network's grid (B, 1, S, S); all else depends on the examples."""
        return Embedding(images, model_image(images, self.image_size))

    @torch.inference_mode()
    def predict(
        self,
        embedding: Embedding,
        prompts: Sequence[Prompt],
        previous: Sequence[Memory] | None = None,
    ) -> Prediction:
        """See :class:`HermesLib.models.protocol.PromptableModel`.

        One slice after another: the examples of a slice are a batch of their own.
        """
        shape = (embedding.images.shape[-2], embedding.images.shape[-1])
        memories = list(previous) if previous is not None else [None] * len(prompts)
        probability = torch.zeros(len(prompts), *shape, device=embedding.images.device)
        for row, (prompt, memory) in enumerate(zip(prompts, memories, strict=True)):
            image = embedding.features[row]
            support = self.support(prompt, image)
            if support is None:
                continue
            target, remembered = self.target(prompt, image, shape, memory)
            logits = self.network(target[None], support)
            memories[row] = None if remembered is None else LastLogits(logits[0], remembered)
            resized = functional.interpolate(torch.sigmoid(logits), shape, mode="bilinear")
            probability[row] = resized[0, 0]
        return Prediction(probability, memories)

    def target(
        self, prompt: Prompt, image: torch.Tensor, shape: tuple[int, int], memory: Memory
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """What the network reads of a slice (C, S, S), and the strokes to be remembered.

        Args:
            prompt: of the slice.
            image: (1, S, S), the slice on the network's grid.
            shape: rows and columns of the slice itself.
            memory: of the last call.
        """
        return image, None

    def support(self, prompt: Prompt, image: torch.Tensor) -> torch.Tensor | None:
        """The examples of a slice (N, 2, S, S), images and labels; None where there are none.

        Raises:
            HermesError: a prompt without examples, or one that was stored without their pixels.
        """
        prompt_kind(self, prompt.kind)
        examples = examples_of(prompt)
        assert examples is not None  # as the registry's entry says
        if not examples.has_pixels:
            raise HermesError("this prompt only names its examples; no model can work with it")
        side = self.image_size
        pairs = []
        for example in examples.context:
            picture = torch.from_numpy(np.ascontiguousarray(example.image, np.float32))
            other = model_image(picture[None, None].to(image.device), side)
            pairs.append(torch.cat([other, model_label(example.mask, side).to(other)], 1))
        if examples.own is not None:
            own = model_label(examples.own, side).to(image)
            pairs.append(torch.cat([image[None], own], 1))
        return torch.cat(pairs) if pairs else None


class UniverSeg(InContextModel):
    """Segments a slice by examples alone. Memory: None."""

    kind = "universeg"
    prompt_kinds = (Examples.kind,)
    _target_channels, _norm = 1, False


class MultiverSeg(InContextModel):
    """Segments a slice by examples together with strokes, clicks and boxes, or by examples alone.

    Memory: the last logits, as for ScribblePrompt
    (:class:`HermesLib.models.scribbleprompt.ScribblePrompt`). Officially another network, that of
    ScribblePrompt, answers where there are no examples; it is a model of its own here.
    """

    kind = "multiverseg"
    prompt_kinds = (Examples.kind, Scribbles.kind, Clicks.kind, Box.kind)
    mixed_kinds = prompt_kinds
    _target_channels, _norm = 5, True

    def target(
        self, prompt: Prompt, image: torch.Tensor, shape: tuple[int, int], memory: Memory
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        box, strokes = stroke_channels(prompt, shape, self.image_size)
        last = last_logits(memory, strokes)
        channels = torch.cat([box, strokes, last]).to(image.device)
        return torch.cat([image, channels]), strokes
