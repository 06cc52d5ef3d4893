"""Training of a single network: one trainer for all, and one objective for each network."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from torch import nn

from HermesLib.datasets.augmentation import Augmentation
from HermesLib.training.autocast import autocast
from HermesLib.training.optimisation import Learner, RateSchedule, RunningAverage
from HermesLib.training.processes import make_same, mean_over_processes, with_shared_statistics
from HermesLib.training.run_folder import TrainingRun

#: Views of the slices that a network is validated on: nearly unchanged.
VIEW = Augmentation(
    zoom=(0.8, 1.0),
    shift=0.03,
    rotation_degrees=0,
    stretch=0,
    bend=0,
    flip=0,
    gamma=0,
    bias=0,
    noise=0,
    blur=0,
)


@dataclass(frozen=True)
class TrainerSettings:
    """Settings of one training of a single network.

    Attributes:
        steps, batch: batches, and slices in each.
        rate, weight_decay, clip: peak learning rate, decay of the weights, and the largest norm of
            the gradient.
        schedule: of the learning rate.
        average: decay of the running average of the weights.
        every, validate_every: steps between reports, and between validations.
        validated_on: slices of each validation.
        seed: of all randomness.
        augmentation: of slices and masks.
    """

    steps: int = 3000
    batch: int = 16
    rate: float = 1e-3
    weight_decay: float = 0.01
    clip: float = 1.0
    schedule: RateSchedule = field(default_factory=RateSchedule)
    average: float = 0.998
    every: int = 50
    validate_every: int = 500
    validated_on: int = 64
    seed: int = 0
    augmentation: Augmentation = field(
        default_factory=lambda: Augmentation(
            zoom=(0.5, 1.25), shift=0.12, rotation_degrees=20, flip=0.5, gamma=0.35, bias=0.25
        )
    )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for the run's settings and the checkpoint."""
        return asdict(self)


class Objective(Protocol):
    """How one network learns.

    Attributes:
        kind: of the weights, as in a checkpoint.
        side: of the square slices that the network reads, pixels.
        network: trained in place.
    """

    kind: str
    side: int
    network: nn.Module

    def config(self) -> dict[str, Any]:
        """The numbers that rebuild the network."""
        ...

    def loss(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
    ) -> torch.Tensor:
        """Mean loss on slices and masks (B, 1, side, side) and what is simulated from them."""
        ...

    def evaluate(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
    ) -> dict[str, float]:
        """Figures on validation slices; ``dice`` decides which weights are kept."""
        ...


class Sampler(Protocol):
    """Where batches come from."""

    def draw(
        self, rng: np.random.Generator, count: int, side: int, how: Augmentation, /
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Images and masks (count, 1, side, side), float32 of 0..1."""
        ...


class Trainer:
    """Trains the network of one objective, resumable, and averages its weights."""

    def __init__(
        self,
        objective: Objective,
        settings: TrainerSettings,
        run: TrainingRun,
        train: Sampler,
        validation: Sampler,
        device: torch.device,
    ):
        self.objective = objective
        self.settings = settings
        self.run = run
        self.train = train
        self.device = device
        self.part = run.processes.part_of(settings.batch)
        self.network = with_shared_statistics(objective.network.to(device), device)
        self.averaged = RunningAverage(self.network, settings.average, use_buffers=True)
        rng = np.random.default_rng(settings.seed)
        self.validation = validation.draw(rng, settings.validated_on, objective.side, VIEW)
        self.best = -1.0

    def fit(self, on_best: Callable[[nn.Module, dict[str, float]], None]) -> None:
        """Train what is left.

        ``on_best`` gets the averaged network and its figures whenever validation improves.
        """
        settings = self.settings
        optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=settings.rate, weight_decay=settings.weight_decay
        )
        schedule = settings.schedule.of(optimiser, settings.steps)
        learner = Learner(optimiser, schedule, settings.clip)
        first = self._restore(learner)
        make_same(self.network)
        make_same(self.averaged)
        self.run.begin_stage()
        for step in range(first, settings.steps):
            loss = self._step(learner, self.run.generators(0, step))
            done = step + 1
            last = done == settings.steps
            if done % settings.every == 0:
                loss = mean_over_processes(loss)
                self.run.report(self.objective.kind, done, settings.steps, loss=loss.item())
            if (done % settings.validate_every == 0 or last) and self.run.processes.first:
                self._validate(done, on_best)
            if done % settings.every == 0 or last:
                self._save(done, learner)

    def _step(self, learner: Learner, rngs: Sequence[np.random.Generator]) -> torch.Tensor:
        """Train on one batch, or this process's share; returns the loss, not waited for."""
        self.network.train()
        loss = torch.stack([self._loss(rng) for rng in rngs]).mean()
        learner.step(loss)
        self.averaged.update_parameters(self.network)
        return loss.detach()

    def _loss(self, rng: np.random.Generator) -> torch.Tensor:
        """The mean loss of one part of a batch."""
        images, masks = self.train.draw(
            rng, self.part, self.objective.side, self.settings.augmentation
        )
        images = images.to(self.device)
        masks = masks.to(self.device)
        with autocast(self.device):
            return self.objective.loss(self.network, images, masks, rng)

    def _validate(self, done: int, on_best: Callable[[nn.Module, dict[str, float]], None]) -> None:
        images, masks = (part.to(self.device) for part in self.validation)
        rng = np.random.default_rng(self.settings.seed)
        with torch.no_grad():
            measured = self.objective.evaluate(self.averaged.module, images, masks, rng)
        self.run.report("validation", done, self.settings.steps, **measured)
        if measured["dice"] > self.best:
            self.best = measured["dice"]
            on_best(self.averaged.module, {"step": done, **measured})

    def _restore(self, learner: Learner) -> int:
        """Restore a saved state; returns the first step."""
        state = self.run.load_state()
        if not state:
            return 0
        self.best = state["best"]
        self.network.load_state_dict(state["network"])
        self.averaged.load_state_dict(state["averaged"])
        learner.load_state_dict(state["learner"])
        return int(state["step"])

    def _save(self, step: int, learner: Learner) -> None:
        self.run.save_state(
            {
                "step": step,
                "best": self.best,
                "network": self.network.state_dict(),
                "averaged": self.averaged.state_dict(),
                "learner": learner.state_dict(),
            }
        )
