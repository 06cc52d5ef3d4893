"""The benchmark of devices runs, and says where a GPU is missing."""

import warnings
from pathlib import Path

import pytest
import torch

from HermesLib.bench import gpu
from HermesLib.bench.gpu import bench_gpu, synchronisations
from HermesLib.bench.machine import machine
from HermesLib.cli.main import main
from HermesLib.runs.request import RefineRequest
from Testing.bench.conftest import SLICES


def test_slices_a_second_are_measured_for_each_number_at_once(small_request: RefineRequest):
    lines: list[str] = []
    one, three = bench_gpu([small_request], ["cpu"], [1, 3], 1, lines.append)
    assert (one["slices_at_once"], three["slices_at_once"]) == (1, 3)
    assert one["slices"] == SLICES and one["iterations"] == three["iterations"] == 2 * SLICES
    assert one["slices_per_s"] == pytest.approx(SLICES / one["seconds"])
    assert three["ratio"] == pytest.approx(three["slices_per_s"] / one["slices_per_s"])
    assert one["gpu_mb"] is None and one["waits"] == {}  # A processor waits for no GPU.
    assert len(lines) == 2 and "slices/s" in lines[0]


@pytest.mark.skipif(torch.cuda.is_available(), reason="has a GPU")
def test_a_computer_without_a_gpu_gets_one_line(tmp_path: Path, capsys):
    output = tmp_path / "gpu.json"
    assert main(f"bench gpu --models medsam --threads 1 -o {output}".split()) == 2
    assert "no CUDA device is usable here; choose --devices cpu" in capsys.readouterr().err
    assert not output.exists()
    assert machine()["gpu"] is None


def test_waits_are_counted_by_the_line_that_waits(monkeypatch: pytest.MonkeyPatch):
    """PyTorch's warnings of its synchronisation check, without the GPU that makes it warn."""
    modes = ["default"]
    monkeypatch.setattr(torch.cuda, "get_sync_debug_mode", lambda: modes[0])
    monkeypatch.setattr(torch.cuda, "set_sync_debug_mode", modes.append)
    said = "called a synchronizing CUDA operation"
    with synchronisations(torch.device("cuda")) as places:
        for line in (7, 7, 9):
            warnings.warn_explicit(said, UserWarning, gpu.__file__, line)
        warnings.warn_explicit(said, UserWarning, torch.__file__, 3)
        warnings.warn("something else", UserWarning, stacklevel=1)
    bench = "HermesLib/bench/gpu.py"
    assert dict(places) == {f"{bench}:7": 2, f"{bench}:9": 1, "torch/__init__.py:3": 1}
    assert modes == ["default", "warn", "default"]
