"""Embeddings by content: a slice that a model has embedded before is not embedded again."""

import hashlib
from collections import OrderedDict

import torch

from HermesLib.io.kept_bytes import tensor_bytes
from HermesLib.models.protocol import Embedding, PromptableModel

#: The most that embeddings of earlier slices may take, bytes: 60 slices with the official MedSAM.
MOST_BYTES = 256 * 2**20


class Embeddings:
    """Embeds slices, and keeps the embeddings used last.

    Another threshold, prompt or starting mask needs the same embeddings. Slices are known by their
    values, models by their weights.

    Args:
        most_bytes: what the kept embeddings may take.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[tuple[str, ...], tuple[Embedding, int]] = OrderedDict()
        self._bytes = 0

    @property
    def kept_bytes(self) -> int:
        """What the kept embeddings take."""
        return self._bytes

    @torch.inference_mode()
    def embed(
        self, model: PromptableModel, images: torch.Tensor, *, together: bool = False
    ) -> Embedding:
        """The embedding of slices (B, 1, H, W); only those that are not known are embedded.

        Slice by slice on a CPU, so that a result does not depend on what else is in a batch.

        Args:
            model: embeds them.
            images: the slices.
            together: in one call, on a CPU too.
        """
        # Copied together: every copy makes the processor wait for a GPU.
        keys = [_key(model, image, images.device) for image in images.cpu()]
        known = {key: self._kept[key][0] for key in keys if key in self._kept}
        for key in known:
            self._kept.move_to_end(key)
        rows = [row for row, key in enumerate(keys) if key not in known]
        if rows and (together or images.device.type != "cpu"):
            joined = model.embed(images[rows])
            parts = [joined.select([place]) for place in range(len(rows))]
        else:
            parts = [model.embed(images[row : row + 1]) for row in rows]
        for row, part in zip(rows, parts, strict=True):
            known[keys[row]] = part
            self._keep(keys[row], part)
        return Embedding.join([known[key] for key in keys])

    def clear(self) -> None:
        """Forget all."""
        self._kept.clear()
        self._bytes = 0

    def _keep(self, key: tuple[str, ...], embedding: Embedding) -> None:
        size = tensor_bytes(embedding)
        if key in self._kept or size > self._most_bytes:
            return
        self._kept[key] = (embedding, size)
        self._bytes += size
        while self._bytes > self._most_bytes:
            _, (_, freed) = self._kept.popitem(last=False)
            self._bytes -= freed


def _key(model: PromptableModel, image: torch.Tensor, device: torch.device) -> tuple[str, ...]:
    """What an embedding follows from: the model's weights, its class, the device, and the slice.

    A class that computes another way, as in half precision, gives other embeddings.
    """
    values = hashlib.sha256(image.contiguous().numpy().tobytes()).hexdigest()
    return (
        model.name,
        model.sha256,
        type(model).__name__,
        str(device),
        str(tuple(image.shape)),
        values,
    )
