"""Scores of the masks of a whole volume, slice by slice, and of the whole."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from HermesLib.io.neighbours import own_slice
from HermesLib.judges.protocol import Judge, Judged
from HermesLib.metrics.whole import whole_quality
from HermesLib.quality.protocol import Evidence, Observation, QualityControl
from HermesLib.refinement.history import result_iteration
from HermesLib.refinement.judging import judged_scores, pgt_of
from HermesLib.refinement.scoring import SliceScore, score_against, score_masks
from HermesLib.refinement.seeding import slice_seed
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.refinement.volume_pgt import consistent_volume


@dataclass(frozen=True, eq=False)
class Round:
    """One mask of the whole volume and its assessment.

    Attributes:
        masks: (n, H, W) bool, of all selected slices.
        scores: by row, of the slices that show the organ.
        seconds: each slice's share of the time.
    """

    masks: np.ndarray
    scores: dict[int, SliceScore]
    seconds: float = 0.0

    def expected(self) -> np.ndarray:
        """The slices' pGTs as one volume (n, H, W, bool)."""
        pgts = np.zeros_like(self.masks)
        for row, score in self.scores.items():
            pgts[row] = score.pgt
        return consistent_volume(pgts)

    def quality(self) -> float:
        """The estimated Dice of the whole mask; 0 without any mask and pGT."""
        weighted = (
            (int(self.masks[row].sum()), int(score.pgt.sum()), score.pdsc)
            for row, score in self.scores.items()
        )
        return whole_quality(weighted) or 0.0


@dataclass(frozen=True, eq=False)
class VolumeScoring:
    """Assesses masks of a volume's slices, a few at a time.

    Attributes:
        quality: the QC that made the observation.
        settings: the seed, the redraws and the kind of pGT are used.
        observation: of the n selected slices.
        indices: of these slices in the volume.
        present: (n,) probability that they show the organ; None where the QC does not know.
        batch_size: how many slices are on ``device`` at a time.
        device: where the QC computes; None to leave the slices where they are.
        judge: scores the masks in place of the QC, which still draws the pGTs; or None.
    """

    quality: QualityControl
    settings: RefinementSettings
    observation: Observation
    indices: Sequence[int]
    present: torch.Tensor | None
    batch_size: int
    device: torch.device | None
    judge: Judge | None = None

    def assess(
        self, masks: np.ndarray, rows: Sequence[int], iteration: int, evidence: Evidence
    ) -> dict[int, SliceScore]:
        """The scores of the masks (n, H, W, bool) of some rows, by row."""
        scores: dict[int, SliceScore] = {}
        for start in range(0, len(rows), self.batch_size):
            part = list(rows[start : start + self.batch_size])
            observed = self.observation.select(part).to(self.device)
            of_part = torch.from_numpy(masks[part]).to(self.device)
            found = score_masks(
                self.quality,
                observed,
                of_part,
                [slice_seed(self.settings.seed, self.indices[row], iteration) for row in part],
                self.settings.redraws,
                evidence,
                None if self.present is None else self.present[part],
            )
            scores.update(zip(part, self._judged(part, observed, of_part, found), strict=True))
        return scores

    def _judged(
        self,
        part: list[int],
        observed: Observation,
        masks: torch.Tensor,
        scores: list[SliceScore],
    ) -> list[SliceScore]:
        """The scores with the judge's estimates, if there is a judge."""
        if self.judge is None:
            return scores
        seeds = [slice_seed(self.settings.seed, self.indices[row], 0) for row in part]
        judged = Judged(own_slice(observed.images), masks, pgt_of(scores), seeds)
        return judged_scores(self.judge, scores, judged)

    def compare(
        self, masks: np.ndarray, rows: Sequence[int], first: Round
    ) -> dict[int, SliceScore]:
        """The scores of the masks of some rows against the pGTs of the first round."""
        pgts = np.stack([first.scores[row].pgt for row in rows])
        of_rows = torch.from_numpy(masks[list(rows)])
        found = score_against(torch.from_numpy(pgts), of_rows)
        observed = self.observation.select(list(rows))
        return dict(zip(rows, self._judged(list(rows), observed, of_rows, found), strict=True))


class Tally:
    """What each round gave each slice, and thus the result so far, without any array.

    Args:
        settings: which round of a slice is its result.
    """

    def __init__(self, settings: RefinementSettings) -> None:
        self._keep = settings.keep
        #: Pixels of mask and pGT, pDSC and ceiling of each round, by row.
        self._rounds: dict[int, list[tuple[int, int, float, float]]] = {}

    def add(self, finished: Round) -> None:
        """Take a round."""
        for row, score in finished.scores.items():
            pixels = int(finished.masks[row].sum()), int(score.pgt.sum())
            numbers = (*pixels, score.pdsc, score.ceiling)
            self._rounds.setdefault(row, []).append(numbers)

    def result(self, row: int) -> tuple[int, int, float, float]:
        """Pixels of mask and pGT, pDSC and ceiling of a slice's result so far."""
        rounds = self._rounds[row]
        return rounds[result_iteration([pdsc for _, _, pdsc, _ in rounds], self._keep)]

    def whole(self) -> tuple[float, float]:
        """The pDSC of the whole result so far, and the highest that any mask could get."""
        results = [self.result(row) for row in self._rounds]
        pdsc = whole_quality((mask, pgt, pdsc) for mask, pgt, pdsc, _ in results)
        ceiling = whole_quality((mask, pgt, ceiling) for mask, pgt, _, ceiling in results)
        return pdsc or 0.0, 1.0 if ceiling is None else ceiling
