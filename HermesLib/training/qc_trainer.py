"""Training of the QC core in three stages (:mod:`HermesLib.training.qc_stages`).

Every stage can be resumed; batches depend on seed, stage and step only.
"""

from collections.abc import Callable
from typing import Any

import torch

from HermesLib.quality.network.autoencoder import patch_discriminator
from HermesLib.quality.network.config import QualityConfig
from HermesLib.quality.network.core import QualityCore
from HermesLib.training.optimisation import RunningAverage
from HermesLib.training.processes import make_same, mean_figures
from HermesLib.training.qc_settings import QualityTraining
from HermesLib.training.qc_stages import (
    AutoencoderStage,
    DiffusionStage,
    ExpertStage,
    Stage,
    StageInputs,
)
from HermesLib.training.qc_validation import organ_map_dice, validate
from HermesLib.training.run_folder import TrainingRun
from HermesLib.training.slice_sampler import SliceSampler

#: Called with the averaged network and its figures whenever validation improves.
OnBest = Callable[[QualityCore, dict[str, float]], None]


class QualityTrainer:
    """Trains one :class:`QualityCore` on a pool of slices and validates it on another."""

    def __init__(
        self,
        config: QualityConfig,
        settings: QualityTraining,
        run: TrainingRun,
        train: SliceSampler,
        validation: SliceSampler,
        device: torch.device,
    ):
        torch.manual_seed(settings.seed)
        self.settings = settings
        self.run = run
        self.validation = validation
        self.core = QualityCore(config).to(device)
        self.averaged = RunningAverage(self.core, settings.average)
        self.discriminator = patch_discriminator().to(device)
        part = run.processes.part_of(settings.batch)
        self.inputs = StageInputs(self.core, self.discriminator, settings, train, device, part)
        self.best = -1.0

    def start_from(self, tensors: dict[str, torch.Tensor]) -> None:
        """Take over another training's weights, without what a calibration added to them."""
        tensors = {
            name: tensor for name, tensor in tensors.items() if not name.startswith("familiarity.")
        }
        self.core.load_state_dict(tensors)
        self.averaged.module.load_state_dict(tensors)

    def fit(self, on_best: OnBest) -> None:
        """Run what is left of the three stages."""
        state = self.run.load_state()
        first = state["stage"] if state else 0
        if state:
            self.core.load_state_dict(state["core"])
            self.averaged.load_state_dict(state["averaged"])
            self.discriminator.load_state_dict(state["discriminator"])
            self.best = state["best"]
        for network in (self.core, self.averaged, self.discriminator):
            make_same(network)
        stages = (self._autoencoder_stage, self._expert_stage, self._diffusion_stage)
        for number in range(first, len(stages)):
            self.run.begin_stage()
            stages[number](state if state and number == first else None, on_best)
            self._save(number + 1, 0, None)

    def _autoencoder_stage(self, state: dict[str, Any] | None, on_best: OnBest) -> None:
        stage = AutoencoderStage(self.inputs)
        if stage.steps == 0:
            return
        for step in range(self._restore(state, stage), stage.steps):
            figures = stage.step(step, self.run.generators(0, step))
            self._report(0, stage, step, figures)
        stage.finish(self.run.generator(0, stage.steps))
        make_same(self.core)
        self.averaged.module.load_state_dict(self.core.state_dict())

    def _expert_stage(self, state: dict[str, Any] | None, on_best: OnBest) -> None:
        stage = ExpertStage(self.inputs)
        if stage.steps == 0:
            return
        for step in range(self._restore(state, stage), stage.steps):
            figures = stage.step(step, self.run.generators(1, step))
            self.averaged.update_parameters(self.core)
            self._report(1, stage, step, figures)
            if self._validates(stage, step):
                organ = organ_map_dice(self.averaged.module, self.validation)
                self.run.report("validation", step + 1, stage.steps, organ=organ)
        self.core.load_state_dict(self.averaged.module.state_dict())

    def _diffusion_stage(self, state: dict[str, Any] | None, on_best: OnBest) -> None:
        stage = DiffusionStage(self.inputs)
        for step in range(self._restore(state, stage), stage.steps):
            figures = stage.step(step, self.run.generators(2, step))
            self.averaged.update_parameters(self.core)
            self._report(2, stage, step, figures)
            if not self._validates(stage, step):
                continue
            measured = validate(self.averaged.module, self.validation)
            self.run.report("validation", step + 1, stage.steps, **measured)
            if measured["pgt_dice"] > self.best:
                self.best = measured["pgt_dice"]
                on_best(self.averaged.module, {"step": step + 1, **measured})

    def _validates(self, stage: Stage, step: int) -> bool:
        """Whether the first process validates now; the others go on to the next batch."""
        due = (step + 1) % self.settings.validate_every == 0 or step + 1 == stage.steps
        return due and self.run.processes.first

    def _report(self, number: int, stage: Stage, step: int, figures: dict[str, float]) -> None:
        if (step + 1) % self.settings.every == 0:
            figures = mean_figures(figures, self.inputs.device)
            self.run.report(stage.name, step + 1, stage.steps, **figures)
            self._save(number, step + 1, stage)

    def _restore(self, state: dict[str, Any] | None, stage: Stage) -> int:
        """Restore a stage's optimisers; returns its first step."""
        if not state or not state["learners"]:
            self.averaged.restart()
            return 0
        for name, learner in stage.learners.items():
            learner.load_state_dict(state["learners"][name])
        return int(state["step"])

    def _save(self, number: int, step: int, stage: Stage | None) -> None:
        learners = stage.learners if stage is not None else {}
        self.run.save_state(
            {
                "stage": number,
                "step": step,
                "best": self.best,
                "core": self.core.state_dict(),
                "averaged": self.averaged.state_dict(),
                "discriminator": self.discriminator.state_dict(),
                "learners": {name: learner.state_dict() for name, learner in learners.items()},
            }
        )
