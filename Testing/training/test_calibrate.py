"""From a folder of volumes to weights with a calibrated score, and to their figures."""

import json
from pathlib import Path

import pytest
import torch

from HermesLib.cli.main import main
from HermesLib.quality.network.core import QualityCore
from HermesLib.weights.checkpoint import load_checkpoint, save_checkpoint
from Testing.datasets.made import make_decathlon
from Testing.quality.small import SMALL

SPLIT = {
    "train": ["made-1", "made-2"],
    "validation": ["made-3", "made-4"],
    "test": ["made-5", "made-6"],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six synthetic patients of one slice, and a small untrained core that trains on two."""
    make_decathlon(tmp_path, "MR", "prostate", slices=1)
    torch.manual_seed(0)
    core = QualityCore(SMALL)
    torch.nn.init.normal_(core.denoiser.out[2].conv.weight, std=0.3)
    core.presence.layers[-1].bias.data.fill_(20.0)
    for name, training in (("core", {"split": SPLIT}), ("silent", {})):
        save_checkpoint(
            tmp_path / f"{name}.safetensors",
            core.state_dict(),
            "quality",
            SMALL.to_dict(),
            training,
        )
    return tmp_path


def calibrate(folder: Path, name: str, data: str = "decathlon") -> int:
    words = [
        "train",
        "calibration",
        "--preset",
        "prostate-t2",
        "--weights",
        str(folder / f"{name}.safetensors"),
    ]
    return main(
        [*words, "--data", f"{data}:{folder}", "-o", str(folder / "out" / "calibrated.safetensors")]
    )


def test_weights_are_calibrated_on_their_own_held_out_patients_and_measured(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    assert calibrate(folder, "core") == 0
    calibrated = load_checkpoint(folder / "out" / "calibrated.safetensors")
    judged = json.loads((folder / "out" / "calibrated.json").read_text(encoding="utf-8"))
    assert {one["patient"] for one in judged} == {f"made-{number}" for number in (3, 4, 5, 6)}
    assert calibrated.config["calibration"]["patients"] == 4 and calibrated.config["familiarity"]
    assert calibrated.training["calibration"]["patients"] == [
        f"made-{number}" for number in (3, 4, 5, 6)
    ]
    # Of four patients none can be left out.
    assert set(calibrated.training["calibration"]["unseen_patients"].values()) == {None}
    assert {one["source"] for one in judged} == {
        "medsam",
        "scribbleprompt",
        "mideepseg",
        "corrupted",
        "perfect",
    }
    before = load_checkpoint(folder / "core.safetensors").tensors
    assert all(torch.equal(calibrated.tensors[name], tensor) for name, tensor in before.items())

    capsys.readouterr()
    quality, picture, figures = (
        str(folder / "out" / name) for name in ("calibrated.safetensors", "score.png", "score.json")
    )
    words = [
        "evaluate",
        "score",
        "--data",
        f"decathlon:{folder}",
        "--patients",
        "made_1",
        "made_2",
        "--quality",
        quality,
    ]
    assert main([*words, "--plot", picture, "-o", figures]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["raw"]["refined"]["masks"] == printed["calibrated"]["refined"]["masks"] > 0
    assert printed["calibrated"]["all"]["patients"] == 2
    assert Path(picture).stat().st_size > 10_000 and Path(figures).is_file()


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("silent", "decathlon", "does not record which patients"),
        ("core", "slices", "lists volumes, not slices"),
    ],
)
def test_what_cannot_be_calibrated_is_said_in_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str, data: str, said: str
):
    assert calibrate(folder, name, data) == 2
    assert said in capsys.readouterr().err and not (folder / "out").exists()
