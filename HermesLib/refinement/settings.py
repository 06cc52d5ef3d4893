"""The user's settings of the refinement loop."""

from dataclasses import dataclass
from typing import Literal

from HermesLib.errors import HermesError

#: Slices that a quality control assesses together on a GPU: at 512 x 512 within a few hundred
#: megabytes.
SLICES_AT_ONCE = 8
#: Refinements of a slice, at most.
MOST_ITERATIONS = 10_000


@dataclass(frozen=True)
class RefinementSettings:
    """When the loop accepts, when it gives up, and what it keeps.

    Attributes:
        threshold: a slice is accepted once its pDSC reaches this value; above 0, up to 1 (the
            paper's tables: 0.7, 0.8, 0.9).
        max_iterations: the highest number of refinements after the first prediction.
        patience: a slice stops after this many iterations without a better pDSC.
        hopeless_patience: the same where the QC expects that no mask could reach the threshold; the
            first refinements still improve the mask.
        min_improvement: a pDSC is better only if it exceeds the best one by more than this value.
        seed: determines all random numbers, with the slice's index and the iteration.
        keep: the result is the iteration with the best pDSC, or the last one (as in the paper's
            tables).
        pgt: predict the pseudo ground truth again from the newest mask in every iteration, or keep
            that of the first.
        redraws: how often an empty pGT is drawn again from another seed before the slice ends
            ``failed``.
    """

    threshold: float = 0.9
    max_iterations: int = 20
    patience: int = 10
    hopeless_patience: int = 2
    min_improvement: float = 1e-4
    seed: int = 0
    keep: Literal["best", "last"] = "best"
    pgt: Literal["renewed", "fixed"] = "renewed"
    redraws: int = 3

    def __post_init__(self) -> None:
        """Check every number before any network is loaded.

        Raises:
            HermesError: a number out of its range.
        """
        if not 0 < self.threshold <= 1:
            raise HermesError(
                f"threshold {self.threshold:g} is out of range; "
                "choose a pDSC above 0 and up to 1, e.g. 0.9"
            )
        if self.max_iterations > MOST_ITERATIONS:
            raise HermesError(
                f"max-iterations {self.max_iterations} would not end;"
                f" choose {MOST_ITERATIONS} at most"
            )
        if self.max_iterations < 0:
            raise HermesError(f"max-iterations {self.max_iterations} is negative; choose 0 or more")
        patience = min(self.patience, self.hopeless_patience)
        if patience < 1:
            raise HermesError(f"patience {patience} is too small; choose 1 or more iterations")
        if self.seed < 0:
            raise HermesError(f"seed {self.seed} is negative; choose 0 or more")
