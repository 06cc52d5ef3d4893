"""Propagation of an object from a prompted slice to all others, through SAM 2.1's memory.

From the prompted slice outwards, each slice is segmented without a prompt: its features read the
memories of the prompted slice and of the slices before it on the way. A memory holds the features
and the mask of a slice, and a pointer: the decoder's token of the mask.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch.nn import functional

from HermesLib.models.sam2.mask_decoder import Decoded
from HermesLib.models.sam2.network import Sam2Features, Sam2Network
from HermesLib.models.sam2.positions import distance_positions, plane_positions
from HermesLib.models.sam2.prompt_encoder import unprompted_tokens

#: The most slices with a pointer that a slice reads, the prompted one included.
_MOST_POINTERS = 16
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


class SliceMemory(NamedTuple):
    """A slice's memory.

    Attributes:
        cells: (s * s, M), as bfloat16, in which the official predictor keeps it.
        pointer: (C,).
    """

    cells: torch.Tensor
    pointer: torch.Tensor


def propagate(
    network: Sam2Network,
    features: Sequence[Sam2Features],
    prompted: int,
    decoded: Decoded,
    chosen: Chosen,
    *,
    together: bool,
    best: Callable[[torch.Tensor], int],
) -> list[PropagatedSlice]:
    """Segment N slices, first upwards from the prompted one, then downwards.

    Args:
        network: of the features.
        features: of each slice.
        prompted: index of the prompted slice.
        decoded, chosen: its answer.
        together: on the way down, also read the memories that the way up left.
        best: the best candidate by predicted IoU (4,), of the three for an unclear prompt.
    """
    answers, first = _remembered(network, features[prompted], decoded, chosen, is_prompted=True)
    answer_of = {prompted: answers}
    memories = {prompted: first}
    for step, end in ((1, len(features)), (-1, -1)):
        if not together:
            memories = {prompted: first}
        for index in range(prompted + step, end, step):
            reading = _Reading(network, memories, prompted, index, step, len(features))
            image = network.memory_attention(features[index].image, *reading.tokens())
            prompt = unprompted_tokens(network.sam_prompt_encoder)
            decoded = network.decode(image, features[index], prompt)
            number = best(decoded.overlap)
            answer_of[index], memories[index] = _remembered(
                network, features[index], decoded, Chosen(number, number), is_prompted=False
            )
    return [answer_of[index] for index in range(len(features))]


class _Reading:
    """What a slice reads of the memories of others.

    Args:
        network: gives the encodings.
        memories: by the slices' indices.
        prompted: index of the prompted slice.
        index: of the slice.
        step: 1 on the way up, -1 on the way down.
        slices: number of all slices.
    """

    def __init__(
        self,
        network: Sam2Network,
        memories: dict[int, SliceMemory],
        prompted: int,
        index: int,
        step: int,
        slices: int,
    ):
        self.network = network
        self.first = memories[prompted]
        self.distance = abs(index - prompted)
        self.most_pointers = min(slices, _MOST_POINTERS)
        #: Memories of unprompted slices by their distance, against the direction of the way.
        self.by_distance = {
            (index - other) * step: memory
            for other, memory in memories.items()
            if other != prompted and (index - other) * step > 0
        }

    def tokens(self) -> tuple[torch.Tensor, torch.Tensor, int]:
        """Memory, its positions and the number of pointers' parts, see :class:`MemoryAttention`."""
        cells, places = self._cells()
        pointers, distances = self._pointers()
        memory = torch.cat([cells, pointers])[None]
        return memory, torch.cat([places, distances])[None], len(pointers)

    def _cells(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Cells of the nearest slices and their positions, (k * s * s, M) each."""
        network = self.network
        width = network.config.memory_width
        nearest = range(1, network.config.memory_slices)
        # The last encoding is that of the prompted slice, at whatever distance.
        read = [(-1, self.first)] + [
            (distance - 1, self.by_distance[distance])
            for distance in nearest
            if distance in self.by_distance
        ]
        places = plane_positions(network.cells, width, self.first.pointer.device)
        encodings = network.maskmem_tpos_enc[:, 0]
        return (
            torch.cat([memory.cells.to(places.dtype) for _, memory in read]),
            torch.cat([places + encodings[row] for row, _ in read]),
        )

    def _pointers(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Pointers, cut into parts as wide as a memory, and their encoded distances."""
        network = self.network
        read = [(self.distance, self.first)] + [
            (distance, self.by_distance[distance])
            for distance in range(1, self.most_pointers)
            if distance in self.by_distance
        ]
        pointers = torch.stack([memory.pointer for _, memory in read])
        distances = pointers.new_tensor([distance for distance, _ in read])
        encoded = distance_positions(distances / (self.most_pointers - 1), pointers.shape[1])
        parts = pointers.unflatten(1, (-1, network.config.memory_width))
        positions = network.obj_ptr_tpos_proj(encoded)[:, None].expand_as(parts)
        return parts.flatten(0, 1), positions.flatten(0, 1)


def _remembered(
    network: Sam2Network,
    features: Sam2Features,
    decoded: Decoded,
    chosen: Chosen,
    *,
    is_prompted: bool,
) -> tuple[PropagatedSlice, SliceMemory]:
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
    answer = PropagatedSlice(low, decoded.overlap[chosen.mask], decoded.present)
    return answer, SliceMemory(cells.to(torch.bfloat16), pointer)
