"""The benchmarks run on small networks and print their figures; no time is asserted."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from HermesLib.bench import loop, memory
from HermesLib.bench.busy import bench_busy
from HermesLib.bench.loop import bench_loop
from HermesLib.bench.scaling import plot_scaling
from HermesLib.cli.main import main
from HermesLib.runs.request import RefineRequest
from Testing.bench.conftest import SLICES


@pytest.fixture(scope="module")
def measured(small_request: RefineRequest) -> dict:
    return bench_loop([small_request], 1, print)[0]


def test_the_loop_is_put_beside_its_floor_stage_by_stage(measured: dict):
    stages = sum(measured[f"{name}_s"] for name in ("observe", "embed", "decode", "assess"))
    assert 0 < measured["floor_s"] <= stages <= measured["loop_s"]
    assert measured["ratio"] == pytest.approx(measured["loop_s"] / measured["floor_s"])
    assert 0 < measured["report_share"] < 1


def test_a_slice_is_embedded_once_and_not_at_all_for_another_threshold(measured: dict):
    assert (measured["embedded"], measured["embedded_again"]) == (SLICES, 0)
    assert measured["iterations"] == measured["decoded"] == 2 * SLICES


def test_the_command_writes_its_figures_and_what_they_were_measured_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    asked = []

    def measured_before(requests, repeats, say):
        asked.extend((request.model, request.threads, repeats) for request in requests)
        return [{"ratio": 1.05}]

    monkeypatch.setattr(loop, "bench_loop", measured_before)
    output = tmp_path / "loop.json"
    words = f"bench loop --models medsam mideepseg --threads 1 --repeats 2 -o {output}"
    assert main(words.split()) == 0
    assert asked == [("medsam", 1, 2), ("mideepseg", 1, 2)]
    written = json.loads(output.read_text(encoding="utf-8"))
    assert written["loop"] == [{"ratio": 1.05}] and written["machine"]["cores"] >= 1


def test_programs_beside_take_turns_and_end(tmp_path: Path):
    """Busy programs are timed beside a program that ends at once."""
    lines: list[str] = []
    figures = bench_busy([1], 2, lines.append, command=("-c", "pass"))
    assert [figure["programs"] for figure in figures] == [0, 1]
    assert figures[0]["ratio"] == 1 and all(len(figure["s"]) == 2 for figure in figures)
    assert len(lines) == 2


def test_time_and_memory_are_plotted(tmp_path: Path):
    slices = [
        {"slices": count, "seconds": count / 4, "peak_mb": 90.0, "image_mb": count / 8}
        for count in (8, 32)
    ]
    iterations = [{"iterations": count, "seconds": count / 9} for count in (16, 64)]
    figures = {"slices": slices, "iterations": iterations}
    plot_scaling(tmp_path / "scaling.png", figures)
    assert (tmp_path / "scaling.png").read_bytes().startswith(b"\x89PNG")


def test_what_a_slice_adds_is_put_beside_its_mask(monkeypatch: pytest.MonkeyPatch):
    asked, lines = [], []

    def measured(measurement, what):
        size = SimpleITK.ReadImage(measurement.image).GetSize()
        asked.append((size, measurement.slices))
        return {"seconds": 1.0, "iterations": 6, "libraries_mb": 300.0, "peak_mb": 9.0 + size[2]}

    monkeypatch.setattr(memory, "measured", measured)
    figures = memory.bench_memory([(4, 32), (40, 32)], 1, lines.append)
    assert asked == [((32, 32, 4), (0, 4)), ((32, 32, 40), (17, 23))]
    assert [run["kb_a_slice"] for run in figures] == [None, 1024.0]
    assert lines[1] == (
        "40 slices of 32 x 32 (0 MB): 49 MB beyond the libraries;"
        " 1024 kB a further slice, one mask is 1"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not say it")
def test_the_most_memory_of_a_process_is_not_that_of_the_one_that_started_it():
    large = np.ones(2**26)  # 512 MB
    program = "from HermesLib.bench.one_volume import peak_mb; print(peak_mb())"
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, encoding="utf-8"
    )
    assert float(run.stdout) < 400 < large.nbytes / 2**20
