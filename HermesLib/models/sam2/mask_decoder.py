"""SAM 2.1's mask decoder: SAM's, with finer features of the image and a token for presence."""

from typing import NamedTuple

import torch
from torch import nn

from HermesLib.models.sam2.config import Sam2Config
from HermesLib.models.sam2.layers import ChannelNorm, Mlp
from HermesLib.models.sam_family.torchvision_ops import ensure_torchvision_imports

_MASKS = 4


class Decoded(NamedTuple):
    """What the decoder gives for one image and one prompt.

    Attributes:
        logits: (4, h, w).
        overlap: (4,) predicted IoU, within 0..1.
        tokens: (4, C) of the masks, from which pointers to the object are made.
        present: () logit that the object is on the image.
    """

    logits: torch.Tensor
    overlap: torch.Tensor
    tokens: torch.Tensor
    present: torch.Tensor


class MaskDecoder(nn.Module):
    """Features and prompt tokens to four masks with their predicted IoU."""

    def __init__(self, config: Sam2Config):
        super().__init__()
        ensure_torchvision_imports()
        from segment_anything.modeling import TwoWayTransformer

        width = config.features
        self.transformer = TwoWayTransformer(2, width, 8, config.decoder_mlp)
        for layer in self.transformer.layers:
            layer.mlp = Mlp((width, config.decoder_mlp, width), nn.ReLU())
        self.obj_score_token = nn.Embedding(1, width)
        self.iou_token = nn.Embedding(1, width)
        self.mask_tokens = nn.Embedding(_MASKS, width)
        self.conv_s0 = nn.Conv2d(width, width // 8, 1)
        self.conv_s1 = nn.Conv2d(width, width // 4, 1)
        self.output_upscaling = nn.Sequential(
            nn.ConvTranspose2d(width, width // 4, 2, stride=2),
            ChannelNorm(width // 4),
            nn.GELU(),
            nn.ConvTranspose2d(width // 4, width // 8, 2, stride=2),
            nn.GELU(),
        )
        self.output_hypernetworks_mlps = nn.ModuleList(
            Mlp((width, width, width, width // 8), nn.ReLU()) for _ in range(_MASKS)
        )
        hidden = config.quality_width
        self.iou_prediction_head = Mlp((width, hidden, hidden, _MASKS), nn.ReLU())
        self.pred_obj_score_head = Mlp((width, width, width, 1), nn.ReLU())

    def forward(
        self,
        image: torch.Tensor,
        finer: tuple[torch.Tensor, torch.Tensor],
        positions: torch.Tensor,
        prompt: torch.Tensor,
    ) -> Decoded:
        """Decode.

        Args:
            image: (1, C, s, s) features with the mask prompt added.
            finer: (1, C/8, 4s, 4s) and (1, C/4, 2s, 2s), which went through ``conv_s0`` and
                ``conv_s1``.
            positions: (1, C, s, s) of the features.
            prompt: (1, N, C) tokens.
        """
        own = (self.obj_score_token, self.iou_token, self.mask_tokens)
        tokens = torch.cat([*(part.weight for part in own), prompt[0]])[None]
        answers, pixels = self.transformer(image, positions, tokens)
        present, overlap, masks = answers[0].split([1, 1, answers.shape[1] - 2])
        masks = masks[:_MASKS]
        grid = pixels.transpose(1, 2).reshape(image.shape)
        first, norm, activation, second, last = self.output_upscaling
        grid = activation(norm(first(grid) + finer[1]))
        grid = last(second(grid) + finer[0])
        weights = torch.stack(
            [mlp(token) for mlp, token in zip(self.output_hypernetworks_mlps, masks, strict=True)]
        )
        logits = (weights @ grid[0].flatten(1)).unflatten(1, grid.shape[-2:])
        return Decoded(
            logits,
            torch.sigmoid(self.iou_prediction_head(overlap[0])),
            masks,
            self.pred_obj_score_head(present[0])[0],
        )
