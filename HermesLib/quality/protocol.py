"""The protocol of a quality control (QC): observe slices once, assess any number of masks.

A QC works in two phases, as a promptable model does. :meth:`QualityControl.observe` reads each
slice once and sees no mask. :meth:`QualityControl.assess` scores any number of masks against what
was read.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

import torch

from HermesLib.metrics.guarantee import Guarantee
from HermesLib.quality.anatomy import AnatomyRule
from HermesLib.quality.presence import PresenceRule

#: What a pDSC is: the plain Dice of mask and pGT (``raw``), a calibrated estimate of the true Dice,
#: the Dice of mask and a guide made elsewhere (``agreement``), or a judge's own, uncalibrated
#: estimate (``judged``).
ScoreKind = Literal["raw", "calibrated", "agreement", "judged"]

#: Where a mask comes from. ``prompted``: its prompts were derived from a pGT, so that mask and pGT
#: agree by construction. ``independent``: any other mask.
Evidence = Literal["independent", "prompted"]


@dataclass(frozen=True, eq=False)
class Observation:
    """What a QC reads from B slices without any mask.

    Attributes:
        images: (B, C, H, W), as given to :meth:`QualityControl.observe`.
        presence: (B,) log odds that the slice, seen alone, shows the organ; None if the QC does not
            know. On the CPU.
        present: (B,) probability that the slice shows the organ, from all slices of the volume;
            None if the QC does not know. On the CPU.
        out_of_distribution: (B,) bool, whether the slice looks unlike all training slices, so that
            its scores cannot be trusted and it is never accepted; None if the QC does not know. On
            the CPU.
        features: one object a slice, private to the QC that made it.
    """

    images: torch.Tensor
    presence: torch.Tensor | None
    out_of_distribution: torch.Tensor | None
    features: tuple[Any, ...]
    present: torch.Tensor | None = None

    def __len__(self) -> int:
        return len(self.features)

    def is_trusted(self, row: int) -> bool:
        """Whether scores of a slice can be trusted; also where the QC does not know."""
        return self.out_of_distribution is None or not bool(self.out_of_distribution[row])

    def doubted(self) -> "Observation":
        """The same of a volume that is not what the QC was made for: no slice is trusted."""
        return replace(self, out_of_distribution=torch.ones(len(self), dtype=torch.bool))

    def select(self, indices: Sequence[int]) -> "Observation":
        """The observation of some of the slices, in the order of ``indices``."""
        rows = torch.as_tensor(list(indices), dtype=torch.long)
        return Observation(
            images=self.images[rows.to(self.images.device)],
            presence=None if self.presence is None else self.presence[rows],
            out_of_distribution=(
                None if self.out_of_distribution is None else self.out_of_distribution[rows]
            ),
            features=tuple(self.features[row] for row in rows.tolist()),
            present=None if self.present is None else self.present[rows],
        )

    @staticmethod
    def join(parts: Sequence["Observation"]) -> "Observation":
        """One observation of the slices of all parts, which one QC made of one volume."""
        if len(parts) == 1:
            return parts[0]
        return Observation(
            images=torch.cat([part.images for part in parts]),
            presence=_joined([part.presence for part in parts]),
            out_of_distribution=_joined([part.out_of_distribution for part in parts]),
            features=tuple(feature for part in parts for feature in part.features),
            present=_joined([part.present for part in parts]),
        )

    def to(self, device: torch.device | None) -> "Observation":
        """A copy for the work on ``device``: its images are there, its features are shallow copies.

        What a QC derives from a slice's features and keeps in them is freed with the copy.
        """
        features = tuple(copy.copy(part) for part in self.features)
        return replace(self, images=self.images.to(device), features=features)


def _joined(values: Sequence[torch.Tensor | None]) -> torch.Tensor | None:
    """Values (B,) of parts as one tensor; None where one of them is not known."""
    known = [value for value in values if value is not None]
    return torch.cat(known) if len(known) == len(values) else None


@dataclass(frozen=True)
class Assessment:
    """A QC's assessment of the masks of B slices.

    Attributes:
        pgt: (B, H, W) probability of the pseudo ground truth; the pGT itself is ``pgt > 0.5``.
        pdsc: (B,) estimate of the unknown true Dice: the Dice of mask and pGT, or its calibrated
            value.
        pdsc_low, pdsc_high: (B,) range of that estimate.
        present: (B,) probability that the slice shows the organ.
        ceiling: (B,) the highest ``pdsc`` that any mask of the slice could get; 1 if the QC does
            not know.
    """

    pgt: torch.Tensor
    pdsc: torch.Tensor
    pdsc_low: torch.Tensor
    pdsc_high: torch.Tensor
    present: torch.Tensor
    ceiling: torch.Tensor


class QualityControl(Protocol):
    """Predicts the mask that it expects (the pGT) and scores segmentations against it.

    Attributes:
        name, sha256: of the weights, for reports.
        presence_rule: how the presence of the organ is decided along a volume.
        anatomy_rule: which ends of the organ are doubted.
    """

    name: str
    sha256: str
    presence_rule: PresenceRule
    anatomy_rule: AnatomyRule

    @property
    def score(self) -> ScoreKind:
        """What the pDSC is."""
        ...

    @property
    def guarantee(self) -> Guarantee | None:
        """The nominal level of the intervals, and what the patients can guarantee at most."""
        ...

    def without(self, patient: str) -> "QualityControl":
        """The same quality control as it is for a patient that it was trained on: out of fold.

        Networks that were trained on the patient take no part. A quality control without such
        parts gives itself.

        Args:
            patient: identity, as in training folders.
        """
        ...

    def observe(self, images: torch.Tensor, thickness: float | None = None) -> Observation:
        """Read slices (B, C, H, W), float32 in 0..1, each in the middle of its neighbours.

        Call it once for all slices of a volume, in their order: which slices show the organ is
        decided from all of them, and what neighbouring slices share is read once. Slices may be on
        any device and are moved to the QC's own device one at a time.

        Args:
            images: the slices.
            thickness: distance of the slices, mm; None for lone slices and where it is unknown.
        """
        ...

    def assess(
        self,
        observation: Observation,
        masks: torch.Tensor,
        seeds: Sequence[int],
        evidence: Evidence = "independent",
    ) -> Assessment:
        """Assess masks (B, H, W, bool) of observed slices.

        Args:
            observation: of the same B slices, made by this QC.
            masks: one mask a slice, on any device.
            seeds: one integer a slice, the source of all its randomness: a slice's result does not
                depend on which other slices are in the batch.
            evidence: where the masks come from.
        """
        ...
