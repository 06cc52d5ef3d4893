"""Selection of the device that networks run on."""

import torch

from HermesLib.errors import HermesError


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
