"""The refinement loop: segment, compare with the pGT, improve the prompt, segment again."""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from HermesLib.io.neighbours import own_slice
from HermesLib.judges.protocol import Judge, Judged, ModelAnswer
from HermesLib.models.protocol import PromptableModel
from HermesLib.prompts.registry import strategy_for
from HermesLib.prompts.types import Prompt, PromptStrategy
from HermesLib.quality.protocol import Observation, QualityControl
from HermesLib.refinement.embeddings import Embeddings
from HermesLib.refinement.events import Iteration, Status
from HermesLib.refinement.grouping import groups, joined_embedding, observed
from HermesLib.refinement.iteration_event import iteration_of
from HermesLib.refinement.judging import judged_scores, may_accept, pgt_of
from HermesLib.refinement.scoring import SliceScore, evidence_of, score_against, score_masks
from HermesLib.refinement.seeding import slice_rng, slice_seed
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.refinement.slice_state import SliceState
from HermesLib.refinement.slow_reading import say_reading_time
from HermesLib.refinement.stopping import StoppingRule


@dataclass(frozen=True, eq=False)
class _Given:
    """What a call of :meth:`Refiner.refine` is given, and the (H, W) of its slices."""

    shape: tuple[int, int]
    truth: torch.Tensor | None
    initial_masks: torch.Tensor | None
    first_prompt: Prompt | None
    present: torch.Tensor | None


