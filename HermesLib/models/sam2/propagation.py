"""Propagation of an object from prompted slices to all others, through SAM 2.1's memory.

From the lowest prompted slice, first upwards and then downwards, each slice is segmented without a
prompt: its features read the memories of the prompted slices and of the slices before it on the
way. A memory holds the features and the mask of a slice, and a pointer: the decoder's token of the
mask. Prompted slices keep the answer that their prompt got.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import torch
from torch.nn import functional

from HermesLib.models.sam2.mask_decoder import Decoded
from HermesLib.models.sam2.memories import SliceMemory, Way, read_memories
from HermesLib.models.sam2.network import Sam2Features, Sam2Network
from HermesLib.models.sam2.prompt_encoder import unprompted_tokens

#: In which the official predictor keeps the cells of memories.
CELLS = torch.bfloat16
#: Logits of a mask on a slice that does not show the object.
_NOTHING = -1024.0
#: Probabilities 0..1 of a mask become -10..10 for the memory encoder.
_SCALE, _SHIFT = 20.0, -10.0


class PropagatedSlice(NamedTuple):
    """A slice's answer.

    Attributes:
        low: (1, h, w) logits of the mask at a quarter of the network's image; the same large
            negative number everywhere if the object is not on the slice.
        overlap: () predicted IoU of the mask.
        present: () logit that the object is on the slice.
    """

    low: torch.Tensor
    overlap: torch.Tensor
    present: torch.Tensor


class Chosen(NamedTuple):
    """Which of the decoder's four candidates is a slice's mask, and whose token its pointer."""

    mask: int
    token: int


class Remembered(NamedTuple):
    """A slice's answer and its memory."""

    answer: PropagatedSlice
    memory: SliceMemory


class Propagated(NamedTuple):
    """A stack of slices after a propagation.

    Attributes:
        prompted: the slices with a prompt, by their indices.
        others: all other slices.
    """

    prompted: Mapping[int, Remembered]
    others: Mapping[int, Remembered]

    def of(self, index: int) -> Remembered:
        """A slice, with or without a prompt."""
        return self.prompted[index] if index in self.prompted else self.others[index]

    def answers(self) -> dict[int, PropagatedSlice]:
        """By index, in the order of the slices."""
        indices = sorted([*self.others, *self.prompted])
        return {index: self.of(index).answer for index in indices}


def propagate(
    network: Sam2Network,
    features: Sequence[Sam2Features],
    prompted: Mapping[int, Remembered],
    *,
    together: bool,
    best: Callable[[torch.Tensor], int],
    on_slice: Callable[[int], object] = lambda done: None,
) -> Propagated:
    """Segment N slices, first upwards from the lowest prompted one, then downwards.

    Args:
        network: of the features.
        features: of each slice; each is asked for once.
        prompted: answers and memories of the prompted slices, at least one.
        together: on the way down, also read the memories that the way up left.
        best: the best candidate by predicted IoU (4,), of the three for an unclear prompt.
        on_slice: called after each slice with the number of slices that are done.
    """
    fixed = {index: slice_.memory for index, slice_ in prompted.items()}
    others: dict[int, Remembered] = {}
    lowest = min(prompted)
    for step, end in ((1, len(features)), (-1, -1)):
        read = {index: slice_.memory for index, slice_ in others.items()} if together else {}
        for index in range(lowest + step, end, step):
            if index in prompted:
                continue
            of_slice = features[index]
            way = Way(step, len(features))
            memories = read_memories(network, fixed, read, index, way)
            image = network.memory_attention(of_slice.image, *memories)
            prompt = unprompted_tokens(network.sam_prompt_encoder)
            decoded = network.decode(image, of_slice, prompt)
            number = best(decoded.overlap)
            chosen = Chosen(number, number)
            others[index] = remembered(network, of_slice, decoded, chosen, is_prompted=False)
            read[index] = others[index].memory
            on_slice(len(prompted) + len(others))
    return Propagated(prompted, others)


def corrected(
    network: Sam2Network,
    features: Sam2Features,
    index: int,
    last: Propagated,
    tokens: torch.Tensor,
    mask: torch.Tensor,
    *,
    together: bool,
) -> Decoded:
    """What the decoder gives for a further prompt on a slice that has an answer.

    Its features read the memories as on the way on which the slice was reached.

    Args:
        network: of the features.
        features: of the slice.
        index: of the slice.
        last: the propagation that gave the answer.
        tokens: of the prompt.
        mask: (1, h, w) logits of the answer, as they are fed back.
        together: whether both ways read each other's memories.
    """
    lowest = min(last.prompted)
    way = Way(1 if index > lowest or lowest == 0 else -1, len(last.prompted) + len(last.others))
    read = {
        other: slice_.memory
        for other, slice_ in last.others.items()
        if together or (other - lowest) * way.step > 0
    }
    fixed = {other: slice_.memory for other, slice_ in last.prompted.items()}
    image = network.memory_attention(
        features.image, *read_memories(network, fixed, read, index, way)
    )
    return network.decode(image, features, tokens, mask)


def remembered(
    network: Sam2Network,
    features: Sam2Features,
    decoded: Decoded,
    chosen: Chosen,
    *,
    is_prompted: bool,
) -> Remembered:
    """A slice's answer and its memory. The mask of a prompted slice is remembered as 0 or 1."""
    is_shown = bool(decoded.present > 0)
    low = decoded.logits[chosen.mask : chosen.mask + 1]
    if not is_shown:
        low = torch.full_like(low, _NOTHING)
    size = (network.image_size, network.image_size)
    large = functional.interpolate(low[None], size, mode="bilinear")
    mask = (large > 0).to(large.dtype) if is_prompted else torch.sigmoid(large)
    memory = network.memory_encoder(features.image, mask * _SCALE + _SHIFT)
    cells = memory[0].flatten(1).T
    pointer = network.obj_ptr_proj(decoded.tokens[chosen.token])
    if not is_shown:
        cells = cells + network.no_obj_embed_spatial
        pointer = network.no_obj_ptr[0]
    # A copy: a part of the four candidates would keep them all.
    answer = PropagatedSlice(low.clone(), decoded.overlap[chosen.mask], decoded.present)
    return Remembered(answer, SliceMemory(cells.to(CELLS), pointer))
