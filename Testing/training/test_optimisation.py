"""Learning rate and averaged weights follow their formulas, also after an interruption."""

import copy
import math

import pytest
import torch
from torch import nn

from HermesLib.training.optimisation import Learner, RateSchedule, RunningAverage


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))


def changed(model: nn.Module, step: int) -> None:
    """Move the weights, and the statistics of the normalisation."""
    generator = torch.Generator().manual_seed(step)
    with torch.no_grad():
        for value in model.parameters():
            value.add_(torch.randn(value.shape, generator=generator))
    model(torch.randn(2, 1, 8, 8, generator=generator))


@pytest.mark.parametrize("use_buffers", [False, True])
def test_the_average_is_the_exponential_one_that_forgets_faster_at_first(use_buffers: bool):
    model = network()
    expected = [value.clone() for value in model.parameters()]
    mean = model[1].running_mean.clone()
    average = RunningAverage(model, 0.9, use_buffers)
    for step in range(200):
        changed(model, step)
        average.update_parameters(model)
        keep = min(0.9, (step + 1) / (step + 10))
        expected = [
            keep * old + (1 - keep) * new.detach()
            for old, new in zip(expected, model.parameters(), strict=True)
        ]
        mean = keep * mean + (1 - keep) * model[1].running_mean
    for value, wanted in zip(average.module.parameters(), expected, strict=True):
        assert torch.allclose(value, wanted, atol=1e-4)
    kept = average.module[1].running_mean
    assert torch.allclose(kept, mean if use_buffers else model[1].running_mean, atol=1e-5)
    assert average.module[1].num_batches_tracked == 200
    assert not average.module.training


def test_the_rate_rises_linearly_and_falls_by_a_cosine_to_its_floor():
    parameter = nn.Parameter(torch.zeros(1))
    optimiser = torch.optim.SGD([parameter], lr=0.5)
    learner = Learner(optimiser, RateSchedule(warmup=10, floor=0.1).of(optimiser, 110))
    rates = []
    for _ in range(110):
        rates.append(optimiser.param_groups[0]["lr"])
        learner.step((parameter**2).sum())
    assert rates[0] == pytest.approx(0.05) and rates[9] == pytest.approx(0.5)
    for step in (10, 50, 109):
        cosine = 0.5 * (1 + math.cos(math.pi * (step - 10) / 100))
        assert rates[step] == pytest.approx(0.5 * (0.1 + 0.9 * cosine))


def test_a_restored_learner_and_average_continue_where_they_were():
    def start() -> tuple[nn.Module, Learner, RunningAverage]:
        torch.manual_seed(1)
        model = nn.Linear(2, 1)
        optimiser = torch.optim.AdamW(model.parameters(), lr=0.1)
        learner = Learner(optimiser, RateSchedule(warmup=5).of(optimiser, 40), clip=1.0)
        return model, learner, RunningAverage(model, 0.99)

    def train(model: nn.Module, learner: Learner, average: RunningAverage, steps: range) -> None:
        for step in steps:
            inputs = torch.randn(4, 2, generator=torch.Generator().manual_seed(step))
            learner.step(model(inputs).square().mean())
            average.update_parameters(model)

    unbroken = start()
    train(*unbroken, range(40))
    first = start()
    train(*first, range(17))
    states = copy.deepcopy([part.state_dict() for part in first])
    second = start()
    for part, state in zip(second, states, strict=True):
        part.load_state_dict(state)
    train(*second, range(17, 40))
    assert torch.equal(unbroken[0].weight, second[0].weight)
    assert torch.equal(unbroken[2].module.weight, second[2].module.weight)
