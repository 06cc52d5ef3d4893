"""Weights and inputs of the parity tests: everybody can make them again from seeds and formulas."""

import numpy as np
import torch

#: Learned tables, which have no fan-in to scale by.
_TABLES = ("gaussian_matrix", "pos_embed", "point_embeddings", "_embed.weight", "_token", "_tokens")
#: Weights that are made smaller, so that SAM's masks vary from place to place.
_SMALLER = "image_to_token.out_proj.weight"

#: The same for :func:`tensors_by_name`, and what makes SAM's masks vary there.
_NAMED_TABLES = (*_TABLES[:4], "_token.weight", "_tokens.weight")
_FAINT = {"image_to_token.out_proj.weight": 0.25, "image_encoder.neck.convs": 0.2}


def seeded_tensors(shapes: dict[str, list[int]]) -> dict[str, torch.Tensor]:
    """Tensor number i of a network, in the order of its state dict, from ``RandomState(i)``."""
    tensors = {}
    for number, (name, shape) in enumerate(shapes.items()):
        values = np.random.RandomState(number).standard_normal(int(np.prod(shape)))
        if any(part in name for part in _TABLES):
            values *= 0.5
        elif len(shape) >= 2:
            values *= np.sqrt(2 / np.prod(shape[1:])) * (0.25 if name.endswith(_SMALLER) else 1)
        elif name.endswith("weight") and shape[0] > 1:
            values = 1 + 0.1 * values
        else:
            values *= 0.1
        tensors[name] = torch.from_numpy(values.astype(np.float32).reshape(shape))
    return tensors


def grey_image(shape: tuple[int, int]) -> np.ndarray:
    """A bright disc on an uneven, noisy background; (H, W) uint8."""
    rows, columns = np.mgrid[: shape[0], : shape[1]].astype(float)
    rows /= shape[0]
    columns /= shape[1]
    image = 70 + 25 * np.sin(7 * columns + 2 * rows) * np.cos(5 * rows)
    image += 90 * ((rows - 0.45) ** 2 / 0.05 + (columns - 0.55) ** 2 / 0.03 <= 1)
    image += 4 * np.random.RandomState(1000).standard_normal(shape)
    return np.round(image.clip(0, 255)).astype(np.uint8)


#: A slice for MedSAM and a box (x1, y1, x2, y2) on it.
MEDSAM_SHAPE = (180, 150)
MEDSAM_BOX = (52, 40, 114, 124)

#: Prompts on ScribblePrompt's slice of 128 x 128.
SCRIBBLE_SHAPE = (128, 128)
SCRIBBLE_BOX = (44, 30, 98, 86)
SCRIBBLE_POINTS = np.array([[70, 58], [64, 70], [12, 100]])
SCRIBBLE_LABELS = np.array([1, 1, 0])


def scribbles() -> np.ndarray:
    """Positive and negative strokes (2, H, W), bool."""
    strokes = np.zeros((2, *SCRIBBLE_SHAPE), bool)
    strokes[0, 50, 55:90] = True
    strokes[0, 50:75, 60] = True
    strokes[1, 110, 20:100] = True
    return strokes


def previous_logits() -> np.ndarray:
    """Logits (H, W), float32, as if of an earlier call."""
    rows, columns = np.mgrid[: SCRIBBLE_SHAPE[0], : SCRIBBLE_SHAPE[1]] / 20
    return (2 * np.sin(columns) * np.cos(rows)).astype(np.float32)


def mideepseg_input() -> np.ndarray:
    """The network's input (2, 96, 96), float32 in 0..1."""
    image = grey_image((96, 96)) / 255
    rows, columns = np.mgrid[:96, :96] / 96
    nearness = np.exp(-4 * np.hypot(rows - 0.45, columns - 0.55))
    return np.stack([image, nearness]).astype(np.float32)


def tensors_by_name(shapes: dict[str, list[int]]) -> dict[str, torch.Tensor]:
    """Tensor number i of a network's sorted names from ``RandomState(i)``, for the SAM family.

    Unlike those of :func:`seeded_tensors`, SAM's masks made with these vary from place to place.
    """
    tensors = {}
    for number, name in enumerate(sorted(shapes)):
        shape = shapes[name]
        values = np.random.RandomState(number).standard_normal(int(np.prod(shape)))
        if any(part in name for part in _NAMED_TABLES):
            values *= 0.5
        elif len(shape) >= 2:
            values *= np.sqrt(2 / np.prod(shape[1:]))
        elif name.endswith("weight") and shape[0] > 1:
            values = 1 + 0.1 * values
        else:
            values *= 0.1
        for part, factor in _FAINT.items():
            if part in name:
                values = values * factor
        tensors[name] = torch.from_numpy(values.astype(np.float32).reshape(shape))
    return tensors


