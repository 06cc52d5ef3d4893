"""Training of the QC core: what a researcher relies on."""

import dataclasses

import numpy as np
import pytest
import torch

from HermesLib.datasets.augmentation import IDENTITY, Augmentation, sampling_grid
from HermesLib.datasets.slices import LabelledSlice
from HermesLib.errors import HermesError
from HermesLib.io.neighbours import own_slice
from HermesLib.quality.protocol import Assessment, Observation
from HermesLib.training.autocast import autocast
from HermesLib.training.pseudo_labels import label_slices
from HermesLib.training.qc_settings import QualityTraining
from HermesLib.training.qc_trainer import QualityTrainer
from HermesLib.training.run_folder import TrainingRun
from HermesLib.training.slice_sampler import (
    SampledSlice,
    SliceSampler,
    sampled_slices,
    vary_neighbours,
)
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


def pool() -> SliceSampler:
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:64, :64]
    slices = []
    for k in range(8):
        centre = rng.uniform(25, 40, 2)
        mask = (rows - centre[0]) ** 2 + (columns - centre[1]) ** 2 < 12**2
        image = np.clip(80 + 90 * mask + rng.normal(0, 10, mask.shape), 0, 255).astype(np.uint8)
        slices.append(SampledSlice(image[None], mask if k < 6 else np.zeros_like(mask), f"p-{k}"))
    slices.append(SampledSlice(slices[0].image, None, "p-9-unlabelled"))
    return SliceSampler(slices)


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


def test_a_folder_with_a_training_of_other_settings_is_refused(tmp_path):
    TrainingRun(tmp_path, SHORT.to_dict())
    with pytest.raises(HermesError, match="other settings"):
        TrainingRun(tmp_path, dataclasses.replace(SHORT, seed=5).to_dict())


def test_validation_reports_pgt_agreement_score_error_and_presence(tmp_path):
    seen = []
    run = TrainingRun(tmp_path, SHORT.to_dict())
    QualityTrainer(SMALL, SHORT, run, pool(), pool(), torch.device("cpu")).fit(
        lambda core, measured: seen.append(measured)
    )
    assert {
        "from_blank",
        "from_full",
        "from_shifted",
        "agreement",
        "pdsc_error",
        "presence",
    } <= set(seen[-1])
    assert all(np.isfinite(value) for value in seen[-1].values())


def test_batches_hold_slices_with_and_without_the_organ_and_unlabelled_ones():
    images, masks = pool().draw(
        np.random.default_rng(0), 60, 64, Augmentation(), absent=0.3, unlabelled=0.2
    )
    empty = (masks.sum((1, 2, 3)) == 0).float().mean().item()
    assert images.shape == masks.shape == (60, 1, 64, 64)
    assert 0.25 < empty < 0.75
    assert set(np.unique(masks.numpy())) == {0.0, 1.0}


def test_training_slices_know_their_neighbours_in_the_same_patient_only():
    names = ("background", "prostate")
    label = np.zeros((8, 8), np.uint8)
    label[2:5, 2:5] = 1
    slices = [
        LabelledSlice(
            np.full((8, 8), 10 * patient + index, np.uint8),
            label,
            names,
            f"p-{patient}",
            "toy",
            index,
        )
        for patient in range(2)
        for index in range(3)
    ]
    pooled = sampled_slices(slices, "prostate", "slice", neighbours=1)
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
        assert any(
            torch.equal(after, form)
            for form in (before, before.flip(0), before[1:2].expand(3, -1, -1))
        )


class SureTeacher:
    """Finds the organ on bright slices, none on dark ones, and is unsure of the rest."""

    name, sha256, score = "teacher", "", "raw"

    def without(self, patient: str):
        return self

    def observe(self, images, thickness=None):
        return Observation(images, None, None, None)

    def assess(self, observation, masks, seeds):
        images = observation.images
        brightness = images.mean((1, 2, 3))
        zero = torch.zeros(len(images))
        return Assessment((images[:, 0] > 0.5).float(), zero, zero, zero, brightness, zero + 1)


def test_a_teacher_labels_only_what_it_is_sure_of_and_never_a_labelled_slice():
    def slice_of(grey: int, label: np.ndarray | None) -> LabelledSlice:
        return LabelledSlice(
            np.full((8, 8), grey, np.uint8),
            label,
            ("background", "prostate"),
            "p-1-unlabelled",
            "made",
        )

    truth = np.zeros((8, 8), np.uint8)
    slices = [slice_of(250, None), slice_of(10, None), slice_of(128, None), slice_of(250, truth)]
    bright, dark = label_slices(slices, SureTeacher(), "prostate", 0)
    assert bright.organ("prostate").all() and not dark.organ("prostate").any()
    assert slices[0].label is None and slices[3].label is truth


def test_a_central_field_of_view_can_widen_by_augmentation():
    picture = np.zeros((64, 64), np.uint8)
    picture[8:56, 8:56] = 200
    (pooled,) = sampled_slices(
        [LabelledSlice(picture, picture // 200, ("background", "prostate"), "p", "made")],
        "prostate",
        "centre",
    )
    whole = sampling_grid(np.random.default_rng(0), 1, 48, IDENTITY)
    images, masks = SliceSampler.views([pooled], whole)
    assert masks.all() and images.min() > 0.7
    images, _ = SliceSampler.views([pooled], whole * 1.3)
    assert images[0, 0, 0, 0] == 0


def test_processors_without_bfloat16_compute_in_single_precision(monkeypatch):
    for native in (False, True):
        monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda native=native: native)
        monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
        with autocast(torch.device("cpu")):
            product = torch.ones(2, 2) @ torch.ones(2, 2)
        assert product.dtype == (torch.bfloat16 if native else torch.float32)
