"""SAM's network (Kirillov et al. 2023): the parts of segment-anything, in any size."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import torch
from torch import nn

from HermesLib.models.sam_family.torchvision_ops import ensure_torchvision_imports
from HermesLib.weights.settings import Count, CountOrNone, Depth, Side, checked, read_settings

#: Means and deviations of the channels of images on 0..255, in every official file's code.
MEAN = (123.675, 116.28, 103.53)
DEVIATION = (58.395, 57.12, 57.375)

Config = TypeVar("Config", bound="SamConfig")


@checked
@dataclass(frozen=True)
class SamConfig:
    """The network's numbers; the defaults are those of the official ViT-B.

    Attributes:
        image_size: side of the input image.
        patch: pixels of the image's side to one of the features'.
        depth, width, heads, window, global_layers: the image transformer's; ``window`` 0 means
            global attention everywhere.
        prompt_width: channels of the features and of the prompt tokens.
        decoder_depth, decoder_heads, decoder_mlp: the mask decoder's transformer.
        mask_channels: the prompt encoder's, for mask prompts.
        quality_width: hidden channels of the head that predicts the mask's IoU.
    """

    image_size: Side = 1024
    patch: Count = 16
    depth: Depth = 12
    width: Count = 768
    heads: Count = 12
    window: CountOrNone = 14
    global_layers: tuple[int, ...] = (2, 5, 8, 11)
    prompt_width: Count = 256
    decoder_depth: Depth = 2
    decoder_heads: Count = 8
    decoder_mlp: Count = 2048
    mask_channels: Count = 16
    quality_width: Count = 256

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a checkpoint's metadata."""
        return asdict(self)

    @classmethod
    def from_dict(cls: type[Config], raw: dict[str, Any]) -> Config:
        """Read from a checkpoint's metadata; an empty one means the official numbers."""
        return read_settings(cls, raw)


