"""Training of the small promptable models from folders."""

import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK
import torch

from HermesLib.cli.main import main
from HermesLib.datasets.slices import LabelledSlice
from HermesLib.research.promptable.object_sampler import ObjectSampler
from HermesLib.research.promptable.objectives import OBJECTIVES
from HermesLib.weights.checkpoint import load_checkpoint, save_checkpoint


@pytest.fixture
def folder(tmp_path) -> Path:
    """Four patients with two organs each, in the Decathlon's layout."""
    data = tmp_path / "data"
    for part in ("imagesTr", "labelsTr"):
        (data / part).mkdir(parents=True)
    rows, columns = np.mgrid[:72, :72]
    rng = np.random.default_rng(0)
    listed = []
    for patient in range(4):
        label = np.zeros((3, 72, 72), np.uint8)
        label[:, (rows - 24) ** 2 + (columns - 26 - patient) ** 2 < 120] = 1
        label[:, (rows - 50) ** 2 + (columns - 44 + patient) ** 2 < 90] = 2
        image = (100 + 150 * label + rng.normal(0, 15, label.shape)).astype(np.int16)
        for part, array in (("imagesTr", image), ("labelsTr", label)):
            SimpleITK.WriteImage(
                SimpleITK.GetImageFromArray(array), str(data / part / f"case_{patient}.nii.gz")
            )
        listed.append(
            {
                "image": f"./imagesTr/case_{patient}.nii.gz",
                "label": f"./labelsTr/case_{patient}.nii.gz",
            }
        )
    table = {
        "name": "toy",
        "modality": {"0": "MR"},
        "labels": {"0": "background", "1": "prostate", "2": "other"},
        "training": listed,
        "test": [],
    }
    (data / "dataset.json").write_text(json.dumps(table))
    return data


@pytest.mark.parametrize("model", sorted(OBJECTIVES))
def test_trained_weights_load_and_record_their_training(folder, tmp_path, model, capsys):
    output = tmp_path / model
    words = [
        "research",
        "train-promptable",
        "--model",
        model,
        "--data",
        f"decathlon:{folder}",
        "-o",
        str(output),
        "--steps",
        "2",
        "--batch",
        "2",
    ]
    assert main([*words, "--validation", "0.25", "--test", "0.25"]) == 0
    trained = load_checkpoint(output / "model.safetensors")
    assert trained.kind == model
    assert trained.training["seed"] == 0
    split = trained.training["split"]
    assert sorted(split["train"] + split["validation"] + split["test"]) == [
        f"toy-{k}" for k in range(4)
    ]
    assert "dice" in trained.training["validation"]
    refined = main(
        [
            "research",
            "train-promptable",
            "--model",
            model,
            "--data",
            f"decathlon:{folder}",
            "-o",
            str(output),
            "--steps",
            "3",
        ]
    )
    assert refined == 2
    assert "other settings" in capsys.readouterr().err


def test_held_out_patients_of_other_weights_stay_held_out(folder, tmp_path, capsys):
    words = [
        "research",
        "train-promptable",
        "--model",
        "mideepseg",
        "--data",
        f"decathlon:{folder}",
        "--steps",
        "1",
        "--batch",
        "2",
    ]
    assert (
        main([*words, "--validation", "0.25", "--test", "0.5", "-o", str(tmp_path / "first")]) == 0
    )
    first = tmp_path / "first" / "model.safetensors"
    assert (
        main([*words, "--seed", "9", "--split-of", str(first), "-o", str(tmp_path / "second")]) == 0
    )
    first_split, second_split = (
        load_checkpoint(tmp_path / name / "model.safetensors").training["split"]
        for name in ("first", "second")
    )
    assert second_split == first_split
    other = tmp_path / "other.safetensors"
    save_checkpoint(other, {"x": torch.zeros(1)}, "quality", {})
    assert main([*words, "--split-of", str(other), "-o", str(tmp_path / "third")]) == 2
    assert "does not record which patients" in capsys.readouterr().err


def test_favoured_objects_are_sampled_more_often():
    label = np.zeros((64, 64), np.uint8)
    label[5:30, 5:30], label[35:60, 35:60] = 1, 2
    slices = [
        LabelledSlice(np.full((64, 64), 90, np.uint8), label, ("background", "a", "b"), "p", "s")
    ]
    sampler = ObjectSampler(slices, {"b": 3.0})
    from HermesLib.datasets.augmentation import IDENTITY

    _, masks = sampler.draw(np.random.default_rng(0), 200, 64, IDENTITY)
    share = (masks[:, 0, 50, 50] > 0.5).float().mean().item()
    assert len(sampler) == 2
    assert 0.65 < share < 0.85


@pytest.mark.parametrize("model", sorted(OBJECTIVES))
def test_an_objective_reduces_its_loss(model):
    """Thirty steps on one batch, or fewer, reduce the loss: gradients pass through the prompts."""
    torch.manual_seed(0)
    objective = OBJECTIVES[model]()
    rows, columns = np.mgrid[: objective.side, : objective.side]
    disc = (
        (rows - 0.5 * objective.side) ** 2 + (columns - 0.45 * objective.side) ** 2
        < (0.2 * objective.side) ** 2
    ).astype(np.float32)
    masks = torch.from_numpy(np.stack([disc, np.roll(disc, 9, 1)]))[:, None]
    images = (0.3 + 0.4 * masks + 0.03 * torch.randn(masks.shape)).clamp(0, 1)
    optimiser = torch.optim.AdamW(objective.network.parameters(), lr=1e-3)
    losses: list[float] = []

    def reduced() -> bool:
        return len(losses) > 7 and np.mean(losses[-5:]) < 0.75 * np.mean(losses[:3])

    while len(losses) < 30 and not reduced():
        loss = objective.loss(objective.network, images, masks, np.random.default_rng(0))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert reduced()
