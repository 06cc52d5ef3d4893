"""``hermes evaluate sweep`` on made patients with the bundled weights."""

import json
from pathlib import Path

import pytest

from HermesLib.cli import sweep
from HermesLib.cli.main import main
from Testing.datasets.made import make_decathlon


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    make_decathlon(tmp_path, "MRI", "prostate", patients=1)
    return ["evaluate", "sweep", "--data", f"decathlon:{tmp_path}", "--device", "cpu"]


def test_figures_slices_and_a_picture_are_written(words, tmp_path: Path, capsys):
    out, plot = tmp_path / "out" / "sweep.json", tmp_path / "sweep.png"
    options = ["--warps", "size", "--factors", "1", "0.7", "-o", str(out), "--plot", str(plot)]
    assert main([*words, *options]) == 0
    printed = capsys.readouterr()
    assert "volume 2 of 2: made_1, size x1" in printed.err
    written = json.loads(out.read_text(encoding="utf-8"))
    assert written["figures"] == json.loads(printed.out)
    steps = written["figures"]["sweeps"]["size"]["steps"]
    assert [step["amount"] for step in steps] == [0.7, 1]
    assert all(step["with_organ"] == 3 for step in steps)
    assert [len(volume["slices"]) for volume in written["volumes"]] == [3, 3]
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_with_the_loop_a_promptable_model_draws_the_masks(words, tmp_path: Path, capsys):
    options = ["--warps", "size", "--factors", "1", "--loop", "--model", "scribbleprompt"]
    assert main([*words, *options, "--threshold", "0.5", "-o", str(tmp_path / "a.json")]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["model"] == "scribbleprompt"
    slices = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["volumes"][0]["slices"]
    assert any(item["final_dsc"] != item["pgt_dsc"] for item in slices)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--factors", "0"], "out of range"),
        (["--distances", "-1"], "out of range"),
        (["--model", "medsam"], "--loop"),
        (["--quality", "missing.safetensors"], "missing.safetensors"),
    ],
)
def test_what_cannot_be_measured_is_refused_in_one_line(words, capsys, options, message):
    assert main([*words, *options]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line


def test_an_interrupted_sweep_writes_nothing(words, tmp_path: Path, monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(sweep, "_show", interrupted)
    out = tmp_path / "sweep.json"
    assert main([*words, "--warps", "size", "--factors", "1", "-o", str(out)]) == 130
    assert "nothing was written" in capsys.readouterr().err
    assert not out.exists()
