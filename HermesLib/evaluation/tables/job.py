"""``hermes evaluate tables``: measure all cells, then write CSV, JSON and one page."""

import csv
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import torch

from HermesLib import __version__
from HermesLib.evaluation.tables.arithmetic import Row, row_of
from HermesLib.evaluation.tables.measure import Store, measure_ceiling, measure_cell, measure_detection, outcomes_of
from HermesLib.evaluation.tables.plan import THRESHOLDS, Cell, Organ, Source, cells_of, sources_of
from HermesLib.evaluation.tables.report import Measured, write_page
from HermesLib.models.catalogue import MODELS
from HermesLib.models.protocol import PromptableModel
from HermesLib.models.registry import load_model
from HermesLib.quality.protocol import QualityControl

#: Of one measured part: one dictionary a slice or mask.
Rows = list[dict[str, Any]]


def run_tables(
    organs: Sequence[Organ],
    rivals: Sequence[Path],
    folder: Path,
    seed: int,
    device: torch.device,
    say: Callable[[str], None],
    thresholds: Sequence[float] = THRESHOLDS,
) -> Path:
    """Measure what is not measured yet and write ``tables.html``, ``tables.csv`` and ``tables.json`` into ``folder``; returns the page."""
    models = {name: load_model(name, "bundled", device) for name in MODELS}
    sources = {organ.preset.name: sources_of(organ, rivals) for organ in organs}
    provenance = {
        "hermes": __version__,
        "seed": seed,
        "models": {name: model.sha256 for name, model in models.items()},
        "sources": {preset: {one.name: one.sha256 for one in found} for preset, found in sources.items()},
        "cases": {organ.preset.name: len(organ.cases) for organ in organs},
        "thresholds": list(thresholds),
    }
    store = Store(folder / "measured", provenance)
    cells = sum(len(cells_of(one, sources[one.preset.name], thresholds)) for one in organs)
    clock = _Clock(say, cells + sum(len(found) + len(models) for found in sources.values()))
    measured = [_measure(one, sources[one.preset.name], models, thresholds, seed, device, store, clock) for one in organs]
    _write_rows(folder, [row for one in measured for row in one.rows], provenance)
    return write_page(folder / "tables.html", measured, provenance)


def _measure(
    organ: Organ,
    sources: Sequence[Source],
    models: Mapping[str, PromptableModel],
    thresholds: Sequence[float],
    seed: int,
    device: torch.device,
    store: Store,
    clock: "_Clock",
) -> Measured:
    """All parts of one organ, those that the store has not from the networks."""
    judge = _Judges(sources, device)
    preset = organ.preset.name

    def part(key: str, measure: Callable[[], Rows]) -> Rows:
        known = store.has(key)
        rows = store.rows(key, measure)
        clock.done(key, known)
        return rows

    def cell_rows(cell: Cell) -> Rows:
        return measure_cell(cell, organ, models[cell.model], judge(cell.source), seed, device)

    def ceiling_rows(name: str) -> Rows:
        return measure_ceiling(organ, models[name], seed, device)

    def detection_rows(source: str) -> Rows:
        return measure_detection(organ, list(models.values()), judge(source), seed, device)

    outcomes = {cell: outcomes_of(part(cell.key, partial(cell_rows, cell))) for cell in cells_of(organ, sources, thresholds)}
    ceilings = {name: part(f"{preset}_{name}_ceiling", partial(ceiling_rows, name)) for name in models}
    detections = {
        one.name: part(f"{preset}_{one.name.replace(' ', '-')}_detection", partial(detection_rows, one.name)) for one in sources
    }
    return Measured(organ.preset, [row_of(*pair) for pair in outcomes.items()], outcomes, ceilings, detections)


class _Judges:
    """The sources' judges, one in memory at a time."""

    def __init__(self, sources: Sequence[Source], device: torch.device):
        self._sources = {source.name: source for source in sources}
        self._device = device
        self._kept: tuple[str, QualityControl] | None = None

    def __call__(self, name: str) -> QualityControl:
        if self._kept is None or self._kept[0] != name:
            self._kept = name, self._sources[name].load(self._device)
        return self._kept[1]


class _Clock:
    """Tells what is done and how long the rest will take."""

    def __init__(self, say: Callable[[str], None], expected: int):
        self._say, self._expected, self._done, self._measured, self._seconds = say, expected, 0, 0, 0.0
        self._last = time.monotonic()

    def done(self, name: str, known: bool) -> None:
        now = time.monotonic()
        self._done += 1
        if not known:
            self._measured += 1
            self._seconds += now - self._last
        self._last = now
        left = self._seconds / self._measured * (self._expected - self._done) / 60 if self._measured else 0.0
        self._say(f"{self._done} of {self._expected}: {name}" + (", known" if known else f", about {left:.0f} min left"))


def _write_rows(folder: Path, rows: Sequence[Row], provenance: dict[str, Any]) -> None:
    plain = [{**asdict(row.cell), **{k: v for k, v in asdict(row).items() if k != "cell"}} for row in rows]
    (folder / "tables.json").write_text(json.dumps({"provenance": provenance, "rows": plain}, indent=1) + "\n", encoding="utf-8")
    with open(folder / "tables.csv", "w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        spread = ("final", "gain", "pgt")
        names = [name for name in plain[0] if name not in spread]
        writer.writerow(names + [f"{name}{end}" for name in spread for end in ("", "_low", "_high")])
        for row in plain:
            ends = [value for name in spread for value in (row[name] or (None, None, None))]
            writer.writerow([row[name] for name in names] + ends)
