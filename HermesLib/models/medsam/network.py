"""MedSAM's network (Ma et al. 2024): parts of segment-anything, in official or smaller size."""

from dataclasses import dataclass

import torch

from HermesLib.errors import HermesError
from HermesLib.models.medsam.pyramid_encoder import PATCH, PyramidEncoder
from HermesLib.models.sam_family.network import SamConfig, SamNetwork
from HermesLib.weights.settings import checked


@checked
@dataclass(frozen=True)
class MedSamConfig(SamConfig):
    """The network's numbers; the defaults are the official ViT-B's.

    Attributes:
        encoder: ``vit`` or ``pyramid`` (:mod:`HermesLib.models.medsam.pyramid_encoder`), which
            ignores the image transformer's numbers.
        trained_iou: whether the weights' training included the IoU head. It did not for MedSAM's
            official weights: they keep the head of SAM beside a fine-tuned decoder.
    """

    encoder: str = "vit"
    trained_iou: bool = False


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


class MedSamNetwork(SamNetwork):
    """SAM's network with a choice of image encoders, prompted by boxes."""

    def __init__(self, config: MedSamConfig):
        if config.encoder not in ("vit", "pyramid") or (
            config.encoder == "pyramid" and config.patch != PATCH
        ):
            raise HermesError(
                f"no image encoder '{config.encoder}' with patches of {config.patch}; update HERMES"
            )
        pyramid = config.encoder == "pyramid"
        super().__init__(config, PyramidEncoder(config.prompt_width) if pyramid else None)
        self.config = config

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
