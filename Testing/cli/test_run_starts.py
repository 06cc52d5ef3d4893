"""Runs that start from a mask or a prompt of the user."""

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from Testing.cli.conftest import Hermes
from Testing.cli.results import SCHEMA, read, refine_arguments


def test_the_loop_starts_from_a_given_mask(hermes: Hermes, files: Path, tmp_path: Path):
    outcome = hermes(
        *refine_arguments(
            files, "-o", tmp_path / "out", "--init", files / "label.nii.gz", "--threshold", "0.01"
        )
    )
    assert outcome.code == 0, outcome.err
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    prompts = {
        (entry["iterations"][0]["prompt"]["kind"], entry["status"] == "absent")
        for entry in report["slices"]
    }
    assert ("given", False) in prompts and prompts <= {("given", False), ("none", True)}
    segmentation, label = (
        read(tmp_path / "out" / "segmentation.nii.gz"),
        read(files / "label.nii.gz"),
    )
    accepted = [
        entry["index"]
        for entry in report["slices"]
        if entry["status"] == "accepted" and len(entry["iterations"]) == 1
    ]
    assert accepted
    assert np.array_equal(segmentation[accepted], label[accepted])


@pytest.mark.parametrize(
    "prompt",
    [
        {"kind": "box", "xyxy": [12, 20, 40, 50]},
        {"kind": "clicks", "positive": [[30, 32], [31, 40]], "negative": [[5, 5]]},
        {
            "kind": "scribbles",
            "positive": [[x, 32] for x in range(24, 40)],
            "negative": [[4, y] for y in range(10, 20)],
        },
    ],
    ids=lambda prompt: prompt["kind"],
)
def test_a_users_prompt_is_the_first_prompt_of_every_slice(
    hermes: Hermes, files: Path, tmp_path: Path, prompt: dict
):
    (tmp_path / "prompt.json").write_text(json.dumps(prompt))
    outcome = hermes(
        *refine_arguments(
            files,
            "-o",
            tmp_path / "out",
            "--first-prompt",
            tmp_path / "prompt.json",
            "--slices",
            "1:4",
        )
    )
    assert outcome.code == 0, outcome.err
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    jsonschema.validate(report, SCHEMA)
    for entry in report["slices"]:
        first_prompt = entry["iterations"][0]["prompt"]
        if prompt["kind"] == "scribbles":
            assert first_prompt == {
                "kind": "scribbles",
                "positive_pixels": 16,
                "negative_pixels": 10,
            }
        else:
            assert first_prompt.items() >= prompt.items()
    if prompt["kind"] != "scribbles":
        # The prompt in the report is a valid first prompt for another run.
        (tmp_path / "again.json").write_text(
            json.dumps(report["slices"][0]["iterations"][0]["prompt"])
        )
        again = hermes(
            *refine_arguments(
                files,
                "-o",
                tmp_path / "two",
                "--first-prompt",
                tmp_path / "again.json",
                "--slices",
                "1:4",
            )
        )
        assert again.code == 0, again.err
        assert np.array_equal(
            read(tmp_path / "two" / "segmentation.nii.gz"),
            read(tmp_path / "out" / "segmentation.nii.gz"),
        )
