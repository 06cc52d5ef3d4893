"""A promptable model whose network computes in half precision, where the processor has it."""

from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

import torch

from HermesLib.devices import half_precision
from HermesLib.errors import HermesError
from HermesLib.models.precision import Precision
from HermesLib.models.protocol import Embedding, Memory, Prediction, PromptableModel
from HermesLib.prompts.types import Prompt


class HalfPrecision:
    """The protocol of a promptable model around another one.

    PyTorch's autocast decides which operations lose nothing in half precision. What leaves the
    model is float32.

    Args:
        model: on its device.
        device: of the model.
        dtype: bfloat16, or float16 on older GPUs.
    """

    def __init__(self, model: PromptableModel, device: torch.device, dtype: torch.dtype) -> None:
        self._model = model
        self._device = device
        self._dtype = dtype
        self.name = model.name
        self.sha256 = model.sha256
        self.prompt_kinds = model.prompt_kinds
        self.mixed_kinds = model.mixed_kinds

    def embed(self, images: torch.Tensor) -> Embedding:
        """See :class:`HermesLib.models.protocol.PromptableModel`."""
        with torch.autocast(self._device.type, self._dtype):
            embedding = self._model.embed(images)
        return replace(embedding, features=_as_float32(embedding.features))

    def predict(
        self,
        embedding: Embedding,
        prompts: Sequence[Prompt],
        previous: Sequence[Memory] | None = None,
    ) -> Prediction:
        """See :class:`HermesLib.models.protocol.PromptableModel`."""
        with torch.autocast(self._device.type, self._dtype):
            prediction = self._model.predict(embedding, prompts, previous)
        score = None if prediction.score is None else prediction.score.float()
        memory = [_as_float32(one) for one in prediction.memory]
        return Prediction(prediction.probability.float(), memory, score)


def in_precision(
    model: PromptableModel, precision: Precision, device: torch.device
) -> PromptableModel:
    """The model, or the one that computes in half precision.

    Raises:
        HermesError: the processor has no half precision of its own; with it, a run would be many
            times as slow.
    """
    if precision == "full":
        return model
    dtype = half_precision(device)
    if dtype is None:
        name = "GPU" if device.type == "cuda" else "processor"
        raise HermesError(
            f"this {name} does not compute in half precision by itself; choose --precision full"
        )
    return HalfPrecision(model, device, dtype)


def _as_float32(value: Any) -> Any:
    """A structure as in :class:`Embedding` with its half-precision tensors as float32."""
    if isinstance(value, torch.Tensor):
        return value.float() if value.is_floating_point() else value
    if is_dataclass(value) and not isinstance(value, type):
        changed = {field.name: getattr(value, field.name) for field in fields(value)}
        tensors = {
            name: _as_float32(part)
            for name, part in changed.items()
            if isinstance(part, torch.Tensor)
        }
        return replace(value, **tensors)
    if isinstance(value, tuple | list) and not hasattr(value, "_fields"):
        return type(value)(_as_float32(part) for part in value)
    return value
