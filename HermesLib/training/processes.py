"""Several processes that train one network together, as ``torchrun`` starts them.

Every process draws and computes its share of each batch; gradients are averaged before each step of
the optimiser, as PyTorch's ``DistributedDataParallel`` does. That class hooks into a network's
``forward``, and the stages of a QC core's training call parts of the network, so the averaging is
in :class:`HermesLib.training.optimisation.Learner`. Weights, running averages and optimisers stay
the same in all processes; the first one alone validates and writes.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
from torch import distributed, nn

from HermesLib.devices import select_device
from HermesLib.errors import HermesError

#: The others wait for the first one's validation for so long at most.
_TIMEOUT = timedelta(hours=2)
_PARTS = "parts"


@dataclass(frozen=True)
class Processes:
    """The processes that train one network together.

    Attributes:
        rank: of this process, from 0.
        number: how many there are.
        parts: a batch is drawn in so many parts, each with random numbers of its own, a multiple of
            ``number``. So the batches of a training are the same on any number of processes.
    """

    rank: int = 0
    number: int = 1
    parts: int = 1

    @property
    def first(self) -> bool:
        """Whether this process validates, prints and writes."""
        return self.rank == 0

    @property
    def own_parts(self) -> range:
        """The parts of a batch that this process draws."""
        each = self.parts // self.number
        return range(self.rank * each, (self.rank + 1) * each)

    def part_of(self, batch: int) -> int:
        """How many slices of a batch a part has.

        Raises:
            HermesError: parts of different sizes would weigh their slices differently.
        """
        if batch % self.parts:
            raise HermesError(
                f"a batch of {batch} cannot be divided among {self.parts} processes; choose another"
                " --batch"
            )
        return batch // self.parts

    def record(self) -> dict[str, int]:
        """What a training says of them in its settings; nothing where a batch is one part."""
        return {_PARTS: self.parts} if self.parts > 1 else {}


@contextmanager
def training_processes(folder: Path, device: str) -> Iterator[tuple[Processes, torch.device]]:
    """Join the processes that ``torchrun`` has started, if it has; and this process's device.

    Args:
        folder: of the training, which may have to be continued.
        device: ``auto``, ``cpu`` or ``cuda``.

    Raises:
        HermesError: fewer GPUs than processes; the training was started on a number of processes
            that this one does not divide.
    """
    number = started_processes()
    chosen = select_device(device)
    if number == 1:
        yield Processes(parts=_parts(folder, 1)), chosen
        return
    if chosen.type == "cuda":
        chosen = _own_gpu()
    distributed.init_process_group("nccl" if chosen.type == "cuda" else "gloo", timeout=_TIMEOUT)
    try:
        rank = distributed.get_rank()
        # The first process may change the folder, so it alone looks.
        parts = torch.tensor([_parts(folder, number) if rank == 0 else 0], device=chosen)
        distributed.broadcast(parts, 0)
        yield Processes(rank, number, int(parts)), chosen
    finally:
        distributed.destroy_process_group()


def started_processes() -> int:
    """How many processes ``torchrun`` has started; 1 without it."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_first() -> bool:
    """Whether this process is the first of those that ``torchrun`` has started."""
    return int(os.environ.get("RANK", "0")) == 0


def process_number() -> int:
    """How many processes share each batch."""
    return distributed.get_world_size() if _together() else 1


def wait_for_all() -> None:
    """Wait until all processes are here."""
    if _together():
        distributed.barrier()


def make_same(module: nn.Module) -> None:
    """Give all processes the first one's parameters and buffers."""
    if _together():
        for tensor in [*module.parameters(), *module.buffers()]:
            distributed.broadcast(tensor.detach(), 0)


def average_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Replace gradients by their mean over the processes."""
    gradients = [value.grad for value in parameters if value.grad is not None]
    if not _together() or not gradients:
        return
    together = torch.cat([gradient.flatten() for gradient in gradients])
    distributed.all_reduce(together)
    together /= distributed.get_world_size()
    sizes = [gradient.numel() for gradient in gradients]
    for gradient, mean in zip(gradients, together.split(sizes), strict=True):
        gradient.copy_(mean.view_as(gradient))


def mean_over_processes(value: torch.Tensor) -> torch.Tensor:
    """The mean of a value over the processes; every one of them must ask."""
    if not _together():
        return value
    mean = value.detach().clone()
    distributed.all_reduce(mean)
    return mean / distributed.get_world_size()


def mean_figures(figures: Mapping[str, float], device: torch.device) -> dict[str, float]:
    """The mean of each figure over the processes; every one of them must ask."""
    if not _together():
        return dict(figures)
    values = torch.tensor(list(figures.values()), dtype=torch.float32, device=device)
    return dict(zip(figures, mean_over_processes(values).tolist(), strict=True))


def with_shared_statistics(network: nn.Module, device: torch.device) -> nn.Module:
    """The network with batch normalisation over the whole batch, not over a process's share.

    Raises:
        HermesError: PyTorch has it on GPUs only.
    """
    norms = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
    if not _together() or not any(isinstance(part, norms) for part in network.modules()):
        return network
    if device.type != "cuda":
        raise HermesError(
            "a network with batch normalisation trains in several processes on GPUs only; start it"
            " without torchrun"
        )
    shared: nn.Module = nn.SyncBatchNorm.convert_sync_batchnorm(network)
    return shared


def _together() -> bool:
    return distributed.is_available() and distributed.is_initialized()


def _own_gpu() -> torch.device:
    here, gpus = int(os.environ.get("LOCAL_WORLD_SIZE", "1")), torch.cuda.device_count()
    if here > gpus:
        raise HermesError(
            f"{here} processes for {gpus} GPUs; start as many as there are, or with --device cpu"
        )
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    torch.cuda.set_device(device)
    return device


def _parts(folder: Path, number: int) -> int:
    """The parts of the batches of a training: as it began, or one a process."""
    try:
        settings: Any = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return number
    parts = int(settings.get(_PARTS, 1))
    if parts % number:
        raise HermesError(
            f"this training draws its batches in {parts} parts; continue it on a number of"
            f" processes that divides {parts}"
        )
    return parts
