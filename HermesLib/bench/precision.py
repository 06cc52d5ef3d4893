"""Half precision against full precision: processor time and masks, for each model."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from HermesLib.devices import half_precision, select_device
from HermesLib.metrics.overlap import dice
from HermesLib.models.half_precision import HalfPrecision
from HermesLib.models.protocol import PromptableModel
from HermesLib.runs.model_cache import ModelCache
from HermesLib.runs.request import RefineRequest
from HermesLib.runs.run import Run


class _HalfCache(ModelCache):
    """Gives models in half precision, on a processor that only emulates it too."""

    def model(self, name: str, weights: str, device: torch.device) -> PromptableModel:
        model = super().model(name, weights, device)
        return HalfPrecision(model, device, half_precision(device) or torch.bfloat16)


def bench_precision(
    requests: Sequence[RefineRequest], say: Callable[[str], None]
) -> list[dict[str, Any]]:
    """Measure a run of each request in both precisions, one dictionary each.

    ``native``: whether the processor has half precision by itself. ``speed``: times as fast as in
    full precision, by the time of run and processor without loading. ``dice``: of the slices'
    resulting masks with those of full precision, the mean, and ``least``, the lowest. Slices that
    show nothing in both count 1.

    Args:
        requests: the runs, one a model.
        say: called with a line for people after each.
    """
    figures = []
    for request in requests:
        native = half_precision(select_device(request.device)) is not None
        (full_s, full), (half_s, half) = (
            _measure(replace(request, precision="full"), cache)
            for cache in (ModelCache(), _HalfCache())
        )
        same = [dice(a, b) for a, b in zip(full, half, strict=True)]
        figures.append(
            {
                "model": request.model,
                "native": native,
                "speed": full_s / half_s,
                "dice": float(np.mean(same)),
                "least": float(min(same)),
            }
        )
        own = "" if native else " (emulated: this processor has none)"
        say(
            f"{request.model}: half precision {full_s / half_s:.2f} times as fast{own},"
            f" Dice with full precision {np.mean(same):.4f}, at least {min(same):.4f}"
        )
    return figures


def _measure(request: RefineRequest, cache: ModelCache) -> tuple[float, list[np.ndarray]]:
    """Seconds of a run whose networks are loaded, and the resulting masks."""
    Run(request, cache).execute()
    cache.embeddings.clear()
    on_gpu = select_device(request.device).type == "cuda"
    # Other programs do not change the processor's time; a GPU's work is in that of the run only.
    clock = time.perf_counter if on_gpu else time.process_time
    start = clock()
    outcome = Run(request, cache).execute()
    seconds = clock() - start
    return seconds, [result.best_record.mask.unpack() for result in outcome.results]
