"""A slice is unfamiliar if any network that can tell says so."""

import dataclasses

import pytest
import torch
from torch import nn

from HermesLib.quality.diffusion_qc import DiffusionQuality
from HermesLib.quality.network.core import QualityCore
from HermesLib.quality.network.input_check import InputCheck, InputCheckConfig
from Testing.quality.small import SMALL


class Distance(nn.Module):
    """The given distances, slice after slice."""

    def __init__(self, distances: list[float]) -> None:
        super().__init__()
        self.left = list(distances)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return torch.tensor([self.left.pop(0)])


@pytest.mark.parametrize("threshold", [-1e9, 1e9], ids=["check-satisfied", "check-not"])
def test_distance_and_input_check_each_have_a_say(threshold: float):
    config = dataclasses.replace(
        SMALL,
        familiarity=True,
        input_check=InputCheckConfig(members=1, volume_share=0.0, threshold=threshold),
    )
    core = QualityCore(config)
    assert isinstance(core.input_check, InputCheck)
    core.familiarity = Distance([0.5, 1.5, 0.99])
    verdicts = DiffusionQuality(core, "core").observe(torch.rand(3, 1, 64, 64)).out_of_distribution
    assert verdicts is not None
    assert verdicts.tolist() == ([False, True, False] if threshold < 0 else [True] * 3)
