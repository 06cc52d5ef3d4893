"""The device that networks run on, and its memory."""

import ctypes
import gc
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache

import torch

from HermesLib.errors import HermesError

#: PyTorch has an exception type of its own for a GPU's allocator only; not for a CPU, nor for what
#: CUDA and its libraries allocate by themselves.
_NO_MEMORY = (
    "can't allocate memory",
    "not enough memory",
    "CUDA error: out of memory",
    "ALLOC_FAILED",
)


def select_device(name: str = "auto") -> torch.device:
    """The device called ``name``; ``auto`` is CUDA if it is usable, else the CPU.

    Raises:
        HermesError: an unknown name, or ``cuda`` without a usable CUDA device.
    """
    if name not in ("auto", "cpu", "cuda"):
        raise HermesError(f"unknown device '{name}'; choose auto, cpu or cuda")
    if name == "cuda" and not torch.cuda.is_available():
        raise HermesError("no CUDA device is usable here; choose --device cpu or auto")
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def half_precision(device: torch.device) -> torch.dtype | None:
    """The half precision that a device computes in by itself; None where it only emulates it."""
    if device.type == "cuda":
        if torch.cuda.is_bf16_supported(including_emulation=False):
            return torch.bfloat16
        # From compute capability 7.0 on, GPUs have units for float16.
        return torch.float16 if torch.cuda.get_device_capability(device) >= (7, 0) else None
    if device.type == "cpu":
        checks = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
        if any(getattr(torch.cpu, check, lambda: False)() for check in checks):
            return torch.bfloat16
    return None


def free_memory(device: torch.device) -> int:
    """Free memory of a GPU, bytes, with what PyTorch keeps for itself there."""
    free, _ = torch.cuda.mem_get_info(device)
    return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)


def memory_taken(device: torch.device, work: Callable[[], object]) -> int:
    """How much memory of a GPU some work takes at most, bytes."""
    before = torch.cuda.memory_allocated(device)
    torch.cuda.reset_peak_memory_stats(device)
    work()
    return torch.cuda.max_memory_allocated(device) - before


def use_threads(number: int | None) -> None:
    """Compute with so many threads; None for as many as PyTorch had chosen at first."""
    wanted = number or _own_threads()
    if torch.get_num_threads() != wanted:
        torch.set_num_threads(wanted)


@cache
def _own_threads() -> int:
    return torch.get_num_threads()


def is_out_of_memory(error: Exception) -> bool:
    """Whether a device or the computer had no memory left."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or any(
        text in str(error) for text in _NO_MEMORY
    )


def release_memory() -> None:
    """Give back what nobody uses, on the GPU too, so that other programs and other runs get it."""
    gc.collect()
    _trim()
    if torch.cuda.is_initialized():
        torch.cuda.empty_cache()


def _trim() -> None:
    """Let GNU's C library return freed memory to the system, which it keeps otherwise.

    Drawing figures leaves megabytes a run behind in its heap.
    """
    if sys.platform == "linux":
        # Other C libraries lack the function.
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