#: The SAM family's tiny networks: the same parts as the official ones, in a few thousand numbers.
TINY_SIDE = 64
TINY_ENCODER = {
    "img_size": TINY_SIDE,
    "patch_size": 8,
    "embed_dim": 32,
    "depth": 2,
    "num_heads": 2,
    "out_chans": 32,
    "window_size": 3,
    "global_attn_indexes": (1,),
}
#: The same for SAM 2.1, by the names of ``Sam2Config``.
TINY_SAM2 = {
    "image_size": 128,
    "width": 8,
    "heads": 1,
    "stages": (1, 2, 3, 1),
    "windows": (8, 4, 6, 3),
    "global_blocks": (4,),
    "background": 3,
    "features": 32,
    "memory_width": 16,
    "memory_layers": 1,
}
#: A slice of another aspect, and prompts on it: x1 y1 x2 y2; x y label, positive ones first.
TINY_SHAPE = (90, 70)
TINY_BOX = (22, 18, 55, 66)
TINY_CLICKS = np.array([[38, 40, 1], [44, 30, 1], [10, 80, 0]])
TINY_ASKS = ("click", "clicks", "box", "box_clicks", "box_second", "clicks_second")


def tiny_prompt(ask: str) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Clicks (N, 3) and box (4,) of one of ``TINY_ASKS``, None if it has none."""
    clicks = {"click": 1, "clicks": 3, "box_clicks": 3, "clicks_second": 3}.get(ask, 0)
    return (
        TINY_CLICKS[:clicks] if clicks else None,
        np.array(TINY_BOX) if ask.startswith("box") else None,
    )


def tiny_strokes() -> np.ndarray:
    """Positive and negative strokes (2, H, W), bool."""
    strokes = np.zeros((2, *TINY_SHAPE), bool)
    strokes[0, 40, 30:48] = True
    strokes[1, 82, 8:40] = True
    return strokes


def tiny_slices(count: int) -> np.ndarray:
    """Neighbouring slices (count, H, W), uint8: the disc moves, grows, and is missing on some."""
    rows, columns = np.mgrid[: TINY_SHAPE[0], : TINY_SHAPE[1]].astype(float)
    rows /= TINY_SHAPE[0]
    columns /= TINY_SHAPE[1]
    slices = []
    for index in range(count):
        image = 70 + 25 * np.sin(7 * columns + 2 * rows + 0.3 * index) * np.cos(5 * rows)
        places = ((rows - 0.45) / 0.22) ** 2 + ((columns - 0.55) / 0.17) ** 2
        image += 90 * (places <= 1 + 0.1 * np.sin(2.0 * index)) * (index % 6 != 5)
        image += 4 * np.random.RandomState(1000 + index).standard_normal(TINY_SHAPE)
        slices.append(np.round(image.clip(0, 255)).astype(np.uint8))
    return np.stack(slices)


#: Stacks of slices to propagate through: number of slices, the prompted one, its prompt, and what
#: is added to the logit of presence. ``many`` goes beyond the slices whose memories and pointers
#: are read; on some of ``absent`` the object is found, on others it is not.
TINY_STACKS = {
    "few": (5, 2, "box", 2.0),
    "corrected": (5, 1, "box_clicks", 2.0),
    "many": (20, 2, "click", 2.0),
    "absent": (12, 3, "clicks", 0.11),
}
#: Rounds of prompts on a stack: number of slices, and for each round the asks by slice, with all
#: that the slice was asked before. ``crowded`` has more slices with a prompt than a slice reads.
TINY_ROUNDS: dict[str, tuple[int, list[dict[int, str]]]] = {
    "corrected": (
        8,
        [{2: "box", 5: "clicks"}, {4: "click", 2: "box_clicks", 1: "clicks"}, {4: "clicks"}],
    ),
    "crowded": (14, [dict.fromkeys((1, 2, 3, 4, 5, 7, 8, 9, 10, 12), "box")]),
}
_PRESENCE_BIAS = "sam_mask_decoder.pred_obj_score_head.layers.2.bias"
#: Pointers are few beside the cells of the memories; with these factors they count.
_LOUD = {"obj_ptr_proj.layers.2.weight": 6.0, "obj_ptr_tpos_proj.weight": 6.0}


def propagation_tensors(tensors: dict[str, torch.Tensor], stack: str) -> dict[str, torch.Tensor]:
    """The tensors of a network that propagates through one of ``TINY_STACKS``."""
    changed = {name: tensors[name] * factor for name, factor in _LOUD.items()}
    changed[_PRESENCE_BIAS] = tensors[_PRESENCE_BIAS] + TINY_STACKS[stack][3]
    return {**tensors, **changed}
