"""What figures were measured on."""

import os
import platform
from typing import Any

import torch

from HermesLib import __version__
from HermesLib.threads import PASSIVE, usable_cores


def machine() -> dict[str, Any]:
    """Versions, processor, cores and threads, without the computer's name."""
    return {
        "hermes": __version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "system": platform.system(),
        "processor": platform.processor() or platform.machine(),
        "cores": usable_cores() or os.cpu_count(),
        "threads": torch.get_num_threads(),
        "waiting": {name: os.environ.get(name) for name in PASSIVE},
    }
