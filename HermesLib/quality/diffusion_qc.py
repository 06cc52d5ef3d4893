"""The diffusion QC core behind the :class:`QualityControl` protocol."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from scipy import ndimage

from HermesLib.metrics.overlap import dice_batch
from HermesLib.quality.field_of_view import find_windows, from_grid, to_grid
from HermesLib.quality.network.core import QualityCore
from HermesLib.quality.organ_map import (
    OrganMapPredictor,
    expected_dice,
    highest_expected_dice,
    look,
    slice_features,
)
from HermesLib.quality.protocol import Assessment, ScoreKind

#: Parts of a pGT smaller than this share of its largest part are slips of the decoder; one of them would spoil a box.
_ISLAND = 0.1


def without_islands(pgt: torch.Tensor) -> torch.Tensor:
    """Probabilities (B, H, W) with the small islands of ``pgt > 0.5`` set to 0."""
    cleaned = pgt.cpu().numpy().copy()
    for probability in cleaned:
        parts, count = ndimage.label(probability > 0.5)
        if count > 1:
            sizes = ndimage.sum_labels(parts > 0, parts, range(count + 1))
            islands = sizes < _ISLAND * sizes.max()
            islands[0] = False
            probability[islands[parts]] = 0.0
    return torch.from_numpy(cleaned).to(pgt.device)


class DiffusionQuality:
    """Draws K pseudo ground truths a slice and scores the mask against their mean.

    The raw score is Dice(mask, mean pGT > 0.5) on the slice's own grid; its range is that of the Dice against single samples. Where the
    weights carry a calibration, and ``score`` is not ``raw``, ``pdsc`` is the estimate of the true Dice with its interval.

    Args:
        core: the networks.
        name, sha256: of the weights, for reports.
        samples, steps: of the sampler; as the weights say if left out.
        score: ``calibrated`` (raw where the weights carry no calibration) or ``raw``.
    """

    kind = "quality"

    def __init__(
        self,
        core: QualityCore,
        name: str,
        sha256: str = "",
        samples: int | None = None,
        steps: int | None = None,
        score: ScoreKind = "calibrated",
    ):
        self.core = core.eval()
        self._witness = OrganMapPredictor(self.core)
        self.name = name
        self.sha256 = sha256
        self.samples = samples or core.config.samples
        self.steps = steps or core.config.steps
        self.calibration = core.config.calibration if score == "calibrated" else None
        self.score: ScoreKind = "raw" if self.calibration is None else "calibrated"

    def assess(
        self,
        images: torch.Tensor,
        masks: torch.Tensor,
        seeds: Sequence[int],
        prompted: bool = False,
    ) -> Assessment:
        """See :class:`HermesLib.quality.protocol.QualityControl`."""
        answer = self._draw(images, masks, seeds)
        if self.calibration is None:
            return answer
        if not prompted:
            pdsc, low, high = self.calibration.independent.estimate(answer.pdsc)
            return replace(answer, pdsc=pdsc, pdsc_low=low, pdsc_high=high)
        seen = self._witness.map(images)
        pdsc, low, high = self.calibration.prompted.estimate(
            expected_dice(masks.to(seen.device), seen)
        )
        ceiling, _, _ = self.calibration.prompted.estimate(highest_expected_dice(seen))
        return replace(
            answer, pdsc=pdsc, pdsc_low=low, pdsc_high=high, ceiling=torch.maximum(ceiling, pdsc)
        )

    def expected_dice(self, images: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        """The Dice (B,) that the image expert expects of masks (B, H, W, bool), having seen the slices (B, C, H, W) alone."""
        seen = self._witness.map(images)
        return expected_dice(masks.to(seen.device), seen)

    @torch.inference_mode()
    def presence(self, images: torch.Tensor) -> torch.Tensor:
        """See :class:`HermesLib.quality.protocol.QualityControl`."""
        images = images.to(self.core.shares.device)
        return self.core.presence(look(self.core, images).coarse)

    @torch.inference_mode()
    def unfamiliar(self, images: torch.Tensor) -> torch.Tensor | None:
        """See :class:`HermesLib.quality.protocol.QualityControl`."""
        if self.core.familiarity is None:
            return None
        return self.core.familiarity(slice_features(self.core, images)) > 1

    @torch.inference_mode()
    def _draw(self, images: torch.Tensor, masks: torch.Tensor, seeds: Sequence[int]) -> Assessment:
        """The pGT and the raw score."""
        device = self.core.shares.device
        images, masks = images.to(device), masks.to(device)
        config = self.core.config
        seen = (
            self._witness.map(images)[:, None]
            if config.expert_share > 0 or config.through_plane > 0
            else None
        )
        if seen is not None and config.expert_share == 1:
            # Nothing that could be drawn would show in the pGT.
            drawn, presence = seen, self.presence(images)
        else:
            drawn, presence = self._sample(images, masks, seeds, seen)
        pgt = without_islands(drawn.mean(1))
        pdsc = dice_batch(masks, pgt > 0.5)
        single = torch.stack(
            [dice_batch(masks, drawn[:, k] > 0.5) for k in range(drawn.shape[1])], 1
        )
        low, high = torch.minimum(single.amin(1), pdsc), torch.maximum(single.amax(1), pdsc)
        return Assessment(pgt, pdsc, low, high, torch.sigmoid(presence), torch.ones_like(pdsc))

    def _sample(
        self,
        images: torch.Tensor,
        masks: torch.Tensor,
        seeds: Sequence[int],
        seen: torch.Tensor | None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Probabilities (B, samples, H, W) with the witness' map ``seen`` (B, 1, H, W) in them, and the log odds (B,) of the organ's presence."""
        config, shape = self.core.config, (images.shape[-2], images.shape[-1])
        windows = find_windows(images, config.field)
        condition = self.core.condition(
            to_grid(images, windows, config.grid),
            to_grid(masks[:, None].float(), windows, config.grid),
            organ=to_grid(seen, windows, config.grid)
            if config.through_plane > 0 and seen is not None
            else None,
        )
        drawn = from_grid(
            self.core.sample(condition, seeds, self.samples, self.steps), windows, shape
        )
        return drawn if seen is None else drawn.lerp(seen, config.expert_share), condition.presence
