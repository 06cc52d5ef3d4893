"""What an ensemble reads from the slices of a volume, before any mask is assessed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

import torch
from torch.nn import functional

from HermesLib.io.neighbours import neighbourhood, own_slice
from HermesLib.io.shelf import Shelf, ShelvedTensor
from HermesLib.networks.one_thread_each import one_thread_each
from HermesLib.quality.field_of_view import (
    Window,
    find_windows,
    from_grid,
    to_grid,
    volume_window,
)
from HermesLib.quality.network.context import ContextNetwork
from HermesLib.quality.network.ensemble import EnsembleNetworks
from HermesLib.quality.network.member import EnsembleMember

#: Slices that each member reads in one call on a GPU.
_TOGETHER = 8
#: A context network reads stacks of at least this extent, mm; less says nothing of the volume.
LEAST_EXTENT_MM = 30.0


@dataclass(frozen=True, eq=False)
class ContextMaps:
    """What the context networks read at one slice.

    Attributes:
        organ: (M, s, s) probability of the organ on the window's grid.
        window: the part of the slice that the grid shows.
        presence: (M,) log odds that the slice shows the organ.
    """

    organ: torch.Tensor
    window: Window
    presence: torch.Tensor


@dataclass(frozen=True, eq=False)
class EnsembleReading:
    """What an ensemble reads from one slice. Everything is on the CPU.

    The maps of a large volume are kept in a file, and read from it each time.

    Attributes:
        presence: (M,) log odds that the slice shows the organ.
        window: the part of the slice that the grid shows.
        context: of the context networks; None for a single slice or a thin stack.
    """

    presence: torch.Tensor
    window: Window
    context: ContextMaps | None
    _where: ShelvedTensor
    _organ: ShelvedTensor

    @property
    def where(self) -> torch.Tensor:
        """(M, S, S) float16, probability of the organ by member, given that the slice shows it."""
        return self._where.take()

    @property
    def organ(self) -> torch.Tensor:
        """(M, S, S) float16, probability of the organ by member, on any slice."""
        return self._organ.take()

    def organ_map(self, shape: tuple[int, int]) -> torch.Tensor:
        """Probability (H, W) of the organ, given that the slice shows it: the members' mean."""
        mean = self.where.float().mean(0)
        return from_grid(mean[None, None], [self.window], shape)[0, 0]

    def on_grid(self, masks: torch.Tensor) -> torch.Tensor:
        """Masks (B, H, W) as shares (B, S, S) of the grid's pixels."""
        side = self._where.shape[-1]
        windows = [self.window] * len(masks)
        return to_grid(masks[:, None].float().cpu(), windows, side)[:, 0]


@torch.inference_mode()
def read_ensemble(
    networks: EnsembleNetworks,
    images: torch.Tensor,
    thickness: float | None,
    chosen: Sequence[int],
) -> list[EnsembleReading]:
    """Read slices (B, C, H, W) in their order along the volume.

    Args:
        networks: the ensemble.
        images: each slice in the middle of its neighbours, float32 in 0..1.
        thickness: distance of the slices, mm; None for lone slices.
        chosen: which members and context networks read.
    """
    if not len(images):
        return []
    contexts = _read_context(networks, images, thickness, chosen)
    members = [networks.members[k] for k in chosen]
    # One by one on a CPU: sums of another size add up in another order, and gain little there.
    on_cpu = next(networks.parameters()).device.type == "cpu"
    at_once = 1 if on_cpu else _TOGETHER
    return list(read_members(members, images, contexts, at_once))  # type: ignore[arg-type]


