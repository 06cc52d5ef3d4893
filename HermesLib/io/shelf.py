"""Tensors that are kept for later where they need no memory."""

from dataclasses import dataclass

import numpy as np
import torch

from HermesLib.io.scratch import Scratch


@dataclass(frozen=True, eq=False)
class ShelvedTensor:
    """A tensor on a shelf.

    Attributes:
        shape: of the tensor.
    """

    shape: tuple[int, ...]
    _type: np.dtype
    _device: torch.device
    _scratch: Scratch
    _place: int

    def take(self) -> torch.Tensor:
        """A copy of the tensor, on its device."""
        count = int(np.prod(self.shape)) * self._type.itemsize
        content = bytearray(self._scratch.read(self._place, count))
        array = np.frombuffer(content, self._type).reshape(self.shape)
        return torch.from_numpy(array).to(self._device)


class Shelf:
    """Keeps tensors: a few in memory, more in a temporary file (:mod:`HermesLib.io.scratch`)."""

    def __init__(self) -> None:
        self._scratch = Scratch()

    def keep(self, tensor: torch.Tensor) -> ShelvedTensor:
        """Keep a copy of a tensor."""
        array = tensor.detach().cpu().contiguous().numpy()
        place = self._scratch.append(array.tobytes())
        return ShelvedTensor(tuple(tensor.shape), array.dtype, tensor.device, self._scratch, place)
