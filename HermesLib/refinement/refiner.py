"""The refinement loop: segment, compare with the pGT, improve the prompt, segment again."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count

import numpy as np
import torch

from HermesLib.io.neighbours import own_slice
from HermesLib.judges.protocol import Judge, Judged, ModelAnswer
from HermesLib.metrics.overlap import dice
from HermesLib.models.protocol import Embedding, PromptableModel
from HermesLib.prompts.registry import strategy_for
from HermesLib.prompts.types import Prompt, PromptStrategy
from HermesLib.quality.protocol import Observation, QualityControl
from HermesLib.refinement.embeddings import Embeddings
from HermesLib.refinement.events import Iteration, Status
from HermesLib.refinement.judging import judged_scores, may_accept, pgt_of
from HermesLib.refinement.scoring import SliceScore, evidence_of, score_against, score_masks
from HermesLib.refinement.seeding import slice_rng, slice_seed
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.refinement.slice_state import SliceState
from HermesLib.refinement.stopping import StoppingRule


class Refiner:
    """Refines the slices of a batch together; each leaves the batch as soon as it is finished.

    Args:
        model: the promptable model.
        quality: predicts the pGT that the prompts are drawn from, and scores the masks.
        strategy: how prompts are drawn; by default that of the model's first prompt kind.
        settings: when to accept and when to give up.
        judge: scores the masks in place of the quality control, which still draws the pGT.
        embeddings: those that are kept; a slice that is among them is not embedded again.
    """

    def __init__(
        self,
        model: PromptableModel,
        quality: QualityControl,
        strategy: PromptStrategy | None = None,
        settings: RefinementSettings | None = None,
        judge: Judge | None = None,
        embeddings: Embeddings | None = None,
    ) -> None:
        self.model = model
        self.quality = quality
        self.strategy = strategy or strategy_for(model.prompt_kinds[0])
        self.settings = settings or RefinementSettings()
        self.judge = judge
        self.embeddings = embeddings or Embeddings(most_bytes=0)

    def refine(
        self,
        slices: torch.Tensor | Observation,
        slice_indices: Sequence[int] | None = None,
        *,
        truth: torch.Tensor | None = None,
        initial_masks: torch.Tensor | None = None,
        first_prompt: Prompt | None = None,
        present: torch.Tensor | None = None,
    ) -> Iterator[Iteration]:
        """Refine slices; the caller may stop consuming events at any time.

        Args:
            slices: (B, C, H, W), float32 in 0..1, each in the middle of its neighbours
                (:mod:`HermesLib.io.neighbours`); C = 1 for single slices. Or what this refiner's QC
                has observed of them.
            slice_indices: their indices in the volume, which seed the random numbers; by default
                0..B-1.
            truth: (B, H, W) bool, for the true Dice in the events; the loop itself does not use it.
            initial_masks: (B, H, W) bool, masks to start from in place of the model's first ones.
            first_prompt: a user's prompt in place of the random first ones. Unlike those, its
                scribbles stay when prompts are refined. It implies that the organ is present,
                whatever the QC estimates.
            present: (B,) probability that each slice shows the organ, where more is known than the
                single slice. Slices that probably do not are passed neither to the model nor to the
                QC.

        Yields:
            One event for each slice and iteration. Every unfinished slice yields its iteration i
            before any yields its i + 1, and every slice's last event is ``final``.
        """
        observation = slices if isinstance(slices, Observation) else self.quality.observe(slices)
        images = observation.images
        shape = (images.shape[-2], images.shape[-1])
        indices = range(len(images)) if slice_indices is None else slice_indices
        accepts = may_accept(self.quality, self.judge)
        active = [
            SliceState(
                position,
                index,
                StoppingRule(self.settings, accepts and observation.is_trusted(position)),
            )
            for position, index in enumerate(indices)
        ]
        if first_prompt is not None:
            present = torch.ones(len(images))
        if present is not None:
            yield from self._without_organ(active, shape, present, truth)
            active = [state for state in active if state.status is None]
        embedding: Embedding | None = None
        for iteration in count():
            if not active:
                return
            started = time.perf_counter()
            if iteration == 0 and initial_masks is not None:
                masks = initial_masks[[state.position for state in active]].to(images.device)
            else:
                embedding = embedding or self._embed(images, active)
                self._draw_prompts(active, iteration, shape, first_prompt)
                masks = self._predict(embedding, active)
            scores = self._score(observation, masks, active, iteration, present)
            if self.judge is not None:
                if self.judge.needs_model:
                    embedding = embedding or self._embed(images, active)
                scores = self._judged(self.judge, scores, images, masks, embedding, active)
            seconds = (time.perf_counter() - started) / len(active)
            for state, mask, score in zip(active, masks, scores, strict=True):
                self._update(state, iteration, mask.cpu().numpy(), score)
                yield self._event(state, iteration, score, truth, seconds)
            active = [state for state in active if state.status is None]

    def _without_organ(
        self,
        active: list[SliceState],
        shape: tuple[int, int],
        present: torch.Tensor,
        truth: torch.Tensor | None,
    ) -> Iterator[Iteration]:
        """End the slices that probably do not show the organ."""
        for state in active:
            probability = float(present[state.position])
            if not self.quality.presence_rule.shows(probability):
                score = SliceScore.without_mask(shape, probability)
                self._update(state, 0, np.zeros(shape, bool), score)
                yield self._event(state, 0, score, truth, seconds=0.0)

    @torch.inference_mode()
    def _embed(self, images: torch.Tensor, active: list[SliceState]) -> Embedding:
        for row, state in enumerate(active):
            state.row = row
        selected = own_slice(images[[state.position for state in active]])
        return self.embeddings.embed(self.model, selected)

    def _draw_prompts(
        self,
        active: list[SliceState],
        iteration: int,
        shape: tuple[int, int],
        first_prompt: Prompt | None,
    ) -> None:
        for state in active:
            rng = slice_rng(self.settings.seed, state.index, iteration)
            if iteration == 0:
                state.prompt = first_prompt or self.strategy.first(shape, rng)
            else:
                # Every active slice has been through _update.
                assert state.mask is not None
                assert state.pgt is not None
                first_refinement = iteration == 1 and not first_prompt
                state.prompt = self.strategy.refine(
                    state.prompt, state.mask, state.pgt, first_refinement, rng
                )

    @torch.inference_mode()
    def _predict(self, embedding: Embedding, active: list[SliceState]) -> torch.Tensor:
        # Slice by slice on a CPU, for the reason given at scoring.assess_slicewise.
        parts = [[state] for state in active] if embedding.images.device.type == "cpu" else [active]
        return torch.cat([self._predict_together(embedding, part) for part in parts])

    def _predict_together(self, embedding: Embedding, active: list[SliceState]) -> torch.Tensor:
        memories = [state.memory for state in active]
        prediction = self.model.predict(
            embedding.select([state.row for state in active]),
            [state.prompt for state in active if state.prompt is not None],
            None if all(memory is None for memory in memories) else memories,
        )
        for row, (state, memory) in enumerate(zip(active, prediction.memory, strict=True)):
            state.previous, state.memory = state.memory, memory
            state.own_score = None if prediction.score is None else float(prediction.score[row])
        return prediction.probability.to(embedding.images.device) > 0.5

    @torch.inference_mode()
    def _score(
        self,
        observation: Observation,
        masks: torch.Tensor,
        active: list[SliceState],
        iteration: int,
        present: torch.Tensor | None,
    ) -> list[SliceScore]:
        if iteration > 0 and self.settings.pgt == "fixed":
            fixed = np.stack([state.pgt for state in active if state.pgt is not None])
            return score_against(torch.from_numpy(fixed).to(masks.device), masks)
        positions = [state.position for state in active]
        return score_masks(
            self.quality,
            observation.select(positions),
            masks,
            [slice_seed(self.settings.seed, state.index, iteration) for state in active],
            self.settings.redraws,
            evidence_of(iteration, [state.prompt for state in active]),
            None if present is None else present[positions],
        )

    @torch.inference_mode()
    def _judged(
        self,
        judge: Judge,
        scores: list[SliceScore],
        images: torch.Tensor,
        masks: torch.Tensor,
        embedding: Embedding | None,
        active: list[SliceState],
    ) -> list[SliceScore]:
        """The scores with the judge's estimates."""
        answer = None
        if embedding is not None:
            prompts = tuple(state.prompt for state in active if state.prompt is not None)
            own = [state.own_score for state in active if state.own_score is not None]
            answer = ModelAnswer(
                self.model,
                embedding.select([state.row for state in active]),
                prompts or None,
                tuple(state.previous for state in active),
                torch.tensor(own) if own else None,
            )
        chosen = own_slice(images[[state.position for state in active]])
        seeds = [slice_seed(self.settings.seed, state.index, 0) for state in active]
        judged = Judged(chosen, masks, pgt_of(scores), seeds, answer)
        return judged_scores(judge, scores, judged)

    def _update(
        self, state: SliceState, iteration: int, mask: np.ndarray, score: SliceScore
    ) -> None:
        """Take an iteration's result, and decide whether the slice is finished."""
        state.mask = mask
        state.pgt = score.pgt
        if iteration == 0:
            # Presence is decided once, with the first mask: a fixed pGT adds no evidence later.
            state.present = score.present
        if iteration == 0 and not self.quality.presence_rule.shows(state.present):
            state.status = Status.ABSENT
        elif not score.pgt.any():
            state.status = Status.FAILED
        else:
            state.status = state.stopping.after(iteration, score.pdsc, score.ceiling)

    def _event(
        self,
        state: SliceState,
        iteration: int,
        score: SliceScore,
        truth: torch.Tensor | None,
        seconds: float,
    ) -> Iteration:
        assert state.mask is not None
        stated = self.quality.presence_rule.stated(state.present)
        if state.status is Status.ABSENT:
            # The result is an empty mask, whatever the model predicted.
            state.mask = np.zeros_like(state.mask)
            score = replace(score, present=stated).where_absent(mask_is_empty=True)
            score = replace(score, pgt=state.mask, spread=None)
        true_dice = None if truth is None else dice(state.mask, truth[state.position].cpu().numpy())
        return Iteration(
            slice_index=state.index,
            index=iteration,
            mask=state.mask,
            pgt=score.pgt,
            pdsc=score.pdsc,
            pdsc_low=score.pdsc_low,
            pdsc_high=score.pdsc_high,
            dsc=true_dice,
            prompt=state.prompt,
            seconds=seconds,
            status=state.status,
            present=stated,
            borderline=self.quality.presence_rule.is_borderline(state.present),
            ceiling=score.ceiling,
            spread=score.spread,
        )