def read_members(
    members: Sequence[EnsembleMember],
    images: torch.Tensor,
    contexts: "Sequence[ContextMaps | None]",
    at_once: int,
) -> Iterator[EnsembleReading]:
    """What members read from slices (B, C, H, W).

    Args:
        members: read the slices.
        images: each slice in the middle of its neighbours.
        contexts: what the context networks have read at each slice.
        at_once: so many slices are read in one call of each member.
    """
    config = members[0].config
    device = next(members[0].parameters()).device
    windows: list[Window] = []

    def squares() -> Iterator[torch.Tensor]:
        for rows in parts:
            pixels = neighbourhood(images[rows], config.neighbours)
            found = find_windows(pixels, config.field)
            windows.extend(found)
            yield to_grid(pixels.to(device), found, config.grid)

    parts = torch.arange(len(images)).split(at_once)
    calls = (partial(member, square) for square in squares() for member in members)
    answers = one_thread_each(calls, device)
    shelf = Shelf()
    for rows in parts:
        readings = list(islice(answers, len(members)))
        where = torch.stack([torch.sigmoid(item.where[:, 0]) for item in readings], 1).half().cpu()
        organ = torch.stack([torch.sigmoid(item.organ[:, 0]) for item in readings], 1).half().cpu()
        presence = torch.stack([item.presence for item in readings], 1).cpu()
        for place, row in enumerate(rows.tolist()):
            kept = shelf.keep(where[place]), shelf.keep(organ[place])
            yield EnsembleReading(presence[place], windows[row], contexts[row], *kept)


def _read_context(
    networks: EnsembleNetworks,
    images: torch.Tensor,
    thickness: float | None,
    chosen: Sequence[int],
) -> "list[ContextMaps | None]":
    """What the context networks read at every slice; None where the stack is too thin."""
    count = len(images)
    config = networks.config.context
    if config is None or thickness is None or count < 4 or count * thickness < LEAST_EXTENT_MM:
        return [None] * count
    own = own_slice(images)
    window = volume_window(own[:, 0], config.field)
    stack = torch.cat([to_grid(image[None], [window], config.grid) for image in own])[:, 0]
    planes = max(2, round(count * thickness / config.step_mm))
    padded = -(-planes // config.multiple) * config.multiple
    positions = _slice_positions(count, planes)
    volume = _resampled(stack, planes)
    volume = functional.pad(volume, (0, 0, 0, 0, 0, padded - planes))[None, None]
    maps, presence = [], []
    # Not side by side: a volume's layers are large, so that threads share one and memory holds one.
    for k in chosen:
        network = networks.contexts[k]
        assert isinstance(network, ContextNetwork)
        device = next(network.parameters()).device
        reading = network(volume.to(device))
        maps.append(_at(torch.sigmoid(reading.organ[0, 0, :planes]).cpu(), positions))
        presence.append(_at(reading.presence[0, :planes].cpu(), positions))
    organ = torch.stack(maps, 1).half()
    log_odds = torch.stack(presence, 1)
    return [ContextMaps(organ[k], window, log_odds[k]) for k in range(count)]


def _resampled(stack: torch.Tensor, planes: int) -> torch.Tensor:
    """A stack (N, S, S) resampled to ``planes`` planes; thinner slices are averaged."""
    columns = stack.flatten(1).T[:, None]  # (S * S, 1, N)
    if planes < len(stack):
        resampled = functional.interpolate(
            columns[:, :, None], (1, planes), mode="bilinear", antialias=True
        )[:, :, 0]
    else:
        resampled = functional.interpolate(columns, planes, mode="linear", align_corners=False)
    return resampled[:, 0].T.reshape(planes, *stack.shape[1:])


def _slice_positions(count: int, planes: int) -> torch.Tensor:
    """Where slices (N,) lie among the planes, in planes."""
    return ((torch.arange(count) + 0.5) / count * planes - 0.5).clamp(0, planes - 1)


def _at(values: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
    """Values (Z, ...) interpolated at positions (N,)."""
    low = positions.floor().long()
    high = (low + 1).clamp(max=len(values) - 1)
    share = (positions - low).view(-1, *[1] * (values.ndim - 1))
    return values[low] * (1 - share) + values[high] * share
