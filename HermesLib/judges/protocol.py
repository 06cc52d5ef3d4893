"""The protocol of a judge: it scores masks in place of the quality control.

The quality control or the guide still draws the expected outline (pGT). A judge says how good a
mask is, from the image, the mask, the pGT, or the model's behaviour.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch

from HermesLib.metrics.guarantee import Guarantee
from HermesLib.models.protocol import Embedding, Memory, PromptableModel
from HermesLib.prompts.types import Prompt


@dataclass(frozen=True)
class ModelAnswer:
    """How B masks came about, for judges that ask the model again.

    Attributes:
        model: the promptable model.
        embedding: of the B slices.
        prompts: that led to the masks; None where the masks come from elsewhere.
        previous: the memories that went in; None at the first call.
        score: (B,) the model's own estimate of its masks; None if it gives none.
    """

    model: PromptableModel
    embedding: Embedding
    prompts: tuple[Prompt, ...] | None = None
    previous: tuple[Memory, ...] | None = None
    score: torch.Tensor | None = None

    def select(self, row: int) -> "ModelAnswer":
        """The answer for one slice."""
        return ModelAnswer(
            self.model,
            self.embedding.select([row]),
            None if self.prompts is None else (self.prompts[row],),
            None if self.previous is None else (self.previous[row],),
            None if self.score is None else self.score[row : row + 1],
        )


@dataclass(frozen=True, eq=False)
class Judged:
    """What a judge may look at: B masks and what is known of them.

    Attributes:
        images: (B, 1, H, W) float32 in 0..1.
        masks: (B, H, W) bool, none of them empty.
        pgt: (B, H, W) bool, the expected outline.
        seeds: one integer a slice, the source of all randomness.
        answer: of the model; None where there is no model.
    """

    images: torch.Tensor
    masks: torch.Tensor
    pgt: torch.Tensor
    seeds: Sequence[int]
    answer: ModelAnswer | None = None

    def select(self, row: int) -> "Judged":
        """One slice."""
        part = slice(row, row + 1)
        return Judged(
            self.images[part],
            self.masks[part],
            self.pgt[part],
            self.seeds[part],
            None if self.answer is None else self.answer.select(row),
        )


@dataclass(frozen=True, eq=False)
class Estimate:
    """A judge's estimate of one mask's true Dice.

    Attributes:
        value: in 0..1.
        low, high: its range; both ``value`` where the judge has none.
        expected: (H, W) bool, the outline that the judge expects in place of the pGT; None if it
            draws none.
    """

    value: float
    low: float
    high: float
    expected: np.ndarray | None = None

    @classmethod
    def without_range(cls, value: float, expected: np.ndarray | None = None) -> "Estimate":
        """An estimate of a judge that knows no range."""
        return cls(value, value, value, expected)


class Judge(Protocol):
    """Estimates the true Dice of masks.

    Attributes:
        name: in the registry.
        sha256: of what the estimates follow from besides the code: weights, references,
            calibration; empty if nothing.
        needs_model: whether it asks the promptable model.
        score: what its estimates are: ``calibrated`` ones, or ``judged``.
        guarantee: of the range, where calibration patients support one.
    """

    name: str
    sha256: str
    needs_model: bool

    @property
    def score(self) -> str:
        """``calibrated`` or ``judged``."""
        ...

    @property
    def guarantee(self) -> Guarantee | None:
        """What the range can guarantee; None if nothing."""
        ...

    def judge(self, judged: Judged) -> list[Estimate]:
        """One estimate a mask.

        Raises:
            HermesError: it needs a model, or an answer that the model does not give.
        """
        ...
