"""Every user error ends with exit code 2, one helpful line, and no files written: options."""

from pathlib import Path

import pytest
import torch

from Testing.cli.conftest import Hermes
from Testing.cli.refusal import refused

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
    (("--slices", "3-"), "'3-' is not a range of slices"),
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
    assert (tmp_path / "out").read_text(encoding="utf-8") == "mine"


def test_no_command_or_an_unknown_one_is_refused_in_one_line(hermes: Hermes):
    for arguments in ((), ("dance",), ("refine",), ("weights", "eat")):
        outcome = hermes(*arguments)
        assert (
            outcome.code == 2 and len(outcome.err) == 1 and outcome.err[0].startswith("hermes: ")
        ), arguments
