"""The weights that the trainer keeps."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from HermesLib.datasets.augmentation import IDENTITY, Augmentation
from HermesLib.training.run_folder import TrainingRun
from HermesLib.training.trainer import Trainer, TrainerSettings

STEPS = 40


class Levels:
    """Grey slices: dark ones until the last batch, which is bright."""

    def __init__(self) -> None:
        self.drawn = 0

    def draw(
        self, rng: np.random.Generator, count: int, side: int, how: Augmentation
    ) -> tuple[torch.Tensor, torch.Tensor]:
        self.drawn += 1
        slices = torch.full((count, 1, side, side), 1.0 if self.drawn == STEPS else 0.0)
        return slices, slices


class Normalising:
    """A network that is one batch normalisation."""

    kind, side = "normalising", 4
    network: nn.Module

    def __init__(self) -> None:
        self.network = nn.BatchNorm2d(1)

    def config(self) -> dict[str, object]:
        return {}

    def loss(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
    ) -> torch.Tensor:
        squared: torch.Tensor = network(images).square()
        return squared.mean()

    def evaluate(
        self,
        network: nn.Module,
        images: torch.Tensor,
        masks: torch.Tensor,
        rng: np.random.Generator,
    ) -> dict[str, float]:
        return {"dice": 1.0}


def test_the_averaged_network_has_averaged_normalisation_statistics(
    tmp_path: Path,
):
    settings = TrainerSettings(steps=STEPS, batch=2, average=0.95, augmentation=IDENTITY)
    trainer = Trainer(
        Normalising(),
        settings,
        TrainingRun(tmp_path, settings.to_dict()),
        Levels(),
        Levels(),
        torch.device("cpu"),
    )
    trainer.fit(lambda network, measured: None)
    last, kept = (
        network.state_dict()["running_mean"].item()
        for network in (trainer.network, trainer.averaged.module)
    )
    assert last == pytest.approx(0.1)
    assert 0 < kept < 0.3 * last
