"""Images of a volume that are made when they are read, in the place of a tensor."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from HermesLib.io.neighbours import REACH
from HermesLib.io.slice_stacks import SliceStack

#: So many slices are kept as they were made: those that neighbours share.
_KEPT = 8


class ScaledSlices:
    """Slices of a stack with intensities in 0..1; the last ones are kept.

    Args:
        stack: the slices as stored.
        scale: maps intensities (H, W) float32 to 0..1.
    """

    def __init__(self, stack: SliceStack, scale: Callable[[np.ndarray], np.ndarray]) -> None:
        self._stack = stack
        self._scale = scale
        self._kept: OrderedDict[int, np.ndarray] = OrderedDict()

    @property
    def shape(self) -> tuple[int, int, int]:
        """(N, H, W)."""
        return self._stack.shape

    def __getitem__(self, index: int) -> np.ndarray:
        """One slice (H, W) float32; it is not to be written to."""
        found = self._kept.pop(index, None)
        if found is None:
            found = self._scale(self._stack[index])
        self._kept[index] = found
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return found


class LazyImages:
    """Slices with their neighbours, (N, C, H, W) float32 on the CPU, made when they are read.

    It stands where a tensor does. Rows and channels are chosen without making anything; iteration,
    and an index of a single row, make one slice. Whatever else a tensor can do is done with all
    chosen slices, in a tensor.

    Args:
        slices: of the whole volume.
        rows: the chosen ones; by default all.
        channels: steps from each slice to its channels; by default the neighbours on either side.
            Beyond the ends of the volume, the outermost slice is repeated.
    """

    def __init__(
        self,
        slices: SliceStack,
        rows: Sequence[int] | None = None,
        channels: Sequence[int] | int | None = None,
    ) -> None:
        self._slices = slices
        self._rows = range(slices.shape[0]) if rows is None else rows
        self._channels = range(-REACH, REACH + 1) if channels is None else channels

    @property
    def shape(self) -> torch.Size:
        """(N, C, H, W), or (N, H, W) of a single channel."""
        channels = [] if isinstance(self._channels, int) else [len(self._channels)]
        return torch.Size([len(self._rows), *channels, *self._slices.shape[1:]])

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def device(self) -> torch.device:
        """Where the slices are made."""
        return torch.device("cpu")

    @property
    def dtype(self) -> torch.dtype:
        """Of the slices."""
        return torch.float32

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[torch.Tensor]:
        return map(self._made, self._rows)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, int):
            return self._made(self._rows[key])
        if isinstance(key, slice):
            return LazyImages(self._slices, self._rows[key], self._channels)
        if isinstance(key, torch.Tensor) and key.ndim == 1 and key.dtype == torch.long:
            key = key.tolist()
        if isinstance(key, list) and all(isinstance(row, int) for row in key):
            return LazyImages(self._slices, [self._rows[row] for row in key], self._channels)
        if isinstance(key, tuple) and len(key) == 2 and not isinstance(self._channels, int):
            chosen, channels = self[key[0]], key[1]
            if isinstance(chosen, LazyImages) and isinstance(channels, int | slice):
                return LazyImages(chosen._slices, chosen._rows, self._channels[channels])
        return self.tensor()[key]

    def tensor(self) -> torch.Tensor:
        """All chosen slices."""
        made = torch.empty(self.shape)
        for place, image in enumerate(self):
            made[place] = image
        return made

    def to(self, *target: Any, **options: Any) -> torch.Tensor:
        """All chosen slices elsewhere."""
        return self.tensor().to(*target, **options)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.tensor(), name)

    @classmethod
    def __torch_function__(
        cls, function: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        """Functions of PyTorch get tensors."""
        given = {name: _plain(value) for name, value in (kwargs or {}).items()}
        return function(*(_plain(value) for value in args), **given)

    def _made(self, row: int) -> torch.Tensor:
        if isinstance(self._channels, int):
            return torch.from_numpy(self._slices[self._place(row, self._channels)])
        places = [self._place(row, step) for step in self._channels]
        return torch.from_numpy(np.stack([self._slices[place] for place in places]))

    def _place(self, row: int, step: int) -> int:
        return min(max(row + step, 0), self._slices.shape[0] - 1)


class Pictures(Mapping[int, np.ndarray]):
    """Slices (H, W) in 0..1 by their index in the volume, made when they are read.

    Args:
        images: (N, H, W).
        indices: of the slices.
    """

    def __init__(self, images: torch.Tensor, indices: range) -> None:
        self._images = images
        self._indices = indices

    def __getitem__(self, index: int) -> np.ndarray:
        picture: np.ndarray = self._images[self._indices.index(index)].numpy()
        return picture

    def __iter__(self) -> Iterator[int]:
        return iter(self._indices)

    def __len__(self) -> int:
        return len(self._indices)


def _plain(value: Any) -> Any:
    if isinstance(value, LazyImages):
        return value.tensor()
    if isinstance(value, list | tuple):
        return type(value)(_plain(part) for part in value)
    return value
