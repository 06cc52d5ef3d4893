"""A GPU that runs out of memory: the run goes on with less of it and says so."""

from collections.abc import Iterator

import pytest
import torch

from HermesLib.devices import release_memory
from HermesLib.metrics.overlap import dice
from Testing.gpu.conftest import SLICES, Refine


def allow(megabytes: float | None) -> None:
    """Leave PyTorch so much of the GPU's memory; None for all."""
    total = torch.cuda.get_device_properties(0).total_memory
    part = 1.0 if megabytes is None else megabytes * 2**20 / total
    torch.cuda.set_per_process_memory_fraction(part)


def most_memory(refine: Refine, slices_at_once: int) -> float:
    """The most that PyTorch holds in a run, MB."""
    release_memory()
    torch.cuda.reset_peak_memory_stats()
    refine("scribbleprompt", slices_at_once=slices_at_once)
    return torch.cuda.max_memory_reserved() / 2**20


@pytest.fixture
def own_limit() -> Iterator[None]:
    """Gives PyTorch all of the memory back after the test."""
    yield
    allow(None)


def test_a_full_gpu_halves_the_slices_and_says_so(refine: Refine, own_limit: None):
    needed = most_memory(refine, SLICES)
    said: list[str] = []
    for part in (0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3):
        release_memory()
        allow(part * needed)
        outcome = refine("scribbleprompt", slices_at_once=SLICES)
        if said := outcome.report["provenance"]["fallbacks"]:
            break
    assert said and said[0].startswith(f"memory ran out; the run starts again with {SLICES // 2}")
    allow(None)
    expected = refine("scribbleprompt", slices_at_once=1)
    for found, other in zip(outcome.results, expected.results, strict=True):
        assert found.status == other.status
        a, b = found.best_record.mask.unpack(), other.best_record.mask.unpack()
        assert dice(a, b) >= 0.99


def test_memory_of_a_run_is_given_back(refine: Refine):
    refine()
    before = torch.cuda.memory_allocated()
    for _ in range(3):
        refine()
    assert torch.cuda.memory_allocated() <= before + 2**20
