"""``hermes refine --model nninteractive`` as a user calls it: a process of its own."""

import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from Testing.cli.conftest import Hermes
from Testing.cli.results import RESULTS, names
from Testing.models.nninteractive.conftest import STANDIN
from Testing.models.small import write_checkpoint

ROOT = Path(__file__).parents[2]


def hermes(*words: object, clients: tuple[Path, ...] = ()) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(str(folder) for folder in (ROOT, *clients))
    return subprocess.run(
        [sys.executable, "-m", "HermesLib", *(str(word) for word in words)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        encoding="utf-8",
    )


def test_a_volume_is_segmented_on_the_server_and_the_licence_is_shown(files: Path, tmp_path: Path):
    output = tmp_path / "out"
    words = (
        "refine",
        files / "image.nii.gz",
        "-o",
        output,
        "--guide",
        files / "label.nii.gz",
        "--preset",
        "prostate-t2",
    )
    more = ("--model", "nninteractive", "--server", "http://127.0.0.1:1527", "--max-iterations", 1)
    outcome = hermes(*words, *more, clients=(STANDIN,))
    assert outcome.returncode == 0, outcome.stderr
    assert "under CC BY-NC-SA 4.0" in outcome.stdout
    assert "no commercial use" in outcome.stdout
    assert "agreement with the guide of the whole" in outcome.stdout
    assert names(output) == RESULTS
    report = json.loads((output / "report.json").read_text(encoding="utf-8"))
    assert report["provenance"]["model"]["name"] == "nninteractive"


def test_a_prompt_is_propagated_through_a_volume_under_a_guide(
    hermes: Hermes, files: Path, tmp_path: Path
):
    output = tmp_path / "out"
    weights = write_checkpoint(tmp_path, "medsam2")
    words = ("refine", files / "image.nii.gz", "-o", output, "--guide", files / "label.nii.gz")
    more = ("--organ", "liver", "--modality", "MR", "--model", "medsam2-volume", "--device", "cpu")
    run = hermes(*words, *more, "--weights", weights, "--max-iterations", 1, "--progress")
    assert run.code == 0, run.err
    assert any("agreement with the guide of the whole" in line for line in run.out)
    assert "slices propagated" in "".join(run.err)
    assert names(output) == RESULTS
    report = json.loads((output / "report.json").read_text(encoding="utf-8"))
    assert report["provenance"]["model"]["name"] == "medsam2-volume"


def test_without_the_client_nothing_is_written_and_one_line_says_how_to_get_it(
    files: Path, tmp_path: Path
):
    try:
        metadata.version("nninteractive-client")
    except metadata.PackageNotFoundError:
        pass
    else:
        pytest.skip("nninteractive-client is installed")
    output = tmp_path / "out"
    words = (
        "refine",
        files / "image.nii.gz",
        "-o",
        output,
        "--guide",
        files / "label.nii.gz",
        "--preset",
        "prostate-t2",
    )
    outcome = hermes(*words, "--model", "nninteractive")
    assert outcome.returncode == 2 and not output.exists()
    assert outcome.stderr.splitlines() == [
        "hermes: nnInteractive needs its client: pip install 'hermes-segment[nninteractive]'"
    ]
