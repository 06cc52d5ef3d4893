"""Events of the refinement loop: one iteration of one slice each."""

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
class Spread:
    """How sure the quality control is of its pGT.

    Attributes:
        certain: (H, W) bool, what belongs to the organ with a probability above 0.9.
        possible: (H, W) bool, what belongs to it with a probability above 0.1.
    """

    certain: np.ndarray
    possible: np.ndarray


@dataclass(frozen=True, eq=False)
class Iteration:
    """One mask of one slice and its assessment by the quality control (QC).

    Attributes:
        slice_index: of the slice in the volume (or batch).
        index: 0 for the first prompt (or the given mask), then the number of refinements.
        mask: (H, W) bool.
        pgt: (H, W) bool, the pseudo ground truth; empty on a slice without the organ.
        pdsc, pdsc_low, pdsc_high: the QC's estimate of the true Dice, and its range.
        dsc: the true Dice if there is a true mask; reported only, the loop never uses it.
        prompt: the model's prompt; None if the mask was given, and on slices without the organ.
        seconds: this slice's share of its batch's time.
        status: how the slice ended; None while it continues.
        present: the QC's probability that the slice shows the organ, as
            :meth:`HermesLib.quality.presence.PresenceRule.stated`.
        borderline: the presence of the organ is uncertain; the slice needs a look, however it ends.
        ceiling: the highest pDSC that the QC would give any mask of the slice after a pGT has drawn
            its prompt; 1 if the QC does not know.
        spread: of the pGT; None where it is not known.
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
    spread: Spread | None = None

    @property
    def final(self) -> bool:
        """Whether this is the slice's last event."""
        return self.status is not None

    def without_arrays(self) -> "Iteration":
        """The same numbers with empty (0, 0) masks and without the prompt."""
        nothing = np.zeros((0, 0), bool)
        return replace(self, mask=nothing, pgt=nothing, prompt=None, spread=None)
