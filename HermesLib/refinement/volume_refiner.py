"""The refinement loop on a whole volume: a 3D model, steered by the same quality control (QC).

The pGTs of the slices, stacked, are the model's initial mask, or the box of their largest section
is its first prompt. Each round then corrects the largest errors of the whole mask; a round that
makes it worse is taken back. Every slice is assessed in
every round and has its own event, as in the loop on slices. When the loop ends is decided by the
whole volume; how a slice ends, by its own pDSC.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Literal

import numpy as np

from HermesLib.judges.protocol import Judge
from HermesLib.metrics.overlap import dice
from HermesLib.models.volume_protocol import VolumeModel, VolumeSession
from HermesLib.prompts.settings import PromptSettings
from HermesLib.prompts.volume import EarlierMask, InitialMask, VolumePrompt
from HermesLib.prompts.volume_corrections import VolumeCorrections
from HermesLib.prompts.volume_section import VolumeSection
from HermesLib.prompts.volume_start import start_box
from HermesLib.quality.protocol import QualityControl
from HermesLib.refinement.events import Iteration, Status
from HermesLib.refinement.judging import may_accept
from HermesLib.refinement.scoring import SliceScore
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.refinement.stopping import StoppingRule
from HermesLib.refinement.volume import presence_along
from HermesLib.refinement.volume_scoring import Round, Tally, VolumeScoring
from HermesLib.refinement.volume_task import VolumeTask

#: What the errors of a mask are corrected by.
Correction = Literal["clicks", "scribbles"]


@dataclass(frozen=True)
class VolumeRefiner:
    """Refines a whole volume.

    Attributes:
        model: segments the volume.
        quality: predicts the pGT of each slice, and scores the masks.
        correction: points or strokes.
        settings: when to accept and when to give up; threshold, patience and the number of
            iterations count for the whole volume.
        judge: scores the masks in place of the quality control, which still draws the pGT.
        padding: pixels around the box of a model that starts from one.
    """

    model: VolumeModel
    quality: QualityControl
    correction: Correction = "clicks"
    settings: RefinementSettings = field(default_factory=RefinementSettings)
    judge: Judge | None = None
    padding: float = PromptSettings.padding

    def refine(self, task: VolumeTask) -> Iterator[Iteration]:
        """One event for each slice and round; the caller may stop at any time.

        Every unfinished slice has its event of round i before any has that of i + 1. Slices
        without the organ end ``absent`` in the first round: the result has no mask there, whatever
        the model says. All others end together.

        Raises:
            HermesError: the model cannot be reached, or cannot answer.
        """
        return _Loop(self, task).events()


class _Loop:
    """The loop on one volume."""

    def __init__(self, refiner: VolumeRefiner, task: VolumeTask) -> None:
        self.refiner = refiner
        self.task = task
        self.settings = refiner.settings
        self.rule = refiner.quality.presence_rule
        self.shape = (task.observation.images.shape[-2], task.observation.images.shape[-1])
        present = presence_along(task.observation, refiner.quality)
        self.scoring = VolumeScoring(
            refiner.quality,
            refiner.settings,
            task.observation,
            task.indices,
            present,
            task.batch_size,
            task.device,
            refiner.judge,
        )
        rows = range(len(task.observation))
        #: Probability that each slice shows the organ; decided once.
        self.present = {} if present is None else dict(zip(rows, present.tolist(), strict=True))
        self.shown = [row for row in rows if self._shows(row)]
        self.accepts = may_accept(refiner.quality, refiner.judge)
        self.tally = Tally(refiner.settings)
        self._ended: set[int] = set()
        self._session: VolumeSession | None = None
        #: The first round where its mask is not the model's.
        self._given: Round | None = None
        self._corrections: VolumeCorrections | None = None

    def events(self) -> Iterator[Iteration]:
        """See :meth:`VolumeRefiner.refine`."""
        try:
            yield from self._absent()
            if self.shown:
                yield from self._rounds()
        finally:
            if self._session is not None:
                self._session.close()

    def _rounds(self) -> Iterator[Iteration]:
        prompts, current = self._first_round()
        yield from self._absent()
        current = self._only_shown(current)
        self._given = None if prompts else current
        stopping = StoppingRule(self.settings)
        first = best = current
        for iteration in count():
            self.tally.add(current)
            status = stopping.after(iteration, *self.tally.whole())
            further: tuple[VolumePrompt, ...] = ()
            if status is None:
                taken_back = iteration > 0 and self._takes_back(current, best)
                best = best if taken_back else current
                further = self._further(best, taken_back=taken_back, first=not prompts)
                # Without a new prompt the model would only repeat its last answer.
                status = None if further else Status.STOPPED
            yield from self._events(iteration, current, prompts, status)
            if status is not None:
                return
            prompts = further
            current = self._round(prompts, iteration + 1, first)

    def _first_round(self) -> tuple[tuple[VolumePrompt, ...], Round]:
        """The first prompts and their answer; no prompts where a mask was given."""
        started = time.perf_counter()
        if self.task.initial_masks is not None:
            masks = self.task.initial_masks.cpu().numpy().astype(bool)
            scores = self.scoring.assess(masks, self.shown, 0, "independent")
            self._decide(scores)
            return (), Round(masks, scores, self._share(started))
        # A QC that looks at the mask sees none at first, and then the pGT that it has drawn.
        masks = np.zeros((len(self.task.observation), *self.shape), bool)
        for _ in range(2):
            opening = Round(masks, self.scoring.assess(masks, self.shown, 0, "independent"))
            self._decide(opening.scores)
            masks = self._only_shown(opening).expected()
        if not masks.any():
            return (), opening
        prompts = (self._start(masks, opening),)
        answer = self._predict(prompts)
        scores = self.scoring.assess(answer, self.shown, 0, "prompted")
        return prompts, Round(answer, scores, self._share(started))

    def _round(self, prompts: tuple[VolumePrompt, ...], iteration: int, first: Round) -> Round:
        started = time.perf_counter()
        masks = self._predict(prompts)
        if self.settings.pgt == "fixed":
            scores = self.scoring.compare(masks, self.shown, first)
        else:
            scores = self.scoring.assess(masks, self.shown, iteration, "prompted")
        return Round(masks, scores, self._share(started))

    def _further(
        self, current: Round, *, taken_back: bool, first: bool
    ) -> tuple[VolumePrompt, ...]:
        """The next prompts; none if there is nothing to correct."""
        expected = current.expected()
        if not expected.any():
            return ()
        if first:
            return (self._start(expected, current),)
        if self._corrections is None:
            self._corrections = VolumeCorrections(
                self.refiner.correction, self.task.image.spacing, self._opened().stroke_thickness
            )
        prompts = self._corrections.draw(self._whole(current.masks), self._whole(expected))
        back = (EarlierMask(self._whole(current.masks)),) if taken_back and prompts else ()
        return (*back, *prompts)

    def _predict(self, prompts: tuple[VolumePrompt, ...]) -> np.ndarray:
        """The model's mask (n, H, W, bool) of the selected slices; none on absent ones."""
        answer = self._opened().predict(prompts)
        return self._where_shown(answer[self.task.indices[0] : self.task.indices[-1] + 1])

    def _opened(self) -> VolumeSession:
        if self._session is None:
            first, last = (self.task.indices[self.shown[end]] for end in (0, -1))
            self._session = self.refiner.model.open(self.task.image, range(first, last + 1))
        return self._session

    def _start(self, expected: np.ndarray, finished: Round) -> VolumePrompt:
        """The model's first prompt."""
        whole = self._whole(expected)
        if self.refiner.model.starts_from == "initial-mask":
            return InitialMask(whole)
        sure = {self.task.indices[row]: s.ceiling for row, s in finished.scores.items()}
        return start_box(whole, sure, self.refiner.padding)

    def _whole(self, masks: np.ndarray) -> np.ndarray:
        """Masks of the selected slices as a mask of the whole volume."""
        whole = np.zeros((len(self.task.image.intensities), *self.shape), bool)
        whole[self.task.indices[0] : self.task.indices[-1] + 1] = masks
        return whole

    def _takes_back(self, current: Round, best: Round) -> bool:
        # A model that starts from a box cannot go on from a mask that is not its own.
        if best is self._given and self.refiner.model.starts_from != "initial-mask":
            return False
        return current.quality() < best.quality() - self.settings.min_improvement

    def _share(self, started: float) -> float:
        return (time.perf_counter() - started) / max(1, len(self.shown))

    def _shows(self, row: int) -> bool:
        return row not in self.present or self.rule.shows(self.present[row])

    def _decide(self, scores: dict[int, SliceScore]) -> None:
        """Take the QC's presence of the single slices where none is known along the volume."""
        for row, score in scores.items():
            self.present.setdefault(row, score.present)
        self.shown = [row for row in self.shown if self._shows(row)]

    def _only_shown(self, finished: Round) -> Round:
        scores = {row: score for row, score in finished.scores.items() if self._shows(row)}
        return Round(self._where_shown(finished.masks), scores, finished.seconds)

    def _where_shown(self, masks: np.ndarray) -> np.ndarray:
        kept = np.zeros_like(masks)
        kept[self.shown] = masks[self.shown]
        return kept

    def _absent(self) -> Iterator[Iteration]:
        """End the slices that probably do not show the organ, once."""
        rows = [row for row in self.present if not self._shows(row) and row not in self._ended]
        self._ended.update(rows)
        for row in rows:
            stated = self.rule.stated(self.present[row])
            score = SliceScore.without_mask(self.shape, stated)
            nothing = np.zeros(self.shape, bool)
            yield from self._event(row, 0, nothing, score, None, Status.ABSENT)

    def _events(
        self,
        iteration: int,
        current: Round,
        prompts: tuple[VolumePrompt, ...],
        status: Status | None,
    ) -> Iterator[Iteration]:
        for row, score in current.scores.items():
            index = self.task.indices[row]
            section = VolumeSection.of(prompts, index, self.shape) if prompts else None
            ended = None if status is None else self._status(row, score)
            mask = current.masks[row]
            yield from self._event(row, iteration, mask, score, section, ended, current.seconds)

    def _status(self, row: int, last: SliceScore) -> Status:
        """How a slice ends: by its own result, however the whole ended."""
        if not last.pgt.any():
            return Status.FAILED
        _, _, pdsc, _ = self.tally.result(row)
        trusted = self.accepts and self.task.observation.is_trusted(row)
        reached = pdsc >= self.settings.threshold
        return Status.ACCEPTED if trusted and reached else Status.STOPPED

    def _event(
        self,
        row: int,
        iteration: int,
        mask: np.ndarray,
        score: SliceScore,
        prompt: VolumeSection | None,
        status: Status | None,
        seconds: float = 0.0,
    ) -> Iterator[Iteration]:
        if self.task.indices[row] in self.task.finished:
            return
        truth = self.task.truth
        yield Iteration(
            slice_index=self.task.indices[row],
            index=iteration,
            mask=mask,
            pgt=score.pgt,
            pdsc=score.pdsc,
            pdsc_low=score.pdsc_low,
            pdsc_high=score.pdsc_high,
            dsc=None if truth is None else dice(mask, truth[row].cpu().numpy()),
            prompt=prompt,
            seconds=seconds,
            status=status,
            present=self.rule.stated(self.present.get(row, score.present)),
            borderline=self.rule.is_borderline(self.present.get(row, score.present)),
            ceiling=score.ceiling,
            spread=score.spread,
        )
