"""ScribblePrompt's UNet (Wong et al. 2024).

Strokes, clicks, boxes and the logits of the last call are channels of its input image.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from HermesLib.models.protocol import Embedding, Memory, Prediction
from HermesLib.models.registry import prompt_kind
from HermesLib.prompts.boxes import Box
from HermesLib.prompts.clicks import Clicks
from HermesLib.prompts.scribbles import Scribbles
from HermesLib.prompts.types import Prompt
from HermesLib.weights.checkpoint import Checkpoint
from HermesLib.weights.settings import Levels, Side, checked, read_settings


class _Layer(nn.Module):
    """A convolution with an optional PReLU, named ``conv.0`` and ``conv.1`` as officially."""

    def __init__(self, inputs: int, outputs: int, kernel: int, activation: bool = True):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2))
        if activation:
            self.conv.append(nn.PReLU())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(x)


class ScribblePromptUNet(nn.Module):
    """Input (B, 5, S, S) to logits (B, 1, S, S).

    One 3x3 convolution a level, max pooling down, bilinear upsampling back.
    """

    def __init__(self, features: Sequence[int] = (192, 192, 192, 192)):
        super().__init__()
        widths = [5, *features]
        self.ups = nn.ModuleList()
        self.downs = nn.ModuleList(_Layer(a, b, 3) for a, b in pairwise(widths))
        below = features[-1]
        for width in reversed(features):
            self.ups.append(nn.UpsamplingBilinear2d(scale_factor=2))
            self.ups.append(_Layer(below + width, width, 3))
            below = width
        self.bottleneck = _Layer(features[-1], features[-1], 3)
        self.final_conv = _Layer(features[0], 1, 1, activation=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        skips = []
        for down in self.downs:
            x = down(x)
            skips.append(x)
            x = functional.max_pool2d(x, 2)
        x = self.bottleneck(x)
        for level, skip in enumerate(reversed(skips)):
            x = self.ups[2 * level](x)
            x = self.ups[2 * level + 1](torch.cat([skip, x], 1))
        return self.final_conv(x)


@dataclass(frozen=True, eq=False)
class LastLogits:
    """The logits (1, S, S) of the last call and its strokes (2, S, S), on the CPU."""

    logits: torch.Tensor
    strokes: torch.Tensor


def last_logits(memory: LastLogits | None, strokes: torch.Tensor) -> torch.Tensor:
    """The logits (1, side, side) that are fed back beside strokes (2, side, side), on the CPU.

    Those of the last call as long as strokes are only added; zeros once a stroke is taken back.
    """
    if memory is not None and bool((strokes >= memory.strokes).all()):
        return memory.logits
    return torch.zeros_like(strokes[:1])


def stroke_channels(
    prompt: Prompt, shape: tuple[int, int], side: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Filled boxes (1, side, side), and positive and negative strokes and clicks (2, side, side).

    Strokes one pixel wide would fade in the official bilinear resize of large slices; here a pixel
    of the small grid is set where any stroke pixel falls on it. At 128x128 both are the same.

    Args:
        prompt: of one or several kinds.
        shape: rows and columns of the slice.
        side: of the network's image.
    """
    rows, columns = shape
    marks = prompt.marks()
    box = torch.zeros(1, side, side)
    for x1, y1, x2, y2 in marks.boxes:
        left, right = int(x1 * side / columns), int(x2 * side / columns)
        top, bottom = int(y1 * side / rows), int(y2 * side / rows)
        box[0, top:bottom, left:right] = 1
    strokes = torch.zeros(2, side, side)
    signed = (
        (marks.positive_strokes, marks.positive_points),
        (marks.negative_strokes, marks.negative_points),
    )
    for channel, (raster, points) in zip(strokes, signed, strict=True):
        pixels = [np.asarray(points, np.int64)]
        if raster is not None:
            pixels.append(np.argwhere(raster)[:, ::-1])
        x, y = np.concatenate(pixels).T
        channel[torch.from_numpy(y * side // rows), torch.from_numpy(x * side // columns)] = 1
    return box, strokes


@checked
@dataclass(frozen=True)
class ScribblePromptConfig:
    """What the project's files say beside the tensors; official ones say nothing.

    Attributes:
        image_size: side of the square that the network reads, pixels.
        features: channels of the levels, as the tensors have them.
    """

    image_size: Side = 128
    features: Levels | None = None


class ScribblePrompt:
    """The UNet behind the :class:`HermesLib.models.protocol.PromptableModel` protocol.

    Memory: the last logits are fed back as long as strokes are only added; once a stroke is taken
    back, the logits are discarded.
    """

    kind = "scribbleprompt"
    prompt_kinds: tuple[str, ...] = (Scribbles.kind, Clicks.kind, Box.kind)
    mixed_kinds: tuple[str, ...] = prompt_kinds

    def __init__(
        self, network: ScribblePromptUNet, image_size: int = 128, name: str = kind, sha256: str = ""
    ):
        self.network = network.eval()
        self.image_size = image_size
        self.name = name
        self.sha256 = sha256

    @classmethod
    def from_checkpoint(cls, checkpoint: Checkpoint) -> "ScribblePrompt":
        """Build from the official file or the project's; the tensors' shapes give the widths."""
        count = sum(
            name.startswith("downs.") and name.endswith("conv.0.bias")
            for name in checkpoint.tensors
        )
        features = [len(checkpoint.tensors[f"downs.{level}.conv.0.bias"]) for level in range(count)]
        network = ScribblePromptUNet(features)
        network.load_state_dict(checkpoint.tensors)
        settings = read_settings(ScribblePromptConfig, checkpoint.config)
        return cls(network, settings.image_size, sha256=checkpoint.sha256)

    def to(self, device: torch.device) -> "ScribblePrompt":
        """Move to a device."""
        self.network.to(device)
        return self

    @torch.inference_mode()
    def embed(self, images: torch.Tensor) -> Embedding:
        """The slices resized to the network's size (B, 1, S, S), as officially: bilinear."""
        size = (self.image_size, self.image_size)
        return Embedding(images, functional.interpolate(images, size, mode="bilinear").clamp(0, 1))

    @torch.inference_mode()
    def predict(
        self,
        embedding: Embedding,
        prompts: Sequence[Prompt],
        previous: Sequence[Memory] | None = None,
    ) -> Prediction:
        """See :class:`HermesLib.models.protocol.PromptableModel`."""
        shape = (embedding.images.shape[-2], embedding.images.shape[-1])
        device = embedding.features.device
        channels = []
        for prompt, memory in zip(prompts, previous or [None] * len(prompts), strict=True):
            prompt_kind(self, prompt.kind)
            box, strokes = stroke_channels(prompt, shape, self.image_size)
            channels.append(torch.cat([box, strokes, last_logits(memory, strokes)]))
        stacked = torch.stack(channels)
        logits = self.network(torch.cat([embedding.features, stacked.to(device)], 1))
        probability = functional.interpolate(torch.sigmoid(logits), shape, mode="bilinear")[:, 0]
        memory = [
            LastLogits(last, prompted[1:3])
            for last, prompted in zip(logits.cpu(), stacked, strict=True)
        ]
        return Prediction(probability, memory)
