"""CONTRIBUTING.md's example: a new prompt kind and a new model are one file and one entry each.

The example is added to a copy of the library, by nothing but its own code blocks, and run there.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import SimpleITK
import torch

from HermesLib.models.registry import MODELS
from HermesLib.prompts.registry import prompt_kinds
from HermesLib.resources import resource_path
from HermesLib.samples.prostate_phantom import prostate_phantom
from HermesLib.weights.checkpoint import save_checkpoint

ROOT = Path(__file__).resolve().parents[2]

CHECK = """
import io, json
import numpy as np
from HermesLib.cli.main import build_parser
from HermesLib.engine.messages import message_frame, read_message
from HermesLib.engine.wire import read_frames, write_frame
from HermesLib.models.registry import MODELS
from HermesLib.prompts.registry import PROMPTS, prompt_kinds, prompt_type, strategy_for
from HermesLib.prompts.serialization import prompt_from_plain
from HermesLib.refinement.events import Iteration, Status

# The panel lists these.
assert "circle" in prompt_kinds() and PROMPTS["circle"].title == "Circle" and "toy" in MODELS
arguments = build_parser().parse_args(
    ["refine", "a.nii.gz", "-o", "out", "--model", "toy", "--prompt", "circle"]
)
assert (arguments.model, arguments.prompt) == ("toy", "circle")

mask = np.zeros((40, 50), bool)
mask[10:20, 30:42] = True
rng = np.random.default_rng(0)
circle = strategy_for("circle").refine(None, mask, mask, True, rng)
assert prompt_from_plain(json.loads(json.dumps(circle.to_plain())), mask.shape) == circle
moved = prompt_type("circle").from_marks(circle.marks(), mask.shape)
assert abs(moved.x - circle.x) + abs(moved.y - circle.y) + abs(moved.radius - circle.radius) < 1e-9

event = Iteration(
    slice_index=3, index=0, mask=mask, pgt=mask, pdsc=0.5, pdsc_low=0.4, pdsc_high=0.6, dsc=None,
    prompt=circle, seconds=0.1, status=Status.STOPPED,
)
stream = io.BytesIO()
write_frame(stream, message_frame(1, event))
stream.seek(0)
assert read_message(next(read_frames(stream.read))).prompt == circle

mixed = strategy_for("circle+clicks").first(mask.shape, rng)
assert mixed.kind == "clicks+circle" and len(mixed.marks().boxes) == 1
"""


def code_blocks() -> tuple[dict[str, str], dict[str, str]]:
    """The example's files and registry entries by the path in their first line."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = page.split("## Adding a promptable model or a prompt kind")[1].split("\n## ")[0]
    files: dict[str, str] = {}
    entries: dict[str, str] = {}
    for block in re.findall(r"```python\n(.*?)```", section, re.DOTALL):
        first, code = block.split("\n", 1)
        path = first.split()[-1]
        if first.startswith("# entry of"):
            entries[path] = code
        else:
            files[path] = code
    return files, entries


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the library with the example's files and entries."""
    home = tmp_path_factory.mktemp("extended")
    shutil.copytree(
        ROOT / "HermesLib", home / "HermesLib", ignore=shutil.ignore_patterns("__pycache__")
    )
    files, entries = code_blocks()
    assert sorted(files) == ["HermesLib/models/toy.py", "HermesLib/prompts/circles.py"]
    assert sorted(entries) == ["HermesLib/models/registry.py", "HermesLib/prompts/registry.py"]
    for path, code in files.items():
        assert not (home / path).exists()
        (home / path).write_text(code, encoding="utf-8")
    for path, entry in entries.items():
        registry = (home / path).read_text(encoding="utf-8")
        end = "        ),\n    )\n}\n"
        assert registry.count(end) == 1
        extended = registry.replace(end, f"        ),\n{entry.rstrip()},\n    )\n}}\n")
        (home / path).write_text(extended, encoding="utf-8")
    return home


def python(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(home),
        "HERMES_RESOURCES": str(resource_path()),
    }
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=home,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_the_new_kind_travels_and_is_stored_and_drawn_like_the_others(extended: Path):
    outcome = python(extended, "-c", CHECK)
    assert outcome.returncode == 0, outcome.stderr


def test_the_help_offers_the_new_model_and_kind(extended: Path):
    words = " ".join(python(extended, "-m", "HermesLib", "refine", "--help").stdout.split())
    assert f"{list(MODELS)[-1]} or toy" in words
    assert f"{prompt_kinds()[-1]} or circle" in words


def test_the_new_model_refines_a_slice_with_the_new_kind(extended: Path, tmp_path: Path):
    phantom = prostate_phantom(seed=1, side=64, slices=5, spacing=(3.0, 3.0, 14.0))
    SimpleITK.WriteImage(phantom.image[:, :, 2:3], str(tmp_path / "image.nii.gz"))
    save_checkpoint(tmp_path / "toy.safetensors", {"level": torch.tensor(0.4)}, "toy", {})
    (tmp_path / "first.json").write_text('{"kind": "circle", "centre": [32, 32], "radius": 14}')
    arguments = ["-m", "HermesLib", "refine", str(tmp_path / "image.nii.gz"), "--model", "toy"]
    arguments += ["--weights", str(tmp_path / "toy.safetensors"), "--max-iterations", "1"]
    arguments += ["--samples", "1", "--steps", "1", "--threshold", "1"]
    arguments += ["--first-prompt", str(tmp_path / "first.json"), "-o", str(tmp_path / "results")]
    outcome = python(extended, *arguments, "--prompt", "circle")
    assert outcome.returncode == 0, outcome.stderr
    report = json.loads((tmp_path / "results" / "report.json").read_text(encoding="utf-8"))
    first, second = (step["prompt"] for step in report["slices"][0]["iterations"])
    assert first == {"kind": "circle", "centre": [32.0, 32.0], "radius": 14.0}
    assert second["kind"] == "circle" and second != first
    assert report["provenance"]["model"]["name"] == "toy"
    assert (tmp_path / "results" / "overview.png").stat().st_size > 10_000


def test_models_that_do_not_take_the_new_kind_say_so(extended: Path, tmp_path: Path):
    arguments = ("refine", "a.nii.gz", "--model", "medsam", "--prompt", "circle", "-o", "results")
    outcome = python(extended, "-m", "HermesLib", *arguments)
    assert outcome.returncode == 2
    assert "medsam takes no 'circle' prompts; choose box" in outcome.stderr
