"""What figures were measured on."""

import os
import platform
from typing import Any

import torch

from HermesLib import __version__
from HermesLib.threads import PASSIVE, usable_cores


def machine() -> dict[str, Any]:
    """Versions, processor, cores, threads and GPU, without the computer's name."""
    return {
        "hermes": __version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "system": platform.system(),
        "processor": platform.processor() or platform.machine(),
        "cores": usable_cores() or os.cpu_count(),
        "threads": torch.get_num_threads(),
        "waiting": {name: os.environ.get(name) for name in PASSIVE},
        "gpu": _gpu() if torch.cuda.is_available() else None,
    }


def _gpu() -> dict[str, Any]:
    properties = torch.cuda.get_device_properties(torch.cuda.current_device())
    return {
        "name": properties.name,
        "memory_gb": round(properties.total_memory / 2**30, 1),
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version(),
    }
