"""A quality control made of a guide: a segmentation from elsewhere is the pseudo ground truth.

The score is the agreement of mask and guide. It is no estimate of the true Dice: where the guide is
wrong, a mask that follows it is as wrong and agrees. So it accepts nothing. What a guide's
agreement is worth can be calibrated on labelled cases (:mod:`HermesLib.judges.calibrated`).
"""

from collections.abc import Sequence

import numpy as np
import torch

from HermesLib.errors import HermesError
from HermesLib.metrics.guarantee import Guarantee
from HermesLib.metrics.overlap import dice_batch
from HermesLib.quality.anatomy import AnatomyRule
from HermesLib.quality.presence import PresenceRule
from HermesLib.quality.protocol import Assessment, Evidence, Observation, ScoreKind

#: Presence by the place along the guide's run of slices. Where a guide ends is what it knows least:
#: the last slice with the organ and the first without it are borderline.
_INSIDE, _LAST_WITH, _FIRST_WITHOUT, _OUTSIDE = 1.0, 0.7, 0.3, 0.0
#: Levels of a probability map whose outlines give the range of the agreement.
_LEVELS = (0.3, 0.7)


class GuidedQuality:
    """A :class:`HermesLib.quality.protocol.QualityControl` whose pGT is a guide's map.

    Args:
        maps: (N, H, W) probability of the organ on all slices of the volume.
        name, sha256: of the guide, for reports.
        soft: whether probabilities between 0 and 1 mean something.
    """

    kind = "guided"
    #: No patients have shown what a guide's presence is worth: reports state 0.5.
    presence_rule = PresenceRule(weight=1.0, patients=1)
    anatomy_rule = AnatomyRule()
    score: ScoreKind = "agreement"
    guarantee: Guarantee | None = None

    def __init__(self, maps: np.ndarray, name: str, sha256: str, soft: bool = False) -> None:
        self._maps = torch.from_numpy(np.ascontiguousarray(maps, np.float32))
        self._soft = soft
        self.name = name
        self.sha256 = sha256

    def without(self, patient: str) -> "GuidedQuality":
        """The same: a guide was made elsewhere."""
        return self

    def outline(self, row: int) -> np.ndarray:
        """The guide's own mask (H, W, bool) of a slice."""
        return (self._maps[row] > 0.5).numpy()

    def observe(self, images: torch.Tensor, thickness: float | None = None) -> Observation:
        """All slices of the guide's volume, in their order.

        Raises:
            HermesError: another number or size of slices than the guide's.
        """
        shape = (len(images), *images.shape[-2:])
        if shape != tuple(self._maps.shape):
            raise HermesError(
                f"the guide has {tuple(self._maps.shape)} voxels as slices, rows and columns, the"
                f" image {shape}"
            )
        present = torch.from_numpy(_presence(self._maps.numpy())).float()
        presence = torch.logit(present, 1e-6)
        return Observation(images, presence, None, tuple(self._maps), present)

    @torch.inference_mode()
    def assess(
        self,
        observation: Observation,
        masks: torch.Tensor,
        seeds: Sequence[int],
        evidence: Evidence = "independent",
    ) -> Assessment:
        """See :class:`HermesLib.quality.protocol.QualityControl`; nothing is random."""
        pgt = torch.stack(list(observation.features)).to(masks.device)
        pdsc = dice_batch(masks, pgt > 0.5)
        outlines = [dice_batch(masks, pgt > level) for level in _LEVELS] if self._soft else []
        range_of = torch.stack([pdsc, *outlines])
        present = observation.present
        assert present is not None
        return Assessment(
            pgt=pgt,
            pdsc=pdsc,
            pdsc_low=range_of.amin(0),
            pdsc_high=range_of.amax(0),
            present=present.to(pdsc),
            ceiling=torch.ones_like(pdsc),
        )


def _presence(maps: np.ndarray) -> np.ndarray:
    """(N,) what is taken as the probability that each slice shows the organ."""
    shown = np.asarray((maps > 0.5).any(axis=(1, 2)))
    if len(shown) < 2:
        return np.where(shown, _INSIDE, _OUTSIDE)
    # Beyond the volume nothing is known: the first and the last slice have one neighbour.
    padded = np.pad(shown, 1, mode="edge")
    both_shown = padded[:-2] & padded[2:]
    one_shown = padded[:-2] | padded[2:]
    inside = np.where(both_shown, _INSIDE, _LAST_WITH)
    outside = np.where(one_shown, _FIRST_WITHOUT, _OUTSIDE)
    return np.where(shown, inside, outside)
