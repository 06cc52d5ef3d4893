"""Optimiser with learning-rate schedule, and the running average of weights."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR
from torch.optim.swa_utils import AveragedModel

from HermesLib.training.processes import average_gradients

#: Early in a training the average forgets faster: its decay is n / (n + _EARLY) after n updates.
_EARLY = 9


@dataclass(frozen=True)
class RateSchedule:
    """Linear warm-up over ``warmup`` steps, then a cosine down to ``floor`` of the peak rate."""

    warmup: int = 100
    floor: float = 0.03

    def share(self, step: int, steps: int) -> float:
        """The share of the peak rate at a step of ``steps``."""
        if step < self.warmup:
            return (step + 1) / self.warmup
        progress = (step - self.warmup) / max(1, steps - self.warmup)
        return self.floor + (1 - self.floor) * 0.5 * (1 + math.cos(math.pi * progress))

    def of(self, optimiser: torch.optim.Optimizer, steps: int) -> LambdaLR:
        """The scheduler of an optimiser, whose rate is the peak."""
        return LambdaLR(optimiser, partial(self.share, steps=steps))


class Learner:
    """An optimiser with its schedule (None: constant rate) and gradient clipping (None: none)."""

    def __init__(
        self,
        optimiser: torch.optim.Optimizer,
        schedule: LambdaLR | None = None,
        clip: float | None = None,
    ):
        self.optimiser = optimiser
        self.schedule = schedule
        self.clip = clip

    def step(self, loss: torch.Tensor) -> None:
        """Update the parameters by the gradient of a loss, and the rate by the schedule."""
        self.optimiser.zero_grad()
        loss.backward()
        groups = self.optimiser.param_groups
        parameters = [value for group in groups for value in group["params"]]
        average_gradients(parameters)
        if self.clip is not None:
            torch.nn.utils.clip_grad_norm_(parameters, self.clip)
        self.optimiser.step()
        if self.schedule is not None:
            self.schedule.step()

    def state_dict(self) -> dict[str, Any]:
        """What a resumed training needs."""
        schedule = self.schedule.state_dict() if self.schedule is not None else None
        return {"optimiser": self.optimiser.state_dict(), "schedule": schedule}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore :meth:`state_dict`."""
        self.optimiser.load_state_dict(state["optimiser"])
        if self.schedule is not None:
            self.schedule.load_state_dict(state["schedule"])


Network = TypeVar("Network", bound=nn.Module)


class RunningAverage(AveragedModel, Generic[Network]):
    """Exponential moving average of a network's weights, in evaluation mode as ``module``.

    Args:
        network: is copied.
        decay: of the average; smaller at first (see :data:`_EARLY`).
        use_buffers: average buffers too. Statistics of batch normalisation belong to the weights
            they were measured with, so averaged weights need averaged statistics. Otherwise
            buffers are copied.
    """

    module: Network

    def __init__(self, network: Network, decay: float, use_buffers: bool = False):
        average = partial(_average, decay)
        super().__init__(network, multi_avg_fn=average, use_buffers=use_buffers)
        self.eval().requires_grad_(False)
        self.restart()

    def restart(self) -> None:
        """Begin a new average with the present one as its first value."""
        self.n_averaged.fill_(1)


@torch.no_grad()
def _average(
    decay: float,
    averaged: Sequence[torch.Tensor],
    current: Sequence[torch.Tensor],
    updates: torch.Tensor | int,
) -> None:
    keep = min(decay, int(updates) / (int(updates) + _EARLY))
    for mean, value in zip(averaged, current, strict=True):
        if mean.is_floating_point():
            mean.lerp_(value, 1 - keep)
        else:
            mean.copy_(value)
