"""Where networks run."""

import torch

from HermesLib.errors import HermesError


def select_device(name: str = "auto") -> torch.device:
    """``auto`` takes CUDA where it works and else the CPU; ``cpu`` and ``cuda`` are taken literally.

    Raises:
        HermesError: unknown name, or ``cuda`` asked for where there is none.
    """
    if name not in ("auto", "cpu", "cuda"):
        raise HermesError(f"unknown device '{name}'; choose auto, cpu or cuda")
    if name == "cuda" and not torch.cuda.is_available():
        raise HermesError("no CUDA device is usable here; choose --device cpu or auto")
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)