class Refiner:
    """Refines slices; each leaves as soon as it is finished, and one that waits takes its place.

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
        at_once: int | None = None,
        device: torch.device | None = None,
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
            at_once: how many slices are refined together, each call of a network with all of them;
                the others wait, and one enters where one has finished. None refines all together,
                on a CPU with a call for each.
            device: where slices are moved when they enter; None leaves them where they are.

        Yields:
            One event for each slice and iteration. Of the slices that are refined together, each
            has one iteration before any has its next; every slice's last event is ``final``.
        """
        observation = slices if isinstance(slices, Observation) else self.quality.observe(slices)
        shape = (observation.images.shape[-2], observation.images.shape[-1])
        count = len(observation.images)
        if first_prompt is not None:
            present = torch.ones(count)
        given = _Given(shape, truth, initial_masks, first_prompt, present)
        accepts = may_accept(self.quality, self.judge)
        waiting = deque(
            SliceState(
                position,
                index,
                StoppingRule(self.settings, accepts and observation.is_trusted(position)),
            )
            for position, index in enumerate(
                range(count) if slice_indices is None else slice_indices
            )
        )
        active: list[SliceState] = []
        while waiting or active:
            while waiting and (at_once is None or len(active) < at_once):
                state = waiting.popleft()
                if self._shows_organ(state, given):
                    state.observation = observation.select([state.position])
                    if device is not None:
                        state.observation = state.observation.to(device)
                    active.append(state)
                else:
                    yield self._without_organ(state, given)
            for group in groups(active, together=at_once is not None):
                yield from self._iterate(group, given, len(waiting))
            active = [state for state in active if state.status is None]

    def _shows_organ(self, state: SliceState, given: "_Given") -> bool:
        """Whether a slice that waits probably shows the organ, as far as more than it is known."""
        present = given.present
        return present is None or self.quality.presence_rule.shows(float(present[state.position]))

    def _without_organ(self, state: SliceState, given: "_Given") -> Iteration:
        """End a slice that probably does not show the organ."""
        assert given.present is not None
        score = SliceScore.without_mask(given.shape, float(given.present[state.position]))
        self._update(state, np.zeros(given.shape, bool), score)
        return iteration_of(state, score, self.quality.presence_rule, given.truth, seconds=0.0)

    def _iterate(
        self, group: list[SliceState], given: "_Given", waiting: int
    ) -> Iterator[Iteration]:
        """One iteration of slices that are computed together, while so many others wait."""
        started = time.perf_counter()
        observation = Observation.join([observed(state) for state in group])
        images = observation.images
        if group[0].iteration == 0 and given.initial_masks is not None:
            masks = given.initial_masks[[state.position for state in group]].to(images.device)
        else:
            self._embed(group, waiting)
            self._draw_prompts(group, given)
            masks = self._predict(group)
        scores = self._score(observation, masks, group, given.present)
        if self.judge is not None:
            if self.judge.needs_model:
                self._embed(group, waiting)
            scores = self._judged(self.judge, scores, images, masks, group)
        seconds = (time.perf_counter() - started) / len(group)
        # Copied together: every copy makes the processor wait for a GPU.
        for state, mask, score in zip(group, masks.cpu().numpy(), scores, strict=True):
            self._update(state, mask, score)
            yield iteration_of(state, score, self.quality.presence_rule, given.truth, seconds)
            state.iteration += 1

    @torch.inference_mode()
    def _embed(self, group: list[SliceState], waiting: int) -> None:
        """Give every slice its embedding, once; so many other slices wait."""
        missing = [state for state in group if state.embedding is None]
        if missing:
            images = torch.cat([own_slice(observed(state).images) for state in missing])
            started = time.perf_counter()
            joined = self.embeddings.embed(self.model, images, together=True)
            say_reading_time((time.perf_counter() - started) / len(missing), waiting)
            for row, state in enumerate(missing):
                state.embedding = joined.select([row])

    def _draw_prompts(self, group: list[SliceState], given: "_Given") -> None:
        for state in group:
            rng = slice_rng(self.settings.seed, state.index, state.iteration)
            if state.iteration == 0:
                state.prompt = given.first_prompt or self.strategy.first(given.shape, rng)
            else:
                # The slice has been through _update.
                assert state.mask is not None
                assert state.pgt is not None
                first_refinement = state.iteration == 1 and not given.first_prompt
                state.prompt = self.strategy.refine(
                    state.prompt, state.mask, state.pgt, first_refinement, rng
                )

    @torch.inference_mode()
    def _predict(self, group: list[SliceState]) -> torch.Tensor:
        embedding = joined_embedding(group)
        assert embedding is not None
        memories = [state.memory for state in group]
        prediction = self.model.predict(
            embedding,
            [state.prompt for state in group if state.prompt is not None],
            None if all(memory is None for memory in memories) else memories,
        )
        own = prediction.score
        scores = [None] * len(group) if own is None else own.tolist()
        for state, memory, score in zip(group, prediction.memory, scores, strict=True):
            state.previous, state.memory = state.memory, memory
            state.own_score = score
        return prediction.probability.to(embedding.images.device) > 0.5

    @torch.inference_mode()
    def _score(
        self,
        observation: Observation,
        masks: torch.Tensor,
        group: list[SliceState],
        present: torch.Tensor | None,
    ) -> list[SliceScore]:
        if group[0].iteration > 0 and self.settings.pgt == "fixed":
            fixed = np.stack([state.pgt for state in group if state.pgt is not None])
            return score_against(torch.from_numpy(fixed).to(masks.device), masks)
        return score_masks(
            self.quality,
            observation,
            masks,
            [slice_seed(self.settings.seed, state.index, state.iteration) for state in group],
            self.settings.redraws,
            evidence_of(group[0].iteration, [state.prompt for state in group]),
            None if present is None else present[[state.position for state in group]],
            together=True,
        )

    @torch.inference_mode()
    def _judged(
        self,
        judge: Judge,
        scores: list[SliceScore],
        images: torch.Tensor,
        masks: torch.Tensor,
        group: list[SliceState],
    ) -> list[SliceScore]:
        """The scores with the judge's estimates."""
        answer = None
        embedding = joined_embedding(group)
        if embedding is not None:
            prompts = tuple(state.prompt for state in group if state.prompt is not None)
            own = [state.own_score for state in group if state.own_score is not None]
            answer = ModelAnswer(
                self.model,
                embedding,
                prompts or None,
                tuple(state.previous for state in group),
                torch.tensor(own) if own else None,
            )
        seeds = [slice_seed(self.settings.seed, state.index, 0) for state in group]
        judged = Judged(own_slice(images), masks, pgt_of(scores), seeds, answer)
        return judged_scores(judge, scores, judged)

    def _update(self, state: SliceState, mask: np.ndarray, score: SliceScore) -> None:
        """Take an iteration's result, and decide whether the slice is finished."""
        state.mask = mask
        state.pgt = score.pgt
        if state.iteration == 0:
            # Presence is decided once, with the first mask: a fixed pGT adds no evidence later.
            state.present = score.present
        if state.iteration == 0 and not self.quality.presence_rule.shows(state.present):
            state.status = Status.ABSENT
        elif not score.pgt.any():
            state.status = Status.FAILED
        else:
            state.status = state.stopping.after(state.iteration, score.pdsc, score.ceiling)
