"""A user's own organ: one command from images and masks to a preset for all commands.

Here with latent diffusion; ``test_cross_fitted_organ.py`` has the default.
"""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from HermesLib.cli.main import main
from HermesLib.presets.preset import write_preset
from HermesLib.presets.registry import load_preset, user_preset_folder
from HermesLib.training.blend import Blend
from HermesLib.weights.checkpoint import load_checkpoint
from Testing.datasets.made import make_decathlon

STEPS = [
    "--generative",
    "--autoencoder-steps",
    "2",
    "--expert-steps",
    "2",
    "--diffusion-steps",
    "2",
    "--batch",
    "2",
]


@pytest.fixture(autouse=True)
def own_preset_folder_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HERMES_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six synthetic CT patients in the Decathlon layout; the organ's name has a space."""
    folder = tmp_path_factory.mktemp("data")
    make_decathlon(folder, "CT", "left kidney")
    return folder


@pytest.fixture(scope="module")
def words(folder: Path) -> list[str]:
    options = [
        "--organ",
        "left kidney",
        "--code",
        "SCT:18639004:Left kidney",
        "--window",
        "-100",
        "300",
    ]
    return [
        "train",
        "organ",
        "--data",
        f"decathlon:{folder}",
        *options,
        *STEPS,
        "--validation",
        "0.34",
        "--test",
        "0.17",
    ]


@pytest.mark.long
def test_one_command_makes_a_preset_that_refines_a_new_image(
    folder: Path, words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    made = tmp_path / "made"
    assert main([*words, "-o", str(made)]) == 0
    printed = capsys.readouterr()
    path = made / "left-kidney-ct.json"
    assert f"preset: {path}" in printed.out and "held-out patients, there are 2" in printed.err
    assert {one.name for one in made.iterdir()} == {
        "training",
        *(f"left-kidney-ct{end}" for end in (".json", ".safetensors", ".md", "-report.json")),
    }
    preset = load_preset(str(path))
    assert preset.organ.meaning == "Left kidney" and preset.intensity.normalise(
        np.array([-100.0, 300.0])
    ).tolist() == [0, 1]
    weights = load_checkpoint(made / "left-kidney-ct.safetensors")
    tried = weights.training["validation"]["pgt_dice_by_share"]
    taken = Blend(weights.config["expert_share"], weights.config["through_plane"])
    assert tried[str(taken)] >= max(tried.values()) - 0.001
    assert "validation patients by share" in printed.err
    test_patients = weights.training["split"]["test"]
    assert len(test_patients) == 1
    figures = json.loads((made / "left-kidney-ct-report.json").read_text(encoding="utf-8"))
    counted = [part["patients"] for part in figures.values() if "patients" in part]
    assert [n if isinstance(n, int) else len(n) for n in counted] == [1, 1, 1]
    assert len(figures) == 4
    assert next(iter(figures)).startswith("Silent failures")
    card = (made / "left-kidney-ct.md").read_text(encoding="utf-8")
    assert test_patients[0] in card and "hermes train organ" in card and weights.sha256 in card

    image = folder / "images" / f"made_{test_patients[0].split('-')[1]}.nii.gz"
    assert (
        main(
            [
                "refine",
                str(image),
                "--preset",
                str(path),
                "--max-iterations",
                "1",
                "-o",
                str(tmp_path / "out"),
            ]
        )
        == 0
    )
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert report["provenance"]["preset"] == "left-kidney-ct"
    assert report["provenance"]["quality"]["sha256"] == weights.sha256
    assert str(tmp_path) not in json.dumps(report)

    assert main(["presets", "import", str(path)]) == 0
    capsys.readouterr()
    assert main(["presets", "list"]) == 0
    assert {one.name for one in user_preset_folder().iterdir()} == {
        "left-kidney-ct.json",
        *(f"left-kidney-ct-{weights.sha256[:12]}{end}" for end in (".safetensors", ".md")),
    }
    assert "left-kidney-ct: Left kidney, CT (imported)" in capsys.readouterr().out.splitlines()
    assert (
        main(
            [
                "assess",
                str(image),
                str(image.parents[1] / "labels" / image.name),
                "--preset",
                "left-kidney-ct",
                "-o",
                str(tmp_path / "again"),
            ]
        )
        == 0
    )
    assert main(["weights", "list"]) == 0
    assert (
        "presets" not in capsys.readouterr().out.partition("Imported weights")[2].partition("\n")[2]
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--organ", "liver"], "labels left kidney, not 'liver'"),
        (["--code", "liver"], "SCHEME:VALUE:MEANING"),
        (["--window", "300", "-100"], "lower value first"),
        (["--data", "slices:{folder}"], "write decathlon:"),
        (["--steps", "2"], "--steps is of the training on folds"),
        (
            ["--validation", "0"],
            "no slice of the validation patients shows 'left kidney' (0 patients)",
        ),
        (
            ["--validation", "0.5", "--test", "0.5"],
            "no slice of the training patients shows 'left kidney' (0 patients)",
        ),
    ],
)
def test_a_wrong_option_ends_in_one_line_before_anything_is_trained(
    folder: Path,
    words: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    said: str,
):
    given = [option.replace("{folder}", str(folder)) for option in options]
    assert main([*words, *given, "-o", str(tmp_path / "made")]) == 2
    printed = capsys.readouterr().err
    assert said in printed and printed.count("\n") == 1 + printed.count("training '")
    assert not list((tmp_path / "made").glob("*.safetensors"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is not a HERMES preset"),
        ('{"title": "x"}', "is not a HERMES preset"),
        (None, "no preset at"),
    ],
)
def test_a_file_that_is_not_a_preset_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, said: str
):
    path = tmp_path / "mine.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    image = tmp_path / "image.nii.gz"
    SimpleITK.WriteImage(SimpleITK.Image(32, 32, 2, SimpleITK.sitkInt16), str(image))
    assert (
        main(["assess", str(image), str(image), "--preset", str(path), "-o", str(tmp_path / "out")])
        == 2
    )
    assert said in capsys.readouterr().err and not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("prostate-t2.json", "bundled preset's name"),
        ("liver-ct.json", "not beside"),
        ("liver-ct.txt", "is not a preset's .json"),
    ],
)
def test_what_cannot_be_imported_leaves_nothing_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, said: str
):
    write_preset(tmp_path / name, dataclasses.replace(load_preset("spleen-ct"), quality="mine"))
    assert main(["presets", "import", str(tmp_path / name)]) == 2
    assert said in capsys.readouterr().err and not user_preset_folder().exists()
