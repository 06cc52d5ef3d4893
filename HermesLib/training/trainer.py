"""Training of a single network: one trainer for all, and one task a network that knows what it is asked and what is right."""

import copy
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from torch import nn

from HermesLib.datasets.augmentation import Augmentation
from HermesLib.training.autocast import autocast
from HermesLib.training.losses import cosine_rate
from HermesLib.training.run_folder import TrainingRun

#: How slices are shown when a model is measured: nearly as they are.
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
    """Settings of one training of a single network."""

    steps: int = 3000
    batch: int = 16
    rate: float = 1e-3
    average: float = 0.998
    every: int = 50
    validate_every: int = 500
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
    """How one network learns. ``side`` is that of the slices it is shown."""

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
        """Mean loss on slices and their masks (B, 1, side, side), with whatever is simulated from them."""
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


class Pool(Protocol):
    """Where batches come from."""

    def draw(
        self, rng: np.random.Generator, count: int, side: int, how: Augmentation, /
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Images and masks (count, 1, side, side), float32 of 0..1."""
        ...


class Trainer:
    """Trains one task's network, resumable, and keeps a running average of its weights."""

    def __init__(
        self,
        task: Objective,
        settings: TrainerSettings,
        run: TrainingRun,
        train: Pool,
        validation: Pool,
        device: torch.device,
    ):
        self.task, self.settings, self.run, self.train, self.device = (
            task,
            settings,
            run,
            train,
            device,
        )
        self.network = task.network.to(device)
        self.averaged = copy.deepcopy(self.network).eval().requires_grad_(False)
        self.checked = validation.draw(np.random.default_rng(settings.seed), 64, task.side, VIEW)
        self.best = -1.0

    def fit(self, on_best: Callable[[nn.Module, dict[str, float]], None]) -> None:
        """Train what is left; ``on_best`` gets the averaged network whenever validation improves."""
        settings, task = self.settings, self.task
        optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=settings.rate, weight_decay=0.01
        )
        first = 0
        state = self.run.load_state()
        if state:
            first, self.best = state["step"], state["best"]
            self.network.load_state_dict(state["network"])
            self.averaged.load_state_dict(state["averaged"])
            optimiser.load_state_dict(state["optimiser"])
        self.run.begin_stage()
        for step in range(first, settings.steps):
            rng = self.run.generator(0, step)
            images, masks = self.train.draw(rng, settings.batch, task.side, settings.augmentation)
            for group in optimiser.param_groups:
                group["lr"] = cosine_rate(step, settings.steps, settings.rate)
            self.network.train()
            with autocast(self.device):
                loss = task.loss(self.network, images.to(self.device), masks.to(self.device), rng)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
            optimiser.step()
            self._average(min(settings.average, (step + 1) / (step + 10)))
            done = step + 1
            if done % settings.every == 0:
                self.run.report(task.kind, done, settings.steps, loss=loss.item())
            if done % settings.validate_every == 0 or done == settings.steps:
                self._validate(done, on_best)
            if done % settings.every == 0 or done == settings.steps:
                self._save(done, optimiser)

    def _validate(self, done: int, on_best: Callable[[nn.Module, dict[str, float]], None]) -> None:
        images, masks = (part.to(self.device) for part in self.checked)
        with torch.no_grad():
            measured = self.task.evaluate(
                self.averaged, images, masks, np.random.default_rng(self.settings.seed)
            )
        self.run.report("validation", done, self.settings.steps, **measured)
        if measured["dice"] > self.best:
            self.best = measured["dice"]
            on_best(self.averaged, {"step": done, **measured})

    def _save(self, step: int, optimiser: torch.optim.Optimizer) -> None:
        self.run.save_state(
            {
                "step": step,
                "best": self.best,
                "network": self.network.state_dict(),
                "averaged": self.averaged.state_dict(),
                "optimiser": optimiser.state_dict(),
            }
        )

    @torch.no_grad()
    def _average(self, keep: float) -> None:
        for mean, value in zip(self.averaged.parameters(), self.network.parameters(), strict=True):
            mean.lerp_(value, 1 - keep)
        for kept, buffer in zip(self.averaged.buffers(), self.network.buffers(), strict=True):
            # Statistics of batch normalisation belong to the weights that made them: averaged weights want averaged statistics.
            if buffer.is_floating_point():
                kept.lerp_(buffer, 1 - keep)
            else:
                kept.copy_(buffer)
