"""The numbers of SAM 2.1's network (Ravi et al. 2024) in its four official sizes."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch

from HermesLib.weights.settings import Count, Levels, Side, checked, read_settings


@checked
@dataclass(frozen=True)
class Sam2Config:
    """The network's numbers; the defaults are those of the official tiny one.

    Attributes:
        image_size: side of the input image, a multiple of 32; no tensor's shape depends on it.
        width: channels of the image encoder's first stage; every stage has twice those before it.
        heads: of attention in the first stage; as the channels.
        stages: blocks of each of the four stages.
        windows: side of the windows of attention in each stage.
        global_blocks: blocks that attend to the whole image.
        background: side of the table of positions that is stretched over the image.
        features: channels of features and prompt tokens.
        decoder_mlp: hidden channels of the decoder's transformer and of the memory's.
        mask_channels: the prompt encoder's, for mask prompts.
        quality_width: hidden channels of the head that predicts the IoU.
        memory_width: channels of a memory.
        memory_layers: of the attention to memories.
        memory_slices: slices with a memory, the prompted one included.
    """

    image_size: Side = 1024
    width: Count = 96
    heads: Count = 1
    stages: Levels = (1, 2, 7, 2)
    windows: Levels = (8, 4, 14, 7)
    global_blocks: tuple[int, ...] = (5, 7, 9)
    background: Count = 7
    features: Count = 256
    decoder_mlp: Count = 2048
    mask_channels: Count = 16
    quality_width: Count = 256
    memory_width: Count = 64
    memory_layers: Count = 4
    memory_slices: Count = 7

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a checkpoint's metadata."""
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> "Sam2Config":
        """Read from a checkpoint's metadata."""
        return read_settings(cls, raw)


TINY = Sam2Config()
SMALL = replace(TINY, stages=(1, 2, 11, 2), global_blocks=(7, 10, 13))
BASE = Sam2Config(
    width=112, heads=2, stages=(2, 3, 16, 3), global_blocks=(12, 16, 20), background=14
)
LARGE = Sam2Config(
    width=144, heads=2, stages=(2, 6, 36, 4), windows=(8, 4, 16, 8), global_blocks=(23, 33, 43)
)


def official_config(tensors: Mapping[str, torch.Tensor]) -> Sam2Config:
    """The numbers of an official file, by its width and number of blocks.

    Raises:
        KeyError, ValueError: tensors that are not those of an official size.
    """
    width = len(tensors["image_encoder.trunk.patch_embed.proj.bias"])
    blocks = sum(
        name.startswith("image_encoder.trunk.blocks.") and name.endswith("attn.qkv.bias")
        for name in tensors
    )
    for config in (TINY, SMALL, BASE, LARGE):
        if (config.width, sum(config.stages)) == (width, blocks):
            return config
    raise ValueError("no official size")
