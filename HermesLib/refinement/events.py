"""What the loop tells while it runs."""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from HermesLib.prompts.types import Prompt


class Status(StrEnum):
    """How a slice ended."""

    ACCEPTED = "accepted"
    STOPPED = "stopped"
    ABSENT = "absent"
    FAILED = "failed"


@dataclass(frozen=True, eq=False)
class Iteration:
    """One mask of one slice and what the quality control says of it.

    Attributes:
        slice_index: which slice of the volume (or of the batch).
        index: 0 for the first prompts (or the given mask), then one more for each time the model was called again.
        mask: (H, W) bool.
        pgt: (H, W) bool, the pseudo ground truth; empty on a slice without the organ.
        pdsc, pdsc_low, pdsc_high: the judge's estimate of the true Dice, and its range.
        dsc: the true Dice where a truth was given; reported only, the loop never sees it.
        prompt: what the model was asked with; None where the mask was given, and where the slice was known not to show the organ.
        seconds: this slice's share of the time its batch took.
        status: how the slice ended; None while it goes on.
        present: the quality control's probability that the slice shows the organ.
        borderline: the presence of the organ is uncertain: a reader should look, however the slice ends.
        ceiling: the highest pDSC that the judge would give any mask of the slice, once a pGT has prompted; 1 if it does not know.
    """

    slice_index: int
    index: int
    mask: np.ndarray
    pgt: np.ndarray
    pdsc: float
    pdsc_low: float
    pdsc_high: float
    dsc: float | None
    prompt: Prompt | None
    seconds: float
    status: Status | None
    present: float = 1.0
    borderline: bool = False
    ceiling: float = 1.0

    @property
    def final(self) -> bool:
        """Whether this is the slice's last event."""
        return self.status is not None

    def without_arrays(self) -> "Iteration":
        """The same numbers with empty (0, 0) masks and without the prompt, for readers of numbers."""
        nothing = np.zeros((0, 0), bool)
        return replace(self, mask=nothing, pgt=nothing, prompt=None)
