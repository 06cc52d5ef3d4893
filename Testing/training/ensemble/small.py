"""The smallest training of an ensemble."""

from pathlib import Path

from HermesLib.datasets.training_dataset import TrainingDataset
from HermesLib.training.ensemble.train_ensemble import EnsembleTraining
from HermesLib.training.job import TrainingJob

SETTINGS = EnsembleTraining(folds=2, steps=2, context_steps=2)


def job(folder: Path, output: Path) -> TrainingJob:
    return TrainingJob([TrainingDataset("decathlon", folder)], output, device="cpu")
