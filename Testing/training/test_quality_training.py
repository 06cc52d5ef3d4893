"""Training of the QC core: what a researcher relies on."""

import dataclasses

import numpy as np
import pytest
import torch

from HermesLib.data.augmentation import Augmentation
from HermesLib.data.slices import LabelledSlice
from HermesLib.errors import HermesError
from HermesLib.neighbours import own_slice
from HermesLib.training.pool import PooledSlice, SlicePool, pool_slices, vary_neighbours
from HermesLib.training.quality import QualityTrainer, QualityTraining
from HermesLib.training.run import TrainingRun
from Testing.quality.small import SMALL

SHORT = QualityTraining(
    autoencoder_steps=4,
    expert_steps=4,
    diffusion_steps=4,
    batch=4,
    every=2,
    validate_every=4,
    augmentation=Augmentation(flip=0.0),
)


def pool() -> SlicePool:
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:64, :64]
    slices = []
    for k in range(8):
        centre = rng.uniform(25, 40, 2)
        mask = (rows - centre[0]) ** 2 + (columns - centre[1]) ** 2 < 12**2
        image = np.clip(80 + 90 * mask + rng.normal(0, 10, mask.shape), 0, 255).astype(np.uint8)
        slices.append(PooledSlice(image[None], mask if k < 6 else np.zeros_like(mask), f"p-{k}"))
    slices.append(PooledSlice(slices[0].image, None, "p-9-unlabelled"))
    return SlicePool(slices)


def trained(folder, settings: QualityTraining = SHORT) -> QualityTrainer:
    run = TrainingRun(folder, settings.to_dict())
    trainer = QualityTrainer(SMALL, settings, run, pool(), pool(), torch.device("cpu"))
    trainer.fit(lambda core, measured: None)
    return trainer


class CutOffError(Exception):
    pass


def test_a_training_that_was_cut_off_goes_on_as_if_it_had_not_been(tmp_path, monkeypatch):
    unbroken = trained(tmp_path / "unbroken").averaged.state_dict()
    report = TrainingRun.report

    def cut(self, stage, step, steps, **figures):
        report(self, stage, step, steps, **figures)
        if stage == "diffusion" and step == 4:
            raise CutOffError

    monkeypatch.setattr(TrainingRun, "report", cut)
    with pytest.raises(CutOffError):
        trained(tmp_path / "broken")
    monkeypatch.setattr(TrainingRun, "report", report)
    resumed = trained(tmp_path / "broken").averaged.state_dict()
    assert all(torch.equal(unbroken[name], resumed[name]) for name in unbroken)


def test_a_folder_begun_with_other_settings_is_refused(tmp_path):
    TrainingRun(tmp_path, SHORT.to_dict())
    with pytest.raises(HermesError, match="other settings"):
        TrainingRun(tmp_path, dataclasses.replace(SHORT, seed=5).to_dict())


def test_validation_reports_what_the_issue_of_trust_needs(tmp_path):
    seen = []
    run = TrainingRun(tmp_path, SHORT.to_dict())
    QualityTrainer(SMALL, SHORT, run, pool(), pool(), torch.device("cpu")).fit(lambda core, measured: seen.append(measured))
    assert {"from_blank", "from_full", "from_shifted", "agreement", "pdsc_error", "presence"} <= set(seen[-1])
    assert all(np.isfinite(value) for value in seen[-1].values())


def test_batches_hold_slices_with_and_without_the_organ_and_unlabelled_ones():
    images, masks = pool().draw(np.random.default_rng(0), 60, 64, Augmentation(), absent=0.3, unlabelled=0.2)
    empty = (masks.sum((1, 2, 3)) == 0).float().mean().item()
    assert images.shape == masks.shape == (60, 1, 64, 64)
    assert 0.25 < empty < 0.75
    assert set(np.unique(masks.numpy())) == {0.0, 1.0}


def test_training_slices_know_their_neighbours_in_the_same_patient_only():
    names = ("background", "prostate")
    label = np.zeros((8, 8), np.uint8)
    label[2:5, 2:5] = 1
    slices = [
        LabelledSlice(np.full((8, 8), 10 * patient + index, np.uint8), label, names, f"p-{patient}", "toy", index)
        for patient in range(2)
        for index in range(3)
    ]
    pooled = pool_slices(slices, "prostate", "slice", neighbours=1)
    assert [one.image[:, 0, 0].tolist() for one in pooled] == [
        [0, 0, 1],
        [0, 1, 2],
        [1, 2, 2],
        [10, 10, 11],
        [10, 11, 12],
        [11, 12, 12],
    ]


def test_a_slice_with_neighbours_is_varied_as_one_scan():
    images = torch.rand(6, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    turned = vary_neighbours(np.random.default_rng(3), images)
    assert torch.equal(own_slice(turned), own_slice(images))
    for before, after in zip(images, turned, strict=True):
        assert any(torch.equal(after, form) for form in (before, before.flip(0), before[1:2].expand(3, -1, -1)))