def config_of(tensors: Mapping[str, torch.Tensor]) -> SamConfig:
    """The numbers of an official file (ViT-B, ViT-L or ViT-H), read from its tensors' shapes.

    Only the number of the decoder's heads leaves no trace in a shape; officially it is 8.

    Raises:
        KeyError, IndexError, ValueError: tensors that are not those of such a network.
    """
    width, _, patch, _ = tensors["image_encoder.patch_embed.proj.weight"].shape
    cells = tensors["image_encoder.pos_embed"].shape[1]
    tables = [
        tensors[f"image_encoder.blocks.{layer}.attn.rel_pos_h"].shape
        for layer in range(_count(tensors, "image_encoder.blocks.", ".attn.rel_pos_h"))
    ]
    # A table has a row for every distance within a window, or within the whole image.
    reaches = [(rows + 1) // 2 for rows, _ in tables]
    windows = {reach for reach in reaches if reach != cells}
    if len(windows) > 1:
        raise ValueError("windows of several sizes")
    layers = _count(tensors, "mask_decoder.transformer.layers.", ".mlp.lin1.bias")
    return SamConfig(
        image_size=cells * patch,
        patch=patch,
        depth=len(tables),
        width=width,
        heads=width // tables[0][1],
        window=windows.pop() if windows else 0,
        global_layers=tuple(layer for layer, reach in enumerate(reaches) if reach == cells),
        prompt_width=len(tensors["image_encoder.neck.1.bias"]),
        decoder_depth=layers,
        decoder_mlp=len(tensors["mask_decoder.transformer.layers.0.mlp.lin1.bias"]),
        mask_channels=len(tensors["prompt_encoder.mask_downscaling.3.bias"]),
        quality_width=len(tensors["mask_decoder.iou_prediction_head.layers.0.bias"]),
    )


def _count(tensors: Mapping[str, torch.Tensor], start: str, end: str) -> int:
    return sum(name.startswith(start) and name.endswith(end) for name in tensors)


def normalised(images: torch.Tensor) -> torch.Tensor:
    """Images (B, 3, H, W) on 0..255 with SAM's means and deviations of the channels taken out."""
    mean, deviation = (
        torch.tensor(values, device=images.device)[:, None, None] for values in (MEAN, DEVIATION)
    )
    return (images - mean) / deviation


def vision_transformer(config: SamConfig) -> nn.Module:
    """The official image encoder with these numbers."""
    ensure_torchvision_imports()
    from segment_anything.modeling import ImageEncoderViT

    return ImageEncoderViT(
        img_size=config.image_size,
        patch_size=config.patch,
        embed_dim=config.width,
        depth=config.depth,
        num_heads=config.heads,
        out_chans=config.prompt_width,
        use_rel_pos=True,
        window_size=config.window,
        global_attn_indexes=config.global_layers,
        norm_layer=lambda width: nn.LayerNorm(width, eps=1e-6),
    )


class PromptedNetwork(nn.Module, ABC):
    """What an adapter of the SAM family asks of its network."""

    @property
    @abstractmethod
    def image_size(self) -> int:
        """Side of the image that it takes, in pixels."""

    @abstractmethod
    def encode(self, images: torch.Tensor) -> Any:
        """Images (B, 3, S, S) to features of any structure, see :class:`Embedding`."""

    @abstractmethod
    def candidates(
        self,
        features: Any,
        points: torch.Tensor,
        labels: torch.Tensor,
        box: torch.Tensor | None,
        mask: torch.Tensor | None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """All masks that the decoder offers for one image and one prompt.

        Args:
            features: of the image.
            points: (N, 2) of x, y in pixels of the network's image; N may be 0.
            labels: (N,) 1 for positive, 0 for negative points.
            box: (4,) of x1 y1 x2 y2 in the same pixels.
            mask: (1, h, w) of an earlier answer, in the form that the model was trained with.

        Returns:
            Logits (4, h, w) and predicted IoU (4,): first the single mask for a prompt that is
            clear, then three for one that may mean a part, an object or a whole.
        """


class SamNetwork(PromptedNetwork):
    """Image encoder, prompt encoder and mask decoder with the official tensor names.

    Args:
        config: the numbers.
        image_encoder: in place of the official vision transformer; images (B, 3, S, S) to features
            (B, C, S/p, S/p).
    """

    def __init__(self, config: SamConfig, image_encoder: nn.Module | None = None):
        super().__init__()
        ensure_torchvision_imports()
        from segment_anything.modeling import MaskDecoder, PromptEncoder, TwoWayTransformer

        cells = config.image_size // config.patch
        self.image_encoder = vision_transformer(config) if image_encoder is None else image_encoder
        self.prompt_encoder = PromptEncoder(
            embed_dim=config.prompt_width,
            image_embedding_size=(cells, cells),
            input_image_size=(config.image_size, config.image_size),
            mask_in_chans=config.mask_channels,
        )
        self.mask_decoder = MaskDecoder(
            transformer_dim=config.prompt_width,
            transformer=TwoWayTransformer(
                config.decoder_depth, config.prompt_width, config.decoder_heads, config.decoder_mlp
            ),
            iou_head_hidden_dim=config.quality_width,
        )

    @property
    def image_size(self) -> int:
        """Side of the image that it takes, in pixels."""
        side: int = self.prompt_encoder.input_image_size[0]
        return side

    def encode(self, images: torch.Tensor) -> torch.Tensor:
        """Images (B, 3, S, S) to features (B, C, S/p, S/p)."""
        features: torch.Tensor = self.image_encoder(images)
        return features

    def candidates(
        self,
        features: torch.Tensor,
        points: torch.Tensor,
        labels: torch.Tensor,
        box: torch.Tensor | None,
        mask: torch.Tensor | None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """See :class:`PromptedNetwork`; features (1, C, S/p, S/p), masks (.., 4S/p, 4S/p)."""
        sparse, dense = self.prompt_encoder(
            points=(points[None], labels[None]) if len(points) else None,
            boxes=None if box is None else box[None],
            masks=None if mask is None else mask[None],
        )
        logits, overlap = self.mask_decoder.predict_masks(
            image_embeddings=features,
            image_pe=self.prompt_encoder.get_dense_pe(),
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
        )
        return logits[0], overlap[0]
