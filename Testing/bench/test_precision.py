"""Half precision is measured on any processor, and a run in it is repeated in it."""

from dataclasses import replace

import pytest
import torch

from HermesLib.bench.precision import bench_precision
from HermesLib.runs.repeat import Inputs, request_from_report
from HermesLib.runs.request import RefineRequest
from HermesLib.runs.run import Run


def test_half_precision_is_compared_with_full_on_a_processor_without_it(
    small_request: RefineRequest, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False, raising=False)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False, raising=False)
    lines: list[str] = []
    (figures,) = bench_precision([small_request], lines.append)
    assert figures["model"] == "medsam" and not figures["native"] and figures["speed"] > 0
    assert 0 <= figures["least"] <= figures["dice"] <= 1
    assert "emulated: this processor has none" in lines[0]


def test_a_run_in_half_precision_is_repeated_in_half_precision(
    small_request: RefineRequest, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: True, raising=False)
    request = replace(small_request, precision="half")
    report = Run(request).execute().report
    assert report["provenance"]["settings"]["precision"] == "half"
    assert request.image is not None
    inputs = Inputs(image=request.image, quality=request.quality, weights=request.weights)
    again = request_from_report(report, inputs)
    assert isinstance(again, RefineRequest) and again.precision == "half"
    assert Run(again).execute().report["results"] == report["results"]
