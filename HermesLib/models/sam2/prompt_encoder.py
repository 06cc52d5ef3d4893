"""SAM 2.1's prompt tokens, from the tables of SAM's prompt encoder."""

from typing import Any

import torch

#: Labels of a token: padding, negative and positive points, and a box's two corners.
PADDING, NEGATIVE, POSITIVE, FIRST_CORNER, SECOND_CORNER = -1, 0, 1, 2, 3


def prompt_tokens(
    encoder: Any, points: torch.Tensor, labels: torch.Tensor, box: torch.Tensor | None
) -> torch.Tensor:
    """Tokens (1, N, C) of a box's corners, then of points, then one of padding.

    Unlike SAM, SAM 2 pads after a box too. A prompt without marks has no tokens.

    Args:
        encoder: segment-anything's prompt encoder.
        points: (N, 2) in pixels of the network's image.
        labels: (N,) 1 positive, 0 negative.
        box: (4,), None if there is none.
    """
    if box is not None:
        corners = labels.new_tensor([FIRST_CORNER, SECOND_CORNER])
        points, labels = torch.cat([box.reshape(2, 2), points]), torch.cat([corners, labels])
    if len(points) == 0:
        return points.new_zeros(1, 0, encoder.embed_dim)
    points = torch.cat([points + 0.5, points.new_zeros(1, 2)])
    labels = torch.cat([labels, labels.new_tensor([PADDING])])
    places = encoder.pe_layer.forward_with_coords(points[None], encoder.input_image_size)[0]
    kinds = (encoder.not_a_point_embed, *encoder.point_embeddings)
    table = torch.cat([kind.weight for kind in kinds])
    tokens: torch.Tensor = places * (labels != PADDING)[:, None] + table[labels - PADDING]
    return tokens[None]


def unprompted_tokens(encoder: Any) -> torch.Tensor:
    """Tokens (1, 2, C) of a slice without a prompt: twice padding."""
    padding: torch.Tensor = encoder.not_a_point_embed.weight
    return padding.expand(2, -1)[None]


def mask_plane(encoder: Any, mask: torch.Tensor | None, cells: int) -> torch.Tensor:
    """What is added to the features (1, C, cells, cells) for a mask (1, h, w), or for none."""
    if mask is None:
        plane: torch.Tensor = encoder.no_mask_embed.weight.reshape(1, -1, 1, 1)
        return plane.expand(-1, -1, cells, cells)
    plane = encoder.mask_downscaling(mask[None])
    return plane
