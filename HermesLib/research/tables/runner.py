"""The networks of a suite and what is measured with them, part by part, in this process or in several."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from functools import cached_property
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch

from HermesLib import __version__
from HermesLib.errors import HermesError
from HermesLib.models.protocol import PromptableModel
from HermesLib.models.registry import load_model, model_checkpoint
from HermesLib.quality.protocol import QualityControl
from HermesLib.research.tables.ablations import ablations_of
from HermesLib.research.tables.design import (
    Organ,
    PgtSource,
    TableRun,
    file_name,
    runs_of,
    seen_patients,
    sources_of,
)
from HermesLib.research.tables.store import (
    Store,
    measure_ceiling,
    measure_detection,
    measure_run,
    run_settings,
)


@dataclass(frozen=True)
class TablesRequest:
    """What a suite is asked for: plain values, so that every process can make its own networks from them."""

    cases: tuple[str, ...]
    rivals: tuple[Path, ...]
    folder: Path
    thresholds: tuple[float, ...]
    seed: int
    device: str
    quick: bool = False


@dataclass(frozen=True)
class Part:
    """One file of measurements: a run, what true prompts get of a model, or a judge's words; of an organ by its preset's name."""

    key: str
    preset: str
    run: TableRun | None = None
    model: str = ""
    judge: str = ""


class TablesRunner:
    """Loads what a part needs, and keeps the last judge."""

    def __init__(self, request: TablesRequest, device: torch.device):
        self.request, self.device = request, device
        organs = [Organ.parse(text) for text in request.cases]
        self.organs = {one.preset.name: one.quick() if request.quick else one for one in organs}
        self.sources = {name: sources_of(one, request.rivals) for name, one in self.organs.items()}
        self.ablations = {
            name: [] if request.quick else ablations_of(one.preset)
            for name, one in self.organs.items()
        }
        self._judge: tuple[str, str, QualityControl] | None = None

    @cached_property
    def models(self) -> dict[str, PromptableModel]:
        """The promptable models by name."""
        names = dict.fromkeys(name for organ in self.organs.values() for name in organ.models)
        return {name: load_model(name, "bundled", self.device) for name in names}

    def check(self) -> None:
        """Nobody is tested on whom a network was trained or chosen.

        Raises:
            HermesError: the first network that saw one of the patients.
        """
        for name, organ in self.organs.items():
            trained = {source.name: source.trained for source in self.sources[name]}
            trained |= {model: model_checkpoint(model).training for model in organ.models}
            for network, training in trained.items():
                seen = seen_patients(training, organ.cases)
                if seen:
                    raise HermesError(
                        f"{network} knows {', '.join(seen)} from its training; leave them out of the cases of {name}"
                    )

    def parts(self) -> list[Part]:
        """Everything there is to measure, what takes longest first."""
        found = []
        for name, organ in self.organs.items():
            runs = runs_of(organ, self.sources[name], self.ablations[name])
            found += [Part(run.key, name, run=run) for run in runs]
        for name, organ in self.organs.items():
            found += [
                Part(f"{name}_{file_name(one.name)}_detection", name, judge=one.name)
                for one in self.sources[name]
            ]
            found += [Part(f"{name}_{model}_ceiling", name, model=model) for model in organ.models]
        return found

    def made(self, part: Part) -> dict[str, Any]:
        """From what a part is made: networks by SHA-256, cases, settings."""
        organ, source = (
            self.organs[part.preset],
            part.judge or (part.run.source if part.run else ""),
        )
        models = (part.model,) if part.model else (part.run.model,) if part.run else organ.models
        return {
            "hermes": __version__,
            "seed": self.request.seed,
            "cases": [[case.identity, case.image.name] for case in organ.cases],
            "models": {name: self.models[name].sha256 for name in models},
            "source": self.source(part.preset, source).sha256 if source else None,
            "threshold": max(self.request.thresholds) if part.run else None,
        }

    def measure(self, part: Part) -> list[dict[str, Any]]:
        """The rows of a part."""
        organ, request = self.organs[part.preset], self.request
        if part.model:
            return measure_ceiling(organ, self.models[part.model], request.seed, self.device)
        if part.run is None:
            models = [self.models[name] for name in organ.models]
            return measure_detection(
                organ, models, self.judge(part.preset, part.judge), request.seed, self.device
            )
        settings = run_settings(
            max(request.thresholds), request.seed, self.source(part.preset, part.run.source).fixed
        )
        return measure_run(
            organ,
            self.models[part.run.model],
            self.judge(part.preset, part.run.source),
            settings,
            self.device,
        )

    def source(self, preset: str, name: str) -> PgtSource:
        """A source or ablation of an organ by name."""
        return next(
            one for one in [*self.sources[preset], *self.ablations[preset]] if one.name == name
        )

    def judge(self, preset: str, name: str) -> QualityControl:
        """A source's judge, ready."""
        if self._judge is None or self._judge[:2] != (preset, name):
            self._judge = preset, name, self.source(preset, name).load(self.device)
        return self._judge[2]


_bench: TablesRunner | None = None


def measure_all(
    bench: TablesRunner, store: Store, workers: int, done: Callable[[Part, bool], None]
) -> None:
    """Measure what the store lacks and tell of each part, with whether it was known; in so many processes, each with its share of the
    processor's cores."""
    missing = []
    for part in bench.parts():
        if store.get(part.key, bench.made(part)) is not None:
            done(part, True)
        else:
            missing.append(part)
    for part in _measured(bench, store, missing, min(workers, len(missing))):
        done(part, False)


def _measured(
    bench: TablesRunner, store: Store, parts: Sequence[Part], workers: int
) -> Iterator[Part]:
    if workers < 2:
        for part in parts:
            store.put(part.key, bench.made(part), bench.measure(part))
            yield part
        return
    threads = max(1, (os.cpu_count() or 1) // workers)
    start = (bench.request, str(bench.device), threads)
    with ProcessPoolExecutor(workers, get_context("spawn"), _begin, start) as pool:
        waiting: dict[Future[list[dict[str, Any]]], Part] = {
            pool.submit(_measure, part): part for part in parts
        }
        try:
            while waiting:
                for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                    part = waiting.pop(future)
                    store.put(part.key, bench.made(part), future.result())
                    yield part
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _begin(request: TablesRequest, device: str, threads: int) -> None:
    global _bench
    torch.set_num_threads(threads)
    _bench = TablesRunner(request, torch.device(device))


def _measure(part: Part) -> list[dict[str, Any]]:
    assert _bench is not None
    return _bench.measure(part)
