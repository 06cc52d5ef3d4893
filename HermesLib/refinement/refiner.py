"""The loop: segment, let the quality control draw what it expected, prompt better, segment again."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count

import numpy as np
import torch

from HermesLib.io.neighbours import own_slice
from HermesLib.metrics.overlap import dice
from HermesLib.models.protocol import Embedding, Memory, PromptableModel
from HermesLib.prompts.registry import strategy_for
from HermesLib.prompts.types import Prompt, PromptStrategy
from HermesLib.quality.presence import PresenceRule
from HermesLib.quality.protocol import QualityControl
from HermesLib.refinement.events import Iteration, Status
from HermesLib.refinement.scoring import PRESENT, Score, score, score_against
from HermesLib.refinement.seeding import slice_rng, slice_seed
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.refinement.stopping import StoppingRule


@dataclass
class _Slice:
    """Where one slice stands: its place in the batch, its index in the volume, its row in the embedding, what came last."""

    position: int
    index: int
    progress: StoppingRule
    row: int = 0
    prompt: Prompt | None = None
    memory: Memory = None
    mask: np.ndarray | None = None
    pgt: np.ndarray | None = None
    status: Status | None = None
    present: float = 1.0


class Refiner:
    """Refines the slices of a batch together; each leaves the batch as soon as it is done.

    Args:
        model: the promptable model.
        guide: its pGT draws the prompts.
        judge: its pDSC decides; the guide itself if left out. Mask and pGT of a guide agree the more because the pGT drew the
            mask's prompts, so a judge trained apart is the more honest one.
        strategy: how prompts are drawn; if left out, that of the first prompt kind the model takes.
        settings: when to accept and when to give up.
    """

    def __init__(
        self,
        model: PromptableModel,
        guide: QualityControl,
        judge: QualityControl | None = None,
        strategy: PromptStrategy | None = None,
        settings: RefinementSettings | None = None,
    ) -> None:
        self.model = model
        self.guide = guide
        self.judge = judge or guide
        self.strategy = strategy or strategy_for(model.prompt_kinds[0])
        self.settings = settings or RefinementSettings()

    def refine(
        self,
        images: torch.Tensor,
        slice_indices: Sequence[int] | None = None,
        truth: torch.Tensor | None = None,
        initial_masks: torch.Tensor | None = None,
        first_prompt: Prompt | None = None,
        present: torch.Tensor | None = None,
    ) -> Iterator[Iteration]:
        """Refine slices (B, C, H, W), float32 in 0..1; the caller may stop taking events at any time.

        Args:
            images: the slices, each in the middle of its neighbours (:mod:`HermesLib.io.neighbours`); C = 1 for lone slices.
            slice_indices: their indices in the volume (they seed what is random); 0..B-1 if left out.
            truth: (B, H, W) bool, for the true Dice in the events; the loop itself never looks at it.
            initial_masks: (B, H, W) bool masks to start from in place of the model's first ones.
            first_prompt: a person's prompt, in place of the random first ones; unlike those, scribbles stay when better ones come. Who
                prompts says that the organ is there, whatever the quality control thinks.
            present: (B,) probability that each slice shows the organ, where more is known than the slice itself tells. For slices that
                probably do not, neither model nor quality control is asked.

        Yields:
            One event a slice and iteration. Every slice still going on yields its iteration i before any yields its i + 1, and
            every slice's last event is ``final``.
        """
        indices = range(len(images)) if slice_indices is None else slice_indices
        active = [
            _Slice(position, index, StoppingRule(self.settings))
            for position, index in enumerate(indices)
        ]
        if first_prompt is not None:
            present = torch.ones(len(images))
        if present is not None:
            yield from self._without_organ(active, images, present, truth)
            active = [state for state in active if state.status is None]
        embedding: Embedding | None = None
        for index in count():
            if not active:
                return
            started = time.perf_counter()
            if index == 0 and initial_masks is not None:
                masks = initial_masks[[state.position for state in active]].to(images.device)
            else:
                embedding = embedding or self._embed(images, active)
                self._draw_prompts(
                    active, index, (images.shape[-2], images.shape[-1]), first_prompt
                )
                masks = self._predict(embedding, active)
            scored = self._score(images, masks, active, index, present)
            seconds = (time.perf_counter() - started) / len(active)
            for row, state in enumerate(active):
                yield self._event(state, index, masks[row], scored, row, truth, seconds)
            active = [state for state in active if state.status is None]

    def _without_organ(
        self,
        active: list[_Slice],
        images: torch.Tensor,
        present: torch.Tensor,
        truth: torch.Tensor | None,
    ) -> Iterator[Iteration]:
        shape = (images.shape[-2], images.shape[-1])
        for state in active:
            probability = float(present[state.position])
            if probability >= PRESENT:
                continue
            state.status = Status.ABSENT
            mask = np.zeros(shape, bool)
            true_dice = None if truth is None else dice(mask, truth[state.position].cpu().numpy())
            # The result is an empty mask: its true Dice is 1 if the organ is absent and 0 if it is not.
            pdsc = 1.0 - probability
            yield Iteration(
                slice_index=state.index,
                index=0,
                mask=mask,
                pgt=np.zeros(shape, bool),
                pdsc=pdsc,
                pdsc_low=0.0,
                pdsc_high=1.0,
                dsc=true_dice,
                prompt=None,
                seconds=0.0,
                status=state.status,
                present=probability,
                borderline=PresenceRule().is_borderline(probability),
            )

    @torch.inference_mode()
    def _embed(self, images: torch.Tensor, active: list[_Slice]) -> Embedding:
        for row, state in enumerate(active):
            state.row = row
        chosen = own_slice(images[[state.position for state in active]])
        if images.device.type != "cpu":
            return self.model.embed(chosen)
        return Embedding.join([self.model.embed(image[None]) for image in chosen])

    def _draw_prompts(
        self, active: list[_Slice], index: int, shape: tuple[int, int], given: Prompt | None
    ) -> None:
        for state in active:
            rng = slice_rng(self.settings.seed, state.index, index)
            if index == 0:
                state.prompt = given or self.strategy.first(shape, rng)
            else:
                # Every slice still going on has been through _event.
                assert state.mask is not None
                assert state.pgt is not None
                state.prompt = self.strategy.refine(
                    state.prompt,
                    state.mask,
                    state.pgt,
                    index == 1 and not given,
                    rng,
                )

    @torch.inference_mode()
    def _predict(self, embedding: Embedding, active: list[_Slice]) -> torch.Tensor:
        # Slice by slice on a CPU, for the reason given at scoring.ask.
        parts = [[state] for state in active] if embedding.images.device.type == "cpu" else [active]
        return torch.cat([self._predict_together(embedding, part) for part in parts])

    def _predict_together(self, embedding: Embedding, active: list[_Slice]) -> torch.Tensor:
        memories = [state.memory for state in active]
        prediction = self.model.predict(
            embedding.select([state.row for state in active]),
            [state.prompt for state in active if state.prompt is not None],
            None if all(memory is None for memory in memories) else memories,
        )
        for state, memory in zip(active, prediction.memory, strict=True):
            state.memory = memory
        return prediction.probability.to(embedding.images.device) > 0.5

    @torch.inference_mode()
    def _score(
        self,
        images: torch.Tensor,
        masks: torch.Tensor,
        active: list[_Slice],
        index: int,
        present: torch.Tensor | None,
    ) -> Score:
        positions = [state.position for state in active]
        slices, known = images[positions], None if present is None else present[positions]
        seeds = [slice_seed(self.settings.seed, state.index, index) for state in active]
        redraws = self.settings.redraws
        if index == 0 or self.settings.pgt == "renewed":
            return score(self.guide, self.judge, slices, masks, seeds, redraws, index > 0, known)
        kept = torch.from_numpy(
            np.stack([state.pgt for state in active if state.pgt is not None])
        ).to(images.device, torch.float32)
        against_kept = score_against(kept, masks)
        if self.judge is self.guide:
            return against_kept
        return replace(
            score(self.judge, self.judge, slices, masks, seeds, redraws, True, known),
            pgt=kept,
            empty=against_kept.empty,
        )

    def _event(
        self,
        state: _Slice,
        index: int,
        mask: torch.Tensor,
        scored: Score,
        row: int,
        truth: torch.Tensor | None,
        seconds: float,
    ) -> Iteration:
        state.mask = mask.cpu().numpy()
        state.pgt = (scored.pgt[row] > 0.5).cpu().numpy()
        pdsc, low, high = (
            float(values[row]) for values in (scored.pdsc, scored.pdsc_low, scored.pdsc_high)
        )
        if index == 0:
            # Once decided, with the first mask: a pGT kept from then on says nothing new.
            state.present = float(scored.present[row])
        ceiling = float(scored.ceiling[row])
        state.status = self._status(state, index, pdsc, bool(scored.empty[row]), ceiling)
        if state.status is Status.ABSENT:
            # The result is an empty mask: its true Dice is 1 if the organ is absent and 0 if it is not.
            state.mask, state.pgt = np.zeros_like(state.mask), np.zeros_like(state.pgt)
            pdsc, low, high = 1.0 - state.present, 0.0, 1.0
        true_dice = None if truth is None else dice(state.mask, truth[state.position].cpu().numpy())
        return Iteration(
            slice_index=state.index,
            index=index,
            mask=state.mask,
            pgt=state.pgt,
            pdsc=pdsc,
            pdsc_low=low,
            pdsc_high=high,
            dsc=true_dice,
            prompt=state.prompt,
            seconds=seconds,
            status=state.status,
            present=state.present,
            borderline=PresenceRule().is_borderline(state.present),
            ceiling=ceiling,
        )

    @staticmethod
    def _status(
        state: _Slice, index: int, pdsc: float, empty: bool, ceiling: float
    ) -> Status | None:
        if index == 0 and state.present < PRESENT:
            return Status.ABSENT
        if empty:
            return Status.FAILED
        return state.progress.after(index, pdsc, ceiling)
