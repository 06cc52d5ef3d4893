"""A short training of a QC core and of a small promptable model, for one process or for several.

``torchrun --nproc-per-node 2 two_processes.py FOLDER`` trains in two. Both trainings are cut off on
their way and continued.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch

from HermesLib.datasets.augmentation import Augmentation
from HermesLib.research.promptable.objectives import ScribblePromptObjective
from HermesLib.training.processes import Processes, training_processes
from HermesLib.training.qc_settings import QualityTraining
from HermesLib.training.qc_trainer import QualityTrainer
from HermesLib.training.run_folder import TrainingRun
from HermesLib.training.slice_sampler import SampledSlice, SliceSampler
from HermesLib.training.trainer import Trainer, TrainerSettings
from Testing.quality.small import SMALL

QUALITY = QualityTraining(
    autoencoder_steps=1,
    expert_steps=1,
    diffusion_steps=2,
    batch=4,
    every=1,
    validate_every=2,
    augmentation=Augmentation(flip=0.0),
)
PROMPTABLE = TrainerSettings(steps=2, batch=4, every=1, validate_every=2, validated_on=4)
CPU = torch.device("cpu")


class CutOffError(Exception):
    """The training is ended from outside."""


class CutOffRun(TrainingRun):
    """A training that is ended before a step, in every process."""

    cut: tuple[int, ...] = ()

    def generators(self, *place: int) -> list[np.random.Generator]:
        if place == self.cut:
            raise CutOffError
        return super().generators(*place)


class CountingSampler(SliceSampler):
    """Remembers how many slices were drawn at a time."""

    drawn: set[int]

    def draw_with_refined(self, rng, count, side, how):  # type: ignore[no-untyped-def]
        self.drawn = {*getattr(self, "drawn", set()), count}
        return super().draw_with_refined(rng, count, side, how)


class SmallScribblePrompt(ScribblePromptObjective):
    """The objective of ScribblePrompt, small."""

    side, features = 32, (4, 4)


def pool() -> CountingSampler:
    """Slices with a disc, some without: parts of a batch have other numbers of them."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:64, :64]
    slices = []
    for k in range(8):
        centre = rng.uniform(25, 40, 2)
        mask = (rows - centre[0]) ** 2 + (columns - centre[1]) ** 2 < 12**2
        image = np.clip(80 + 90 * mask + rng.normal(0, 10, mask.shape), 0, 255).astype(np.uint8)
        slices.append(SampledSlice(image[None], mask if k < 5 else np.zeros_like(mask), f"p-{k}"))
    return CountingSampler(slices)


class WithOrgan(SliceSampler):
    """Draws slices with an organ only, as prompts need one."""

    def draw(self, rng, count, side, how, absent=0.0, unlabelled=0.0):  # type: ignore[no-untyped-def]
        return super().draw(rng, count, side, how, 0.0, 0.0)


def train_quality(folder: Path, processes: Processes, cut: tuple[int, ...] = ()) -> None:
    """Train a QC core; ``cut`` is the stage and step before which the training ends."""
    run = CutOffRun(folder, {**QUALITY.to_dict(), **processes.record()}, processes)
    run.cut = cut
    train = pool()
    trainer = QualityTrainer(SMALL, QUALITY, run, train, pool(), CPU)
    trainer.fit(lambda core, measured: best(folder, processes))
    torch.save(trainer.averaged.state_dict(), folder / f"averaged-{processes.rank}.pt")
    (folder / f"drawn-{processes.rank}.json").write_text(json.dumps(sorted(train.drawn)))


def train_promptable(folder: Path, processes: Processes, cut: tuple[int, ...] = ()) -> None:
    """Train a small ScribblePrompt, likewise."""
    run = CutOffRun(folder, {**PROMPTABLE.to_dict(), **processes.record()}, processes)
    run.cut = cut
    # Other processes begin with other weights: the first one's must win.
    torch.manual_seed(processes.rank)
    slices = WithOrgan(pool().with_organ)
    trainer = Trainer(SmallScribblePrompt(), PROMPTABLE, run, slices, slices, CPU)
    trainer.fit(lambda network, measured: best(folder, processes))
    torch.save(trainer.averaged.state_dict(), folder / f"averaged-{processes.rank}.pt")


def best(folder: Path, processes: Processes) -> None:
    """Leave a sign of who keeps the best weights."""
    (folder / f"best-{processes.rank}").touch()


def main(folder: Path) -> None:
    """Both trainings, each cut off once."""
    with training_processes(folder / "quality", "cpu") as (processes, _):
        for train, name, cut in (
            (train_quality, "quality", (2, 1)),
            (train_promptable, "promptable", (0, 1)),
        ):
            try:
                train(folder / name, processes, cut)
            except CutOffError:
                train(folder / name, processes)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(Path(sys.argv[1]))
