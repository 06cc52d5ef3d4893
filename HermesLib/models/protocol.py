"""The protocol of promptable foundation models (FMs): embed a slice once, predict many times."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Protocol

import torch

from HermesLib.prompts.types import Prompt

#: What a model wants back at its next call on the same slice (ScribblePrompt: its last logits;
#: MIDeepSeg: its clicks and first result; MedSAM: None). One object a slice, private to the model.
Memory = Any


@dataclass(frozen=True)
class Embedding:
    """The expensive part of a model's work on B slices, done once.

    Attributes:
        images: (B, 1, H, W).
        features: private to the model: a tensor (B, ...), or tuples, lists, dicts and dataclasses
            of such tensors, to any depth; None in place of a tensor that there is none of.
    """

    images: torch.Tensor
    features: Any

    def select(self, indices: Sequence[int]) -> "Embedding":
        """The embedding of some of the slices, in the order of ``indices``."""
        if len(indices) == 1:
            # Indices on a GPU would make the processor wait; a copy frees the other slices' memory.
            part = slice(indices[0], indices[0] + 1)
            return Embedding(
                self.images[part].clone(),
                _combine([self.features], lambda tensors: tensors[0][part].clone()),
            )
        rows = torch.as_tensor(list(indices), dtype=torch.long, device=self.images.device)
        return Embedding(
            self.images[rows], _combine([self.features], lambda tensors: tensors[0][rows])
        )

    @staticmethod
    def join(parts: Sequence["Embedding"]) -> "Embedding":
        """One embedding of all the parts' slices; the parts' features must have one structure."""
        if len(parts) == 1:
            return parts[0]
        return Embedding(
            torch.cat([part.images for part in parts]),
            _combine([part.features for part in parts], torch.cat),
        )


@dataclass(frozen=True)
class Prediction:
    """A model's answer for B slices.

    Attributes:
        probability: (B, H, W) in 0..1 on the slices' own grid.
        memory: each slice's memory for the next call.
        score: (B,) the model's own estimate of its masks' overlap (intersection over union) with
            the truth; None if it does not estimate it.
    """

    probability: torch.Tensor
    memory: list[Memory]
    score: torch.Tensor | None = None


class PromptableModel(Protocol):
    """A promptable foundation model.

    Attributes:
        name: the name in the registry.
        prompt_kinds: the kinds of prompts it takes, its preferred kind first.
        mixed_kinds: the kinds that may be mixed in one prompt; empty if the model takes one kind
            at a time.
        sha256: of the weight file.
    """

    name: str
    prompt_kinds: tuple[str, ...]
    mixed_kinds: tuple[str, ...]
    sha256: str

    def embed(self, images: torch.Tensor) -> Embedding:
        """Embed slices (B, 1, H, W), float32 in 0..1 (normalised as the preset says)."""
        ...

    def predict(
        self,
        embedding: Embedding,
        prompts: Sequence[Prompt],
        previous: Sequence[Memory] | None = None,
    ) -> Prediction:
        """Predict one mask a slice from one prompt a slice.

        Args:
            embedding: of the B slices.
            prompts: B prompts.
            previous: the last ``Prediction.memory``; None at the first call.

        Raises:
            HermesError: a prompt of a kind that the model does not take.
        """
        ...


def _combine(
    structures: Sequence[Any], combine: Callable[[list[torch.Tensor]], torch.Tensor]
) -> Any:
    """Combine the tensors at the same place of equal structures into one such structure."""
    first = structures[0]
    if first is None:
        return None
    if isinstance(first, torch.Tensor):
        return combine(list(structures))
    if is_dataclass(first) and not isinstance(first, type):
        return replace(
            first,
            **{
                field.name: _combine([getattr(part, field.name) for part in structures], combine)
                for field in fields(first)
            },
        )
    if isinstance(first, dict):
        return {name: _combine([part[name] for part in structures], combine) for name in first}
    if isinstance(first, tuple | list):
        items = [_combine(list(parts), combine) for parts in zip(*structures, strict=True)]
        if hasattr(first, "_fields"):  # a named tuple
            return type(first)(*items)
        return type(first)(items)
    raise TypeError(f"features of type {type(first).__name__}")
