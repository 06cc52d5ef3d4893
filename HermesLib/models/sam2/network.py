"""SAM 2.1's network: image encoder, prompt encoder and mask decoder, and the parts of its memory.

The tensors have the official names. SAM's prompt encoder and the decoder's transformer come from
segment-anything.
"""

from typing import NamedTuple

import torch
from torch import nn

from HermesLib.models.sam2.config import Sam2Config
from HermesLib.models.sam2.image_encoder import ImageEncoder
from HermesLib.models.sam2.layers import Mlp
from HermesLib.models.sam2.mask_decoder import Decoded, MaskDecoder
from HermesLib.models.sam2.memory_attention import MemoryAttention
from HermesLib.models.sam2.memory_encoder import MemoryEncoder
from HermesLib.models.sam2.prompt_encoder import mask_plane, prompt_tokens
from HermesLib.models.sam_family.network import PromptedNetwork
from HermesLib.models.sam_family.torchvision_ops import ensure_torchvision_imports

#: Pixels of the image's side to one of the features'.
_PATCH = 16


class Sam2Features(NamedTuple):
    """Features of B images, at a sixteenth, an eighth and a quarter of the image's side.

    Those at a sixteenth are as they are without any memory.
    """

    image: torch.Tensor
    middle: torch.Tensor
    fine: torch.Tensor


class Sam2Network(PromptedNetwork):
    """The official network; ``image_size`` is all that distinguishes MedSAM2's."""

    def __init__(self, config: Sam2Config):
        super().__init__()
        ensure_torchvision_imports()
        from segment_anything.modeling import PromptEncoder

        self.config = config
        width, memory = config.features, config.memory_width
        self.cells = config.image_size // _PATCH
        self.image_encoder = ImageEncoder(config)
        self.sam_prompt_encoder = PromptEncoder(
            embed_dim=width,
            image_embedding_size=(self.cells, self.cells),
            input_image_size=(config.image_size, config.image_size),
            mask_in_chans=config.mask_channels,
        )
        self.sam_mask_decoder = MaskDecoder(config)
        self.no_mem_embed = nn.Parameter(torch.zeros(1, 1, width))
        # What only propagation through slices reads; mask_downsample and no_mem_pos_enc: nothing.
        self.memory_attention = MemoryAttention(config)
        self.memory_encoder = MemoryEncoder(config)
        self.mask_downsample = nn.Conv2d(1, 1, 4, stride=4)
        self.maskmem_tpos_enc = nn.Parameter(torch.zeros(config.memory_slices, 1, 1, memory))
        self.no_mem_pos_enc = nn.Parameter(torch.zeros(1, 1, width))
        self.no_obj_ptr = nn.Parameter(torch.zeros(1, width))
        self.no_obj_embed_spatial = nn.Parameter(torch.zeros(1, memory))
        self.obj_ptr_proj = Mlp((width,) * 4, nn.ReLU())
        self.obj_ptr_tpos_proj = nn.Linear(width, memory)

    @property
    def image_size(self) -> int:
        """Side of the image that it takes, in pixels."""
        return self.config.image_size

    def encode(self, images: torch.Tensor) -> Sam2Features:
        """Images (B, 3, S, S) to their features."""
        fine, middle, image = self.image_encoder(images)
        return Sam2Features(
            image,
            self.sam_mask_decoder.conv_s1(middle),
            self.sam_mask_decoder.conv_s0(fine),
        )

    def candidates(
        self,
        features: Sam2Features,
        points: torch.Tensor,
        labels: torch.Tensor,
        box: torch.Tensor | None,
        mask: torch.Tensor | None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """See :class:`PromptedNetwork`; masks have a quarter of the image's side."""
        decoded = self.decode_prompted(features, points, labels, box, mask)
        return decoded.logits, decoded.overlap

    def decode_prompted(
        self,
        features: Sam2Features,
        points: torch.Tensor,
        labels: torch.Tensor,
        box: torch.Tensor | None,
        mask: torch.Tensor | None,
    ) -> Decoded:
        """All that the decoder gives for a slice without memories of others.

        Args:
            features, points, labels, box, mask: see :meth:`candidates`.
        """
        image = features.image + self.no_mem_embed.reshape(1, -1, 1, 1)
        tokens = prompt_tokens(self.sam_prompt_encoder, points, labels, box)
        return self.decode(image, features, tokens, mask)

    def decode(
        self,
        image: torch.Tensor,
        features: Sam2Features,
        tokens: torch.Tensor,
        mask: torch.Tensor | None = None,
    ) -> Decoded:
        """All that the decoder gives for one image and one prompt.

        Args:
            image: (1, C, s, s) features at a sixteenth, informed by memories or by their absence.
            features: of the image, for the finer ones.
            tokens: (1, N, C) of the prompt.
            mask: see :meth:`candidates`.
        """
        encoder = self.sam_prompt_encoder
        decoded: Decoded = self.sam_mask_decoder(
            image + mask_plane(encoder, mask, self.cells),
            (features.fine, features.middle),
            encoder.get_dense_pe(),
            tokens,
        )
        return decoded
