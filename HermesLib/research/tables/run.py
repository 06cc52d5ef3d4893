"""``hermes evaluate tables``: measure all parts, then write CSV, JSON and one page."""

import csv
import json
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from HermesLib import __version__
from HermesLib.devices import select_device
from HermesLib.evaluation.loop_runs import replay
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.research.tables.design import Cell, file_name, runs_of
from HermesLib.research.tables.runner import Part, TablesRequest, TablesRunner, measure_all
from HermesLib.research.tables.sections import Measured, write_page
from HermesLib.research.tables.store import Store, traces_of
from HermesLib.research.tables.summary import Row, row_of

#: The packages whose version can move a figure.
_VERSIONS = ("torch", "monai", "numpy", "scikit-image", "SimpleITK")


def run_tables(request: TablesRequest, say: Callable[[str], None], workers: int = 1) -> Path:
    """Measure what is not measured yet and write ``tables.html``, ``tables.csv`` and ``tables.json`` into the request's folder; returns the
    page.

    Raises:
        HermesError: cases or weights that cannot be read, a network that was trained on a case's patient.
    """
    bench = TablesRunner(request, select_device(request.device))
    bench.check()
    provenance = {
        "hermes": __version__,
        "versions": {name: version(name) for name in _VERSIONS},
        "python": platform.python_version(),
        "seed": request.seed,
        "models": {name: model.sha256 for name, model in bench.models.items()},
        "sources": {
            preset: {one.name: one.sha256 for one in found}
            for preset, found in bench.sources.items()
        },
        "cases": {preset: len(organ.cases) for preset, organ in bench.organs.items()},
        "highest threshold": max(request.thresholds),
    }
    store = Store(request.folder / "measured")
    measure_all(bench, store, workers, _Clock(say, len(bench.parts())).done)
    measured = [_collect(bench, store, preset) for preset in bench.organs]
    _write_rows(request.folder, [row for one in measured for row in one.rows], provenance)
    return write_page(request.folder / "tables.html", measured, provenance)


def _collect(bench: TablesRunner, store: Store, preset: str) -> Measured:
    """One organ's measurements as tables want them."""
    organ, request, sources = bench.organs[preset], bench.request, bench.sources[preset]
    rows: dict[str, list[dict[str, Any]]] = {}
    for part in bench.parts():
        if part.preset == preset:
            rows[part.key] = store.get(part.key, bench.made(part)) or []
    traces = {
        run: traces_of(rows[run.key]) for run in runs_of(organ, sources, bench.ablations[preset])
    }
    named = {one.name for one in sources}
    outcomes = {}
    for run, found in traces.items():
        for threshold in request.thresholds:
            settings = RefinementSettings(threshold=threshold, seed=request.seed)
            # Figures are of slices that show the organ; a rival saw no others.
            outcomes[Cell(run, threshold)] = [replay(one, settings) for one in found if one.organ]
    figures = [row_of(cell, shown) for cell, shown in outcomes.items() if cell.run.source in named]
    ceilings = {name: rows[f"{preset}_{name}_ceiling"] for name in organ.models}
    detections = {one.name: rows[f"{preset}_{file_name(one.name)}_detection"] for one in sources}
    return Measured(
        organ.preset,
        figures,
        outcomes,
        traces,
        ceilings,
        detections,
        [one.name for one in bench.ablations[preset]],
    )


class _Clock:
    """Tells what is done and how long the rest will take."""

    def __init__(self, say: Callable[[str], None], expected: int):
        self._say, self._expected, self._done, self._measured = say, expected, 0, 0
        self._started = time.monotonic()

    def done(self, part: Part, known: bool) -> None:
        self._done += 1
        if known:
            self._started = time.monotonic()
            self._say(f"{self._done} of {self._expected}: {part.key}, known")
            return
        self._measured += 1
        left = (
            (time.monotonic() - self._started) / self._measured * (self._expected - self._done) / 60
        )
        self._say(f"{self._done} of {self._expected}: {part.key}, about {left:.0f} min left")


def _write_rows(folder: Path, rows: Sequence[Row], provenance: dict[str, Any]) -> None:
    plain = [
        {
            **asdict(row.cell.run),
            "threshold": row.cell.threshold,
            **{k: v for k, v in asdict(row).items() if k != "cell"},
        }
        for row in rows
    ]
    (folder / "tables.json").write_text(
        json.dumps({"provenance": provenance, "rows": plain}, indent=1) + "\n", encoding="utf-8"
    )
    with open(folder / "tables.csv", "w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        spread = ("final", "gain", "pgt")
        names = [name for name in plain[0] if name not in spread]
        writer.writerow(
            names + [f"{name}{end}" for name in spread for end in ("", "_low", "_high")]
        )
        for row in plain:
            ends = [value for name in spread for value in (row[name] or (None, None, None))]
            writer.writerow([row[name] for name in names] + ends)
