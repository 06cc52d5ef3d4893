"""Measure the parts of the tables, in this process or in several."""

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
from HermesLib.evaluation.training_overlap import trained_on
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
    sources_of,
)
from HermesLib.research.tables.store import (
    Store,
    measure_detection,
    measure_oracle_prompts,
    measure_run,
    run_settings,
)


@dataclass(frozen=True)
class TablesRequest:
    """What to measure, as plain values from which every process builds its own networks.

    ``only`` names sources; with none all are measured. ``weights`` are files of promptable models
    by name; the others are the bundled ones. ``ablations``: whether parts of HERMES are switched
    off, too.
    """

    cases: tuple[str, ...]
    rivals: tuple[Path, ...]
    folder: Path
    thresholds: tuple[float, ...]
    seed: int
    device: str
    quick: bool = False
    only: tuple[str, ...] = ()
    weights: tuple[tuple[str, str], ...] = ()
    ablations: bool = True


@dataclass(frozen=True)
class Part:
    """One file of measurements: a run, a model's oracle prompts, or a judge's scores.

    Attributes:
        key: the name of its file.
        preset: the organ.
        run: the loop's run, if it is one.
        model: whose oracle prompts, if it is those.
        judge: whose scores, if it is those.
    """

    key: str
    preset: str
    run: TableRun | None = None
    model: str = ""
    judge: str = ""


class TablesRunner:
    """Loads what a part needs and keeps the last judge."""

    def __init__(self, request: TablesRequest, device: torch.device):
        self.request = request
        self.device = device
        organs = [Organ.parse(text) for text in request.cases]
        if request.quick:
            organs = [organ.quick() for organ in organs]
        self.organs = {organ.preset.name: organ for organ in organs}
        self.sources = {
            name: _chosen(sources_of(organ, request.rivals), request.only)
            for name, organ in self.organs.items()
        }
        ablated = request.ablations and not (request.quick or request.only)
        self.ablations = {
            name: ablations_of(organ.preset) if ablated else []
            for name, organ in self.organs.items()
        }
        self._judge: tuple[str, str, QualityControl] | None = None

    @cached_property
    def models(self) -> dict[str, PromptableModel]:
        """The promptable models by name."""
        names = dict.fromkeys(name for organ in self.organs.values() for name in organ.models)
        return {name: load_model(name, self.weights_of(name), self.device) for name in names}

    def weights_of(self, model: str) -> str:
        """The weights of a promptable model: ``bundled``, or a file."""
        return dict(self.request.weights).get(model, "bundled")

    def check(self) -> None:
        """Refuse cases of patients that any network was trained, selected or calibrated on.

        Raises:
            HermesError: names the first such network.
        """
        for name, organ in self.organs.items():
            trained = {source.name: source.trained for source in self.sources[name]}
            trained |= {
                model: model_checkpoint(model, self.weights_of(model)).training
                for model in organ.models
            }
            for network, training in trained.items():
                patients = trained_on(training, organ.cases)
                if patients:
                    raise HermesError(
                        f"{network} was trained on {', '.join(patients)}; "
                        f"leave them out of the cases of {name}"
                    )

    def parts(self) -> list[Part]:
        """Everything to measure, the longest first."""
        parts = []
        for name, organ in self.organs.items():
            runs = runs_of(organ, self.sources[name], self.ablations[name])
            parts += [Part(run.key, name, run=run) for run in runs]
        for name, organ in self.organs.items():
            parts += [
                Part(f"{name}_{file_name(source.name)}_detection", name, judge=source.name)
                for source in self.sources[name]
            ]
            if not self.request.only:
                parts += [
                    Part(f"{name}_{model}_oracle", name, model=model) for model in organ.models
                ]
        return parts

    def provenance(self, part: Part) -> dict[str, Any]:
        """What a part depends on: networks by SHA-256, cases, settings."""
        organ = self.organs[part.preset]
        source = part.judge or (part.run.source if part.run else "")
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
        organ = self.organs[part.preset]
        request = self.request
        if part.model:
            return measure_oracle_prompts(organ, self.models[part.model], request.seed, self.device)
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
            source
            for source in [*self.sources[preset], *self.ablations[preset]]
            if source.name == name
        )

    def judge(self, preset: str, name: str) -> QualityControl:
        """The quality control of a source, loaded."""
        if self._judge is None or self._judge[:2] != (preset, name):
            quality = self.source(preset, name).load(self.device)
            self._judge = (preset, name, quality)
        return self._judge[2]


def _chosen(sources: list[PgtSource], names: Sequence[str]) -> list[PgtSource]:
    """The sources of these names, or all where none is named."""
    known = [source.name for source in sources]
    if unknown := [name for name in names if name not in known]:
        raise HermesError(f"unknown source '{unknown[0]}'; choose {', '.join(known)}")
    return [source for source in sources if not names or source.name in names]


_runner: TablesRunner | None = None


def measure_all(
    runner: TablesRunner, store: Store, workers: int, done: Callable[[Part, bool], None]
) -> None:
    """Measure every part that the store lacks.

    Args:
        runner: of the parts.
        store: where they are kept.
        workers: how many processes measure side by side; they share the processor's cores.
        done: called for every part, with whether it was in the store already.
    """
    missing = []
    for part in runner.parts():
        if store.get(part.key, runner.provenance(part)) is not None:
            done(part, True)
        else:
            missing.append(part)
    for part in _measured(runner, store, missing, min(workers, len(missing))):
        done(part, False)


def _measured(
    runner: TablesRunner, store: Store, parts: Sequence[Part], workers: int
) -> Iterator[Part]:
    if workers < 2:
        for part in parts:
            store.put(part.key, runner.provenance(part), runner.measure(part))
            yield part
        return
    threads = max(1, (os.cpu_count() or 1) // workers)
    start = (runner.request, str(runner.device), threads)
    with ProcessPoolExecutor(workers, get_context("spawn"), _begin, start) as pool:
        waiting: dict[Future[list[dict[str, Any]]], Part] = {
            pool.submit(_measure, part): part for part in parts
        }
        try:
            while waiting:
                for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                    part = waiting.pop(future)
                    store.put(part.key, runner.provenance(part), future.result())
                    yield part
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _begin(request: TablesRequest, device: str, threads: int) -> None:
    global _runner
    torch.set_num_threads(threads)
    _runner = TablesRunner(request, torch.device(device))


def _measure(part: Part) -> list[dict[str, Any]]:
    assert _runner is not None
    return _runner.measure(part)
