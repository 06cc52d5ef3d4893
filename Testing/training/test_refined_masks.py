"""Masks that promptable models draw of the training patients, as the QC core is shown them."""

import dataclasses

import numpy as np
import pytest
import torch

from HermesLib.cli.main import main
from HermesLib.datasets.augmentation import Augmentation
from HermesLib.errors import HermesError
from HermesLib.metrics.overlap import dice
from HermesLib.models.registry import load_model
from HermesLib.presets.registry import load_preset
from HermesLib.quality.registry import load_quality
from HermesLib.resources import resource_path
from HermesLib.training.job import TrainingJob
from HermesLib.training.phantoms import labelled_phantoms
from HermesLib.training.qc_batches import with_refined
from HermesLib.training.qc_settings import QualityTraining
from HermesLib.training.refined_masks import (
    draw_refined_masks,
    load_refined_masks,
    save_refined_masks,
)
from HermesLib.training.slice_sampler import SliceSampler, sampled_slices
from HermesLib.training.train_qc import train_quality
from HermesLib.weights.card import CardText, StoredFile, model_card
from HermesLib.weights.checkpoint import load_checkpoint

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def phantoms():
    """A volume of two slices and a lone one."""
    first, second, lone = sorted(
        labelled_phantoms(0, 8), key=lambda one: one.organ("prostate").sum()
    )[-3:]
    return [dataclasses.replace(second, index=1), lone, dataclasses.replace(first, index=0)]


@pytest.fixture(scope="module")
def refined(phantoms):
    guide = load_quality("diffusion", load_preset("prostate-t2"), CPU)
    models = [load_model("scribbleprompt")]
    return draw_refined_masks(phantoms, "prostate", guide, models, 0, CPU, lambda done, total: None)


def test_every_slice_gets_the_masks_that_models_draw_of_it_from_wrong_to_refined(phantoms, refined):
    assert set(refined) == set(phantoms)
    for one, masks in refined.items():
        scores = [dice(mask, one.organ("prostate")) for mask in masks]
        others = [
            dice(mask, other.organ("prostate"))
            for other in phantoms
            if other is not one
            for mask in masks
        ]
        assert masks.shape[1:] == one.image.shape and len(masks) >= 2
        assert min(scores) < 0.6 and max(scores) > 0.85
        assert max(scores) > max(others)


def test_a_resumed_training_reads_the_refined_masks_of_its_first_run(phantoms, refined, tmp_path):
    partly = {one: masks for one, masks in refined.items() if one.index >= 0}
    save_refined_masks(tmp_path / "refined.npz", phantoms, partly)
    read = load_refined_masks(tmp_path / "refined.npz", phantoms)
    assert set(read) == set(partly)
    assert all(np.array_equal(read[one], masks) for one, masks in partly.items())


def test_a_slice_and_its_refined_masks_get_the_same_view(phantoms):
    truths = {one: one.organ("prostate")[None] for one in phantoms[:2]}
    pool = SliceSampler(sampled_slices(phantoms, "prostate", "slice", 1, truths))
    strong = Augmentation(rotation_degrees=30, zoom=(0.5, 1.2), flip=0.5)
    _, masks, shown = pool.draw_with_refined(np.random.default_rng(0), 24, 64, strong)
    having = [k for k, other in enumerate(shown) if other is not None]
    assert 0 < len(having) < 24
    assert all(torch.equal(shown[k], masks[k]) for k in having)


def test_a_share_of_masks_is_replaced_where_a_slice_has_refined_ones():
    made_up, drawn = (
        torch.zeros(400, 1, 4, 4),
        [torch.ones(1, 4, 4) if k % 2 else None for k in range(400)],
    )
    mixed = with_refined(made_up, drawn, np.random.default_rng(0), 0.4)[:, 0, 0, 0]
    assert mixed[::2].sum() == 0
    assert 0.3 < mixed[1::2].mean() < 0.5
    assert with_refined(made_up, drawn, np.random.default_rng(0), 0.0).sum() == 0


def test_without_a_core_that_guides_there_are_no_refined_masks(tmp_path):
    with pytest.raises(HermesError, match="--initial"):
        train_quality(
            load_preset("prostate-t2"),
            TrainingJob([], tmp_path),
            QualityTraining(refined_share=0.3),
        )


@pytest.mark.parametrize("name", ["qc-prostate-t2", "qc-spleen-ct"])
def test_a_card_says_of_refined_masks_what_the_weights_record(name):
    trained = load_checkpoint(resource_path("Weights") / f"{name}.safetensors")
    bundled = (resource_path("Weights") / f"{name}.md").read_text(encoding="utf-8")
    assert trained.training.get("refined_share", 0) == 0
    assert "promptable models drew" not in bundled and "--refined-share" not in bundled
    trained.training["refined_share"] = 0.4
    card = model_card(trained, CardText(name, ""), StoredFile(name, 0, trained.sha256))
    assert "A share of 0.4 of the masks in training was drawn by promptable models" in card


def test_the_command_line_passes_the_share_of_refined_masks_on(tmp_path, capsys):
    assert (
        main(
            [
                "train",
                "quality",
                "--preset",
                "prostate-t2",
                "--data",
                "slices:x",
                "--refined-share",
                "0.4",
                "-o",
                str(tmp_path),
            ]
        )
        == 2
    )
    assert "--initial" in capsys.readouterr().err
