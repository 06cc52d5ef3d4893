"""What a slice reads of the memories of other slices, as SAM 2.1's video predictor reads them."""

from collections.abc import Mapping
from typing import NamedTuple

import torch

from HermesLib.models.sam2.network import Sam2Network
from HermesLib.models.sam2.positions import distance_positions, plane_positions

#: The most pointers that a slice reads of slices without a prompt, and one.
_MOST_POINTERS = 16
#: Prompted slices that a slice reads; of more, the nearest. The predictor's own limit is an option,
#: by default none: time and memory of the attention would grow with every correction.
MOST_PROMPTED = 8


class SliceMemory(NamedTuple):
    """A slice's memory.

    Attributes:
        cells: (s * s, M).
        pointer: (C,).
    """

    cells: torch.Tensor
    pointer: torch.Tensor


class Way(NamedTuple):
    """How a slice is reached.

    Attributes:
        step: 1 on the way up, -1 on the way down.
        slices: number of all slices.
    """

    step: int
    slices: int


def read_memories(
    network: Sam2Network,
    prompted: Mapping[int, SliceMemory],
    others: Mapping[int, SliceMemory],
    index: int,
    way: Way,
) -> tuple[torch.Tensor, torch.Tensor, int]:
    """Memory, its positions and the number of pointers' parts, see :class:`MemoryAttention`.

    Args:
        network: gives the encodings.
        prompted: memories of the slices with a prompt, by their indices.
        others: memories of slices without one.
        index: of the slice that reads.
        way: on which it is reached.
    """
    near = nearest_prompted(prompted, index)
    # Prompted slices beyond the nearest are read like those without a prompt.
    passed = {**{k: m for k, m in prompted.items() if k not in near}, **others}
    #: By their distance against the direction of the way.
    by_distance = {(index - k) * way.step: m for k, m in passed.items() if k not in near}
    cells, places = _cells(network, [prompted[k] for k in near], by_distance)
    before = {(index - k) * way.step: prompted[k] for k in near if (index - k) * way.step >= 0}
    pointers, distances = _pointers(network, before, by_distance, min(way.slices, _MOST_POINTERS))
    memory = torch.cat([cells, pointers])[None]
    return memory, torch.cat([places, distances])[None], len(pointers)


def nearest_prompted(prompted: Mapping[int, object], index: int) -> list[int]:
    """The prompted slices that a slice reads: one on each side, then the nearest.

    >>> nearest_prompted(dict.fromkeys([0, 1, 2, 3, 4, 5, 6, 7, 30]), 8)
    [7, 30, 6, 5, 4, 3, 2, 1]
    """
    if len(prompted) <= MOST_PROMPTED:
        return list(prompted)
    below = max((k for k in prompted if k < index), default=None)
    above = min((k for k in prompted if k >= index), default=None)
    sides = [k for k in (below, above) if k is not None]
    rest = sorted((k for k in prompted if k not in sides), key=lambda k: abs(k - index))
    return [*sides, *rest[: MOST_PROMPTED - len(sides)]]


def _cells(
    network: Sam2Network, prompted: list[SliceMemory], by_distance: Mapping[int, SliceMemory]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Cells of the nearest slices and their positions, (k * s * s, M) each."""
    # The last encoding is that of prompted slices, at whatever distance.
    read = [(-1, memory) for memory in prompted] + [
        (distance - 1, by_distance[distance])
        for distance in range(1, network.config.memory_slices)
        if distance in by_distance
    ]
    width = network.config.memory_width
    places = plane_positions(network.cells, width, prompted[0].pointer.device)
    encodings = network.maskmem_tpos_enc[:, 0]
    return (
        torch.cat([memory.cells.to(places.dtype) for _, memory in read]),
        torch.cat([places + encodings[row] for row, _ in read]),
    )


def _pointers(
    network: Sam2Network,
    prompted: Mapping[int, SliceMemory],
    by_distance: Mapping[int, SliceMemory],
    most: int,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Pointers, cut into parts as wide as a memory, and their encoded distances.

    Args:
        network: gives the encodings.
        prompted: by distance, only those that lie before the slice on the way.
        by_distance: the others.
        most: how many are read, and one.
    """
    read = [*prompted.items()] + [
        (distance, by_distance[distance]) for distance in range(1, most) if distance in by_distance
    ]
    width = network.config.memory_width
    if not read:
        nothing = network.maskmem_tpos_enc.new_zeros(0, width)
        return nothing, nothing
    pointers = torch.stack([memory.pointer for _, memory in read])
    distances = pointers.new_tensor([distance for distance, _ in read])
    encoded = distance_positions(distances / (most - 1), pointers.shape[1])
    parts = pointers.unflatten(1, (-1, width))
    positions = network.obj_ptr_tpos_proj(encoded)[:, None].expand_as(parts)
    return parts.flatten(0, 1), positions.flatten(0, 1)
