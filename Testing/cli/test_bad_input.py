"""Every user error ends with exit code 2, one helpful line, and no files written."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import SimpleITK
import torch
from PIL import Image

from HermesLib.resources import resource_path
from Testing.cli.conftest import CommandResult, Hermes

SIZE = (8, 16, 16)


def refused(outcome: CommandResult, output: Path) -> str:
    """Check that a command was refused properly; returns its error line."""
    assert outcome.code == 2
    assert len(outcome.err) == 1, outcome.err
    assert outcome.err[0].startswith("hermes: ")
    assert not output.exists()
    assert [path for path in output.parent.rglob("*") if path.name.startswith(".hermes")] == []
    return outcome.err[0].removeprefix("hermes: ")


def write_array(path: Path, array: np.ndarray, vector: bool = False) -> None:
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(array, isVector=vector), str(path))


def missing(path: Path) -> None:
    path.unlink(missing_ok=True)


def text(path: Path) -> None:
    path.write_text("patient went home\n")


def empty_file(path: Path) -> None:
    path.write_bytes(b"")


def cut_off(path: Path) -> None:
    write_array(path, np.random.default_rng(0).random(SIZE))
    path.write_bytes(path.read_bytes()[:3000])


def four_dimensions(path: Path) -> None:
    write_array(path, np.random.default_rng(0).random((3, *SIZE)))


def colour(path: Path) -> None:
    write_array(path, np.random.default_rng(0).random((*SIZE, 3)), vector=True)


def not_a_number(path: Path) -> None:
    array = np.random.default_rng(0).random(SIZE)
    array[4, 8, 8] = np.nan
    write_array(path, array)


def constant(path: Path) -> None:
    write_array(path, np.full(SIZE, 7, np.int16))


BAD_IMAGES: list[tuple[Callable[[Path], None], str]] = [
    (missing, "no file or folder"),
    (text, "no readable image"),
    (empty_file, "is empty"),
    (cut_off, "no readable image"),
    (four_dimensions, "has 4 dimensions"),
    (colour, "colour"),
    (not_a_number, "no finite numbers"),
    (constant, "is constant"),
]


@pytest.mark.parametrize(
    ("damage_file", "message"), BAD_IMAGES, ids=lambda value: getattr(value, "__name__", "")
)
def test_an_unusable_image_is_refused(
    hermes: Hermes, files: Path, tmp_path: Path, damage_file, message: str
):
    image, output = tmp_path / "bad.nii.gz", tmp_path / "out"
    damage_file(image)
    line = refused(hermes("refine", image, "-o", output), output)
    assert message in line and "bad.nii.gz" in line


def test_a_volume_without_slices_is_refused(hermes: Hermes, tmp_path: Path):
    image, output = tmp_path / "none.nrrd", tmp_path / "out"
    image.write_bytes(
        b"NRRD0004\ntype: short\ndimension: 3\nsizes: 16 16 0\nendian: little\nencoding: raw\n\n"
    )
    assert "none.nrrd" in refused(hermes("refine", image, "-o", output), output)


def test_a_colour_picture_and_a_folder_without_dicom_are_refused(hermes: Hermes, tmp_path: Path):
    output = tmp_path / "out"
    Image.new("RGB", (32, 32), (200, 30, 30)).save(tmp_path / "photo.png")
    assert "grey" in refused(hermes("refine", tmp_path / "photo.png", "-o", output), output)
    (tmp_path / "folder").mkdir()
    assert "no DICOM series" in refused(hermes("refine", tmp_path / "folder", "-o", output), output)


@pytest.mark.parametrize("option", ["--init", "--truth"])
def test_a_mask_of_another_size_is_refused(
    hermes: Hermes, files: Path, tmp_path: Path, option: str
):
    mask, output = tmp_path / "mask.nii.gz", tmp_path / "out"
    write_array(mask, np.ones((5, 20, 20), np.uint8))
    assert "mask.nii.gz" in refused(
        hermes("refine", files / "image.nii.gz", option, mask, "-o", output), output
    )


def test_a_mask_to_assess_that_is_missing_or_of_another_size_is_refused(
    hermes: Hermes, files: Path, tmp_path: Path
):
    mask, output = tmp_path / "mask.nii.gz", tmp_path / "out"
    assert "no file or folder" in refused(
        hermes("assess", files / "image.nii.gz", mask, "-o", output), output
    )
    write_array(mask, np.ones((5, 20, 20), np.uint8))
    assert "grid" in refused(hermes("assess", files / "image.nii.gz", mask, "-o", output), output)


BAD_WORDS = [
    (("--preset", "liver"), "unknown preset 'liver'; choose one of prostate-t2, spleen-ct"),
    (("--model", "sam9"), "unknown model 'sam9'; choose medsam"),
    (("--model", "medsam", "--prompt", "clicks"), "medsam takes no 'clicks' prompts; choose box"),
    (
        ("--model", "mideepseg", "--prompt", "box"),
        "mideepseg takes no 'box' prompts; choose clicks",
    ),
    (("--prompt", "telepathy"), "takes no 'telepathy' prompts; choose"),
    (("--device", "abacus"), "unknown device 'abacus'"),
    (("--threshold", "0"), "threshold 0 is out of range"),
    (("--threshold", "1.2"), "threshold 1.2 is out of range"),
    (("--threshold", "high"), "--threshold"),
    (("--max-iterations", "-3"), "max-iterations -3 is negative"),
    (("--patience", "0"), "patience 0 is too small"),
    (("--padding", "-2"), "padding -2 is negative"),
    (("--keep", "worst"), "invalid choice: 'worst'"),
    (("--pgt", "none"), "invalid choice: 'none'"),
    (("--slices", "3"), "'3' is not a range of slices"),
    (("--slices", "4:2"), "slices 4:2 are not all in the volume's 5"),
    (("--slices", "2:9"), "slices 2:9 are not all in the volume's 5"),
    (("--colour", "blue"), "unrecognized arguments"),
]


@pytest.mark.parametrize(
    ("arguments", "message"),
    BAD_WORDS,
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_invalid_options_are_refused(
    hermes: Hermes, files: Path, tmp_path: Path, arguments: tuple[str, ...], message: str
):
    output = tmp_path / "out"
    assert message in refused(
        hermes("refine", files / "image.nii.gz", "-o", output, *arguments), output
    )


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_missing_gpu_is_refused(hermes: Hermes, files: Path, tmp_path: Path):
    output = tmp_path / "out"
    assert "no CUDA" in refused(
        hermes("refine", files / "image.nii.gz", "-o", output, "--device", "cuda"), output
    )


def test_an_unknown_quality_control_is_refused_and_known_ones_are_listed(
    hermes: Hermes, files: Path, tmp_path: Path
):
    output = tmp_path / "out"
    arguments = (
        "assess",
        files / "one.nii.gz",
        files / "one_label.nii.gz",
        "-o",
        output,
        "--quality",
        "oracle",
    )
    line = refused(hermes(*arguments), output)
    assert "'oracle'" in line and "diffusion" in line and "nnqc" in line


@pytest.mark.parametrize("option", ["--samples", "--steps"])
def test_samples_and_steps_below_one_are_refused(
    hermes: Hermes, files: Path, tmp_path: Path, option: str
):
    output = tmp_path / "out"
    arguments = (
        "assess",
        files / "one.nii.gz",
        files / "one_label.nii.gz",
        "-o",
        output,
        option,
        0,
    )
    assert "choose 1 or more" in refused(hermes(*arguments), output)


def test_a_damaged_model_file_is_refused(hermes: Hermes, files: Path, tmp_path: Path):
    weights, output = tmp_path / "model.safetensors", tmp_path / "out"
    weights.write_bytes((files / "model.safetensors").read_bytes()[:-100])
    arguments = (
        "refine",
        files / "one.nii.gz",
        "-o",
        output,
        "--model",
        "scribbleprompt",
        "--weights",
        weights,
    )
    assert "model.safetensors" in refused(hermes(*arguments), output)


def test_weights_of_another_model_are_refused(hermes: Hermes, files: Path, tmp_path: Path):
    output = tmp_path / "out"
    arguments = (
        "refine",
        files / "one.nii.gz",
        "-o",
        output,
        "--model",
        "medsam",
        "--weights",
        files / "model.safetensors",
    )
    assert "not of medsam" in refused(hermes(*arguments), output)


def test_a_pickle_with_code_is_refused_and_not_run(hermes: Hermes, files: Path, tmp_path: Path):
    class Trap:
        def __reduce__(self):
            return Path.touch, (tmp_path / "sprung",)

    weights, output = tmp_path / "model.pth", tmp_path / "out"
    torch.save({"model": Trap()}, weights)
    arguments = (
        "refine",
        files / "one.nii.gz",
        "-o",
        output,
        "--model",
        "scribbleprompt",
        "--weights",
        weights,
    )
    assert "model.pth" in refused(hermes(*arguments), output)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("damage", ["cut off", "one bit"])
def test_a_damaged_bundled_file_is_refused(
    hermes: Hermes, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
):
    resources, output = tmp_path / "Resources", tmp_path / "out"
    shutil.copytree(resource_path("Presets"), resources / "Presets")
    (resources / "Weights").mkdir()
    entries = json.loads(resource_path("Weights", "manifest.json").read_text(encoding="utf-8"))
    (resources / "Weights" / "manifest.json").write_text(json.dumps(entries), encoding="utf-8")
    content = bytearray(resource_path("Weights", "qc-prostate-t2.safetensors").read_bytes())
    if damage == "cut off":
        del content[len(content) // 2 :]
    else:
        content[-1] ^= 1
    (resources / "Weights" / "qc-prostate-t2.safetensors").write_bytes(content)
    monkeypatch.setenv("HERMES_RESOURCES", str(resources))
    arguments = ("assess", files / "one.nii.gz", files / "one_label.nii.gz", "-o", output)
    # A new engine: the shared one has the environment, perhaps the network, of earlier commands.
    line = refused(hermes(*arguments, engine=None), output)
    assert "qc-prostate-t2.safetensors is damaged" in line


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no file first.json"),
        ("patient went home", "first.json cannot be read as JSON"),
        ("[1, 2]", "first.json does not hold a prompt"),
        ('{"kind": "wish"}', "'kind' must be one of box, scribbles, clicks"),
        ('{"kind": "box", "xyxy": [1, 2, 3]}', "xyxy must be four numbers"),
        ('{"kind": "box"}', "not well formed ('xyxy')"),
        ('{"kind": "box", "xyxy": [30, 2, 10, 20]}', "is empty or leaves the slice of 64 x 64"),
        ('{"kind": "box", "xyxy": [30, 2, 65, 20]}', "is empty or leaves the slice of 64 x 64"),
        ('{"kind": "clicks", "positive": [], "negative": [[1, 2]]}', "at least one positive point"),
        ('{"kind": "clicks", "positive": [[1, 64]]}', "leaves the slice of 64 x 64"),
        ('{"kind": "scribbles", "positive": [[1.5, 3]]}', "pairs of whole numbers"),
        ('{"kind": "clicks", "positive": 7}', "not well formed"),
    ],
)
def test_an_unusable_first_prompt_is_refused(
    hermes: Hermes, files: Path, tmp_path: Path, content: str | None, message: str
):
    output, prompt = tmp_path / "out", tmp_path / "first.json"
    if content is not None:
        prompt.write_text(content)
    arguments = (
        "refine",
        files / "image.nii.gz",
        "-o",
        output,
        "--model",
        "scribbleprompt",
        "--first-prompt",
        prompt,
    )
    assert message in refused(hermes(*arguments), output)


def test_a_first_prompt_of_a_kind_the_model_does_not_support_is_refused(
    hermes: Hermes, files: Path, tmp_path: Path
):
    output, prompt = tmp_path / "out", tmp_path / "first.json"
    prompt.write_text('{"kind": "clicks", "positive": [[10, 10]]}')
    arguments = (
        "refine",
        files / "image.nii.gz",
        "-o",
        output,
        "--model",
        "medsam",
        "--first-prompt",
        prompt,
    )
    assert "medsam takes no 'clicks' prompts" in refused(hermes(*arguments), output)


def test_a_file_in_place_of_the_output_folder_is_refused_and_kept(
    hermes: Hermes, files: Path, tmp_path: Path
):
    (tmp_path / "out").write_text("mine")
    outcome = hermes("refine", files / "image.nii.gz", "-o", tmp_path / "out")
    assert outcome.code == 2 and len(outcome.err) == 1 and "out is a file" in outcome.err[0]
    assert (tmp_path / "out").read_text() == "mine"


def test_no_command_or_an_unknown_one_is_refused_in_one_line(hermes: Hermes):
    for arguments in ((), ("dance",), ("refine",), ("weights", "eat")):
        outcome = hermes(*arguments)
        assert (
            outcome.code == 2 and len(outcome.err) == 1 and outcome.err[0].startswith("hermes: ")
        ), arguments
