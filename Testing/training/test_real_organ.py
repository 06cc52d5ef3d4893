"""The liver on real slices: a small folder and a training that is too short for use."""

import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from HermesLib.cli.main import main
from HermesLib.research.release.test_patients import BTCV_TEST
from HermesLib.weights.checkpoint import load_checkpoint

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "btcv-slices"


@pytest.mark.long
@pytest.mark.skipif(not DATA.is_dir(), reason="real patients (../shared/data) are not here")
def test_a_liver_preset_from_real_slices_finds_liver_on_a_patient_it_never_saw(tmp_path: Path):
    steps = [
        "--generative",
        "--autoencoder-steps",
        "10",
        "--expert-steps",
        "45",
        "--diffusion-steps",
        "1",
        "--batch",
        "4",
    ]
    words = [
        "train",
        "organ",
        "--organ",
        "liver",
        "--data",
        f"slices:{DATA}:btcv",
        "--test",
        "0",
        "--validation",
        "0.1",
        "--leave-out",
        *BTCV_TEST,
    ]
    assert main([*words, *steps, "-o", str(tmp_path / "liver")]) == 0
    weights = load_checkpoint(tmp_path / "liver" / "liver-ct.safetensors")
    split = weights.training["split"]
    everyone = split["train"] + split["validation"] + split["test"]
    assert len(everyone) == 9 and not set(everyone) & set(BTCV_TEST)

    table = json.loads((DATA / "dataset.json").read_text(encoding="utf-8"))
    value = table["labels"].index("liver")
    name = next(
        entry["name"]
        for entry in table["slices"]
        if entry["patient"] == 1 or str(entry["patient"]) == "1"
        if (
            SimpleITK.GetArrayFromImage(
                SimpleITK.ReadImage(str(DATA / "labels" / f"{entry['name']}.png"))
            )
            == value
        ).sum()
        > 5000
    )
    truth = (
        SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(DATA / "labels" / f"{name}.png")))
        == value
    )
    preset = str(tmp_path / "liver" / "liver-ct.json")
    image = str(DATA / "images" / f"{name}.png")
    assert (
        main(
            [
                "refine",
                image,
                "--preset",
                preset,
                "--max-iterations",
                "1",
                "-o",
                str(tmp_path / "out"),
            ]
        )
        == 0
    )
    pgt = (
        SimpleITK.GetArrayFromImage(
            SimpleITK.ReadImage(str(tmp_path / "out" / "pgt.nii.gz"))
        ).squeeze()
        > 0
    )
    # Random guesses of that size would hit the liver as often as they miss it.
    assert pgt.any() and (pgt & truth).sum() / pgt.sum() > 2 * np.mean(truth)
