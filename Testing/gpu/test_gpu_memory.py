"""A GPU that runs out of memory: the run goes on with less of it and says so."""

import gc
from collections.abc import Iterator

import pytest
import torch

from HermesLib.metrics.overlap import dice
from Testing.gpu.conftest import Refine


@pytest.fixture
def little_memory() -> Iterator[None]:
    """Leaves PyTorch so little of the GPU's memory that four slices at once do not fit."""
    gc.collect()
    torch.cuda.empty_cache()
    total = torch.cuda.get_device_properties(0).total_memory
    used = torch.cuda.memory_allocated()
    torch.cuda.set_per_process_memory_fraction((used + 150 * 2**20) / total)
    yield
    torch.cuda.set_per_process_memory_fraction(1.0)


def test_a_full_gpu_halves_the_slices_or_takes_the_processor(refine: Refine, little_memory: None):
    whole = refine(slices_at_once=32)
    said = whole.report["provenance"]["fallbacks"]
    print("\n".join(said))
    assert said and "memory ran out" in said[0]
    torch.cuda.set_per_process_memory_fraction(1.0)
    expected = refine(slices_at_once=1)
    for found, other in zip(whole.results, expected.results, strict=True):
        assert found.status == other.status
        a, b = found.best_record.mask.unpack(), other.best_record.mask.unpack()
        assert dice(a, b) >= 0.99


def test_memory_of_a_run_is_given_back(refine: Refine):
    refine()
    before = torch.cuda.memory_allocated()
    for _ in range(3):
        refine()
    assert torch.cuda.memory_allocated() <= before + 2**20
