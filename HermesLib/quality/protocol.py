"""What every quality control (QC) answers to: the diffusion core, and each baseline it is compared with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import torch

#: What a pDSC is: the plain Dice of mask and pGT, or an estimate of the true Dice that was fitted on held-out patients.
ScoreKind = Literal["raw", "calibrated"]


@dataclass(frozen=True)
class Assessment:
    """What a QC says of B slices and their masks.

    Attributes:
        pgt: (B, H, W) probability of the pseudo ground truth; the pGT itself is ``pgt > 0.5``.
        pdsc: (B,) the estimate of the unknown true Dice: the Dice between mask and pGT, or what a calibration makes of it.
        pdsc_low, pdsc_high: (B,) the range of that estimate.
        present: (B,) probability that the slice shows the organ at all.
        ceiling: (B,) the highest ``pdsc`` that any mask could get on that slice; 1 unless the QC knows better.
    """

    pgt: torch.Tensor
    pdsc: torch.Tensor
    pdsc_low: torch.Tensor
    pdsc_high: torch.Tensor
    present: torch.Tensor
    ceiling: torch.Tensor


class QualityControl(Protocol):
    """A judge of segmentations that draws the mask it would have expected; ``score`` says what its pDSC is."""

    name: str
    sha256: str
    score: ScoreKind

    def assess(
        self,
        images: torch.Tensor,
        masks: torch.Tensor,
        seeds: Sequence[int],
        prompted: bool = False,
    ) -> Assessment:
        """Judge masks (B, H, W, bool) of slices (B, C, H, W, float32 in 0..1; each in the middle of its neighbours).

        ``seeds`` holds one integer a slice: all randomness of a slice comes from its own seed, so that its answer does not
        depend on which other slices are in the batch. ``prompted``: a pGT has drawn the masks' prompts, so that their agreement with
        it proves little.
        """
        ...

    def presence(self, images: torch.Tensor) -> torch.Tensor | None:
        """The log odds (B,) that slices (B, C, H, W) show the organ, each seen by itself; None where the QC does not know."""
        ...

    def unfamiliar(self, images: torch.Tensor) -> torch.Tensor | None:
        """Which slices (B, C, H, W) look unlike all that the QC was trained on, (B,) bool: no score is to be trusted there.

        None where the QC does not know.
        """
        ...
