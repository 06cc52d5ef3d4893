"""How much memory is held by what is kept."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from HermesLib.io.scratch import Scratch


def tensor_bytes(kept: Any) -> int:
    """Bytes of all tensors and arrays that an object holds, to any depth, each storage once.

    Networks are left out: they are kept elsewhere. Of what is kept in files, too, only what is in
    memory counts.

    >>> values = torch.zeros(3, 4)
    >>> tensor_bytes({"all": values, "part": (values[:1], [values[1:]])})
    48
    """
    storages: dict[int, int] = {}
    seen: set[int] = set()
    waiting = [kept]
    while waiting:
        held = waiting.pop()
        if id(held) in seen or isinstance(held, torch.nn.Module | str | bytes | int | float):
            continue
        seen.add(id(held))
        if isinstance(held, torch.Tensor):
            storage = held.untyped_storage()
            storages[storage.data_ptr()] = storage.nbytes()
        elif isinstance(held, Scratch):
            storages[id(held)] = held.memory_bytes
        elif isinstance(held, np.ndarray):
            owner = held if held.base is None else held.base
            storages[id(owner)] = getattr(owner, "nbytes", held.nbytes)
        elif isinstance(held, Mapping):
            waiting += held.values()
        elif isinstance(held, list | tuple | set):
            waiting += held
        elif hasattr(held, "__dict__"):
            waiting += vars(held).values()
    return sum(storages.values())
