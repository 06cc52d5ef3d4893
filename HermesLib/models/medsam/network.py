"""MedSAM's network (Ma et al. 2024): parts of segment-anything, in official or smaller size."""

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import nn

from HermesLib.errors import HermesError
from HermesLib.models.medsam.pyramid_encoder import PATCH, PyramidEncoder
from HermesLib.models.medsam.torchvision_ops import ensure_torchvision_imports
from HermesLib.weights.settings import Count, CountOrNone, Depth, Side, checked, read_settings


@checked
@dataclass(frozen=True)
class MedSamConfig:
    """The network's numbers; the defaults are the official ViT-B's.

    Attributes:
        image_size: side of the input image.
        patch: pixels of the image's side to one of the features'.
        depth, width, heads, window, global_layers: the image transformer's; ``window`` 0 means
            global attention everywhere. A pyramid ignores them.
        prompt_width: channels of the features and of the prompt tokens.
        decoder_depth, decoder_heads, decoder_mlp: the mask decoder's transformer.
        mask_channels: the prompt encoder's, for mask prompts.
        quality_width: hidden channels of the head that predicts the mask's IoU.
        encoder: ``vit`` or ``pyramid`` (:mod:`HermesLib.models.medsam.pyramid_encoder`).
        trained_iou: whether the weights' training included the IoU head. It did not for MedSAM's
            official weights: they keep the head of SAM beside a fine-tuned decoder.
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
    encoder: str = "vit"
    trained_iou: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a checkpoint's metadata."""
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> "MedSamConfig":
        """Read from a checkpoint's metadata; an empty one means the official numbers."""
        return read_settings(cls, raw)


#: The bundled small model.
SMALL = MedSamConfig(
    image_size=192,
    patch=8,
    prompt_width=96,
    decoder_heads=4,
    decoder_mlp=256,
    mask_channels=8,
    quality_width=32,
    encoder="pyramid",
)


def _transformer(config: MedSamConfig) -> nn.Module:
    """The official image encoder with these numbers."""
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


class MedSamNetwork(nn.Module):
    """Image encoder, prompt encoder and mask decoder with the official tensor names."""

    def __init__(self, config: MedSamConfig):
        super().__init__()
        ensure_torchvision_imports()
        from segment_anything.modeling import MaskDecoder, PromptEncoder, TwoWayTransformer

        self.config = config
        cells = config.image_size // config.patch
        if config.encoder not in ("vit", "pyramid") or (
            config.encoder == "pyramid" and config.patch != PATCH
        ):
            raise HermesError(
                f"no image encoder '{config.encoder}' with patches of {config.patch}; update HERMES"
            )
        if config.encoder == "pyramid":
            self.image_encoder: nn.Module = PyramidEncoder(config.prompt_width)
        else:
            self.image_encoder = _transformer(config)
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

    def encode(self, images: torch.Tensor) -> torch.Tensor:
        """Images (B, 3, S, S) in 0..1 to features (B, C, S/p, S/p)."""
        return self.image_encoder(images)

    def decode(
        self, features: torch.Tensor, boxes: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Segment one box in each image.

        Args:
            features: (B, C, S/p, S/p).
            boxes: (B, 4) of x1 y1 x2 y2 in pixels of the network's image.

        Returns:
            Logits (B, 1, 4S/p, 4S/p) and predicted IoU (B,).
        """
        sparse, dense = self.prompt_encoder(points=None, boxes=boxes, masks=None)
        positions = self.prompt_encoder.get_dense_pe()

        def decode_image(
            feature: torch.Tensor, tokens: torch.Tensor, plane: torch.Tensor
        ) -> tuple[torch.Tensor, torch.Tensor]:
            # The official decoder takes one image and many prompts; mapped over the batch it takes
            # one prompt for each image.
            masks, overlap = self.mask_decoder(
                image_embeddings=feature[None],
                image_pe=positions,
                sparse_prompt_embeddings=tokens[None],
                dense_prompt_embeddings=plane[None],
                multimask_output=False,
            )
            return masks[0], overlap[0, 0]

        logits, overlap = torch.vmap(decode_image)(features, sparse, dense)
        return logits, overlap

    def forward(self, images: torch.Tensor, boxes: torch.Tensor) -> torch.Tensor:
        return self.decode(self.encode(images), boxes)[0]
