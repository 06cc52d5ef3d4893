"""The diffusion QC: the QC core behind the protocol of a quality control."""

import copy
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import torch

from HermesLib.metrics.components import without_small_components
from HermesLib.metrics.guarantee import Guarantee
from HermesLib.metrics.overlap import dice_batch
from HermesLib.quality.blend import Blend
from HermesLib.quality.ensemble.features import mask_features, presence_features
from HermesLib.quality.ensemble.reading import EnsembleReading
from HermesLib.quality.field_of_view import from_grid, to_grid
from HermesLib.quality.findings import SliceFindings, read_findings
from HermesLib.quality.network.core import Condition, QualityCore
from HermesLib.quality.network.image_expert import ImageFeatures
from HermesLib.quality.organ_map import expected_dice, highest_expected_dice
from HermesLib.quality.presence import contiguous_presence
from HermesLib.quality.protocol import Assessment, Evidence, Observation, ScoreKind
from HermesLib.quality.slice_reading import read_features, read_views
from HermesLib.quality.unfamiliar import unfamiliar_slices

#: Levels of the organ map whose outlines stand for the best mask of a slice.
CANDIDATES = (0.3, 0.5)


class DiffusionQuality:
    """Samples K pseudo ground truths a slice and scores the mask against their mean.

    The raw score is Dice(mask, mean pGT > 0.5) on the slice's own grid; its range is that of the
    Dice with the single samples. Where the weights include a calibration, and ``score`` is not
    ``raw``, ``pdsc`` is the calibrated estimate of the true Dice with its interval.

    Args:
        core: the networks.
        name, sha256: of the weights, for reports.
        samples, steps: of the sampler; by default as the weights say.
        score: ``calibrated`` (raw where the weights include no calibration) or ``raw``.
        folds: identities of the patients of each fold of the ensemble, as the weights record them.
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
        folds: Sequence[Sequence[str]] = (),
    ) -> None:
        self.core = core.eval()
        self.folds = folds
        ensemble = core.config.ensemble
        self.members: tuple[int, ...] = () if ensemble is None else tuple(range(ensemble.members))
        self.evidence = core.config.evidence
        self._calibrated = score == "calibrated"
        self.name = name
        self.sha256 = sha256
        self.samples = samples or core.config.samples
        self.steps = steps or core.config.steps
        self.blend = core.config.blend
        self.presence_rule = core.config.presence_rule
        self.anatomy_rule = core.config.anatomy_rule
        self.calibration = core.config.calibration if score == "calibrated" else None

    @property
    def score(self) -> ScoreKind:
        """What the pDSC is."""
        fitted = self.calibration is not None or self.evidence is not None
        return "calibrated" if self._calibrated and fitted else "raw"

    @property
    def guarantee(self) -> Guarantee | None:
        """The nominal level of the intervals, and the highest that the patients can guarantee.

        None for the raw score.
        """
        if self.score == "raw":
            return None
        fitted = self.evidence or self.calibration
        return None if fitted is None else fitted.guarantee

    def with_blend(self, blend: Blend) -> "DiffusionQuality":
        """The same networks with the pGT composed differently; observations serve both."""
        other = copy.copy(self)
        other.blend = blend
        return other

    def without(self, patient: str) -> "DiffusionQuality":
        """The same quality control without the members that were trained on a patient.

        What it says of that patient is out of fold. A patient that the ensemble has not seen gets
        all members. The latent diffusion may have been trained on a patient of a fold, so it takes
        no part there: the organ map is the pGT.

        Args:
            patient: identity, as in training folders.
        """
        left_out = tuple(k for k, names in enumerate(self.folds) if patient in names)
        if not left_out or self.core.ensemble is None:
            return self
        other = self.with_blend(Blend(1.0, 0.0))
        other.members = left_out
        if len(left_out) == 1 and self.core.config.evidence_without:
            other.evidence = self.core.config.evidence_without[left_out[0]]
        return other

    @torch.inference_mode()
    def observe(self, images: torch.Tensor, thickness: float | None = None) -> Observation:
        """See :class:`HermesLib.quality.protocol.QualityControl`.

        Slice by slice on a CPU, so that nothing read of a slice depends on the others.
        """
        findings = read_findings(self.core, images, thickness, self.members)
        presence = self._presence(findings)
        present = contiguous_presence(presence.double().numpy(), self.presence_rule.weight)
        return Observation(
            images,
            presence,
            unfamiliar_slices(self.core, images, findings, self.members),
            tuple(findings),
            torch.from_numpy(present).float(),
        )

    @torch.inference_mode()
    def assess(
        self,
        observation: Observation,
        masks: torch.Tensor,
        seeds: Sequence[int],
        evidence: Evidence = "independent",
    ) -> Assessment:
        """See :class:`HermesLib.quality.protocol.QualityControl`."""
        masks = masks.to(self.core.device)
        if self.score == "raw":
            organ_map = self._organ_map_of_blend(observation)
            return self._assess_raw(observation, masks, seeds, organ_map)
        if self.evidence is not None:
            return self._assess_by_ensemble(observation, masks, seeds, evidence)
        assert self.calibration is not None
        if evidence == "independent":
            organ_map = self._organ_map_of_blend(observation)
            raw = self._assess_raw(observation, masks, seeds, organ_map)
            pdsc, low, high = self.calibration.independent.estimate(raw.pdsc)
            return replace(raw, pdsc=pdsc, pdsc_low=low, pdsc_high=high)
        organ_map = self._organ_map(observation)
        raw = self._assess_raw(observation, masks, seeds, organ_map)
        curve = self.calibration.prompted
        pdsc, low, high = curve.estimate(expected_dice(masks, organ_map))
        ceiling, _, _ = curve.estimate(highest_expected_dice(organ_map))
        ceiling = torch.maximum(ceiling, pdsc)
        return replace(raw, pdsc=pdsc, pdsc_low=low, pdsc_high=high, ceiling=ceiling)

    def _assess_by_ensemble(
        self,
        observation: Observation,
        masks: torch.Tensor,
        seeds: Sequence[int],
        evidence: Evidence,
    ) -> Assessment:
        """The pGT, and the score by all of the ensemble's evidence."""
        assert self.evidence is not None
        organ_maps = self._organ_map(observation)
        raw = self._assess_raw(observation, masks, seeds, organ_maps)
        present = raw.present if observation.present is None else observation.present
        # Copied once, as readings are on the CPU: every copy waits for a GPU.
        own_masks, own_maps, present = masks.cpu(), organ_maps.cpu(), present.cpu()
        rows = []
        for row, finding in enumerate(observation.features):
            reading: EnsembleReading = finding.ensemble
            score = self.evidence.score(evidence, context=reading.context is not None)
            own = mask_features(reading, own_masks[row : row + 1], present[row])
            best = finding.once(
                ("candidates", self.blend, float(present[row])),
                partial(_candidate_features, reading, own_maps[row], present[row]),
            )
            features = {name: torch.cat([own[name], best[name]]) for name in own}
            estimate, low, high = score.estimate(features)
            rows.append(torch.stack([estimate[0], low[0], high[0], estimate.max()]))
        pdsc, low, high, ceiling = torch.stack(rows, 1).to(raw.pdsc)
        return replace(raw, pdsc=pdsc, pdsc_low=low, pdsc_high=high, ceiling=ceiling)

    @torch.inference_mode()
    def expected_dice(self, observation: Observation, masks: torch.Tensor) -> torch.Tensor:
        """The Dice (B,) that the organ map alone predicts for masks (B, H, W, bool)."""
        return expected_dice(masks.to(self.core.device), self._organ_map(observation))

    def _presence(self, findings: Sequence[SliceFindings]) -> torch.Tensor:
        """Log odds (B,) that each slice, seen alone, shows the organ."""
        if self.core.ensemble is not None:
            readings = [item.ensemble for item in findings if item.ensemble is not None]
            return _joined([self._ensemble_presence(reading)[None] for reading in readings])
        read_features([item.readings.own for item in findings])
        return _joined([self.core.presence(item.readings.own.coarse) for item in findings])

    def _ensemble_presence(self, reading: EnsembleReading) -> torch.Tensor:
        """Log odds that a slice shows the organ, a scalar."""
        if self.evidence is None:
            return reading.presence.mean()
        features = presence_features(reading)
        return self.evidence.presence.log_odds(features, context=reading.context is not None)

    def _organ_map(self, observation: Observation) -> torch.Tensor:
        """Probability (B, H, W) of the organ by the image alone."""
        findings: tuple[SliceFindings, ...] = observation.features
        read_views([reading for item in findings for reading in item.readings_in_map(self.blend)])
        maps = torch.stack([item.organ_map(self.blend) for item in findings])
        return maps.to(self.core.device)

    def _organ_map_of_blend(self, observation: Observation) -> torch.Tensor | None:
        """The organ map, where the pGT depends on it."""
        needed = self.blend.expert_share > 0 or self.blend.through_plane > 0
        return self._organ_map(observation) if needed else None

    def _assess_raw(
        self,
        observation: Observation,
        masks: torch.Tensor,
        seeds: Sequence[int],
        organ_map: torch.Tensor | None,
    ) -> Assessment:
        """The pGT and the raw score."""
        if organ_map is not None and self.blend.expert_share == 1:
            # Neither samples nor masks have any influence on the pGT.
            samples = organ_map[:, None]
            pgt = self._pgt_of_map(observation, organ_map)
        else:
            samples = self._sample(observation, masks, seeds, organ_map)
            if organ_map is not None:
                samples = samples.lerp(organ_map[:, None], self.blend.expert_share)
            pgt = without_small_components(samples.mean(1), self.core.config.island_share)
        pdsc = dice_batch(masks, pgt > 0.5)
        single = [dice_batch(masks, samples[:, k] > 0.5) for k in range(samples.shape[1])]
        scores = torch.stack([*single, pdsc], 1)
        assert observation.presence is not None
        return Assessment(
            pgt=pgt,
            pdsc=pdsc,
            pdsc_low=scores.amin(1),
            pdsc_high=scores.amax(1),
            present=torch.sigmoid(observation.presence).to(pdsc.device),
            ceiling=torch.ones_like(pdsc),
        )

    def _pgt_of_map(self, observation: Observation, organ_map: torch.Tensor) -> torch.Tensor:
        """The organ map (B, H, W) without small components; each slice's is computed once."""
        share = self.core.config.island_share
        rows = [
            finding.once(
                ("pgt", self.blend), partial(without_small_components, organ_map[row, None], share)
            )
            for row, finding in enumerate(observation.features)
        ]
        return torch.cat(rows)

    def _sample(
        self,
        observation: Observation,
        masks: torch.Tensor,
        seeds: Sequence[int],
        organ_map: torch.Tensor | None,
    ) -> torch.Tensor:
        """Probabilities (B, samples, H, W) of sampled pGTs."""
        grid = self.core.config.grid
        readings = [finding.readings.own for finding in observation.features]
        windows = [reading.window for reading in readings]
        organ = None
        if organ_map is not None and self.blend.through_plane > 0:
            organ = to_grid(organ_map[:, None], windows, grid)
        condition = self._condition(
            ImageFeatures.join([reading.features for reading in readings]),
            to_grid(masks[:, None].float(), windows, grid),
            organ,
        )
        samples = self.core.sample(condition, seeds, self.samples, self.steps)
        return from_grid(samples, windows, (masks.shape[-2], masks.shape[-1]))

    def _condition(
        self, features: ImageFeatures, masks: torch.Tensor, organ: torch.Tensor | None
    ) -> Condition:
        """What the sampling is conditioned on; ablations replace this."""
        return self.core.condition(features, masks, organ=organ)


def _candidate_features(
    reading: EnsembleReading, organ_map: torch.Tensor, present: torch.Tensor
) -> dict[str, torch.Tensor]:
    """Features of the organ map's outlines, the best masks that a model can reach."""
    return mask_features(reading, torch.stack([organ_map > k for k in CANDIDATES]), present)


def _joined(values: list[torch.Tensor]) -> torch.Tensor:
    """Values (1,) of slices as one tensor (B,) on the CPU; of no slices, an empty one."""
    return torch.cat(values).cpu() if values else torch.zeros(0)
