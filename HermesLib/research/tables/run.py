"""Measure all parts of the tables, then write CSV, JSON and one page."""

import csv
import json
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from HermesLib import __version__
from HermesLib.devices import select_device
from HermesLib.evaluation.traces import replay
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.research.tables.design import Cell, file_name, runs_of
from HermesLib.research.tables.measured import Measured
from HermesLib.research.tables.page import write_page
from HermesLib.research.tables.runner import Part, TablesRequest, TablesRunner, measure_all
from HermesLib.research.tables.store import Store, traces_of
from HermesLib.research.tables.summary import Row, detection_of, order_of, row_of

#: Packages with an influence on the figures.
_VERSIONS = ("torch", "monai", "numpy", "scikit-image", "SimpleITK")


def run_tables(request: TablesRequest, say: Callable[[str], None], workers: int = 1) -> Path:
    """Write ``tables.html``, ``tables.csv`` and ``tables.json`` into the request's folder.

    The page compares with HERMES and needs all sources: the figures of some go to ``sources.csv``
    and ``sources.json``. Parts that were measured before are not measured again.

    Args:
        request: what to measure.
        say: shows a line of progress.
        workers: processes that measure side by side.

    Returns:
        The path of the page, or of ``sources.json``.

    Raises:
        HermesError: cases or weights that cannot be read, or a network that was trained on the
            patient of a case.
    """
    runner = TablesRunner(request, select_device(request.device))
    runner.check()
    provenance = {
        "hermes": __version__,
        "versions": {name: version(name) for name in _VERSIONS},
        "python": platform.python_version(),
        "seed": request.seed,
        "models": {name: model.sha256 for name, model in runner.models.items()},
        "sources": {
            preset: {source.name: source.sha256 for source in sources}
            for preset, sources in runner.sources.items()
        },
        "cases": {preset: len(organ.cases) for preset, organ in runner.organs.items()},
        "highest threshold": max(request.thresholds),
    }
    store = Store(request.folder / "measured")
    measure_all(runner, store, workers, Clock(say, len(runner.parts())).done)
    measured = [collect(runner, store, preset) for preset in runner.organs]
    written = request.folder / ("sources.json" if request.only else "tables.json")
    _write_figures(written, measured, provenance)
    if request.only:
        return written
    return write_page(request.folder / "tables.html", measured, provenance)


def collect(
    runner: TablesRunner, store: Store, preset: str, keep: Literal["best", "last"] = "best"
) -> Measured:
    """The measurements of one organ, as the tables need them.

    Args:
        runner: of the parts.
        store: that has all of them.
        preset: of the organ.
        keep: which iteration is the result (:class:`RefinementSettings`).
    """
    organ = runner.organs[preset]
    sources = runner.sources[preset]
    request = runner.request
    rows: dict[str, list[dict[str, Any]]] = {}
    for part in runner.parts():
        if part.preset == preset:
            rows[part.key] = store.get(part.key, runner.provenance(part)) or []
    traces = {
        run: traces_of(rows[run.key]) for run in runs_of(organ, sources, runner.ablations[preset])
    }
    names = [source.name for source in sources]
    outcomes = {}
    for run, slices in traces.items():
        for threshold in request.thresholds:
            settings = RefinementSettings(threshold=threshold, seed=request.seed, keep=keep)
            # Figures are of slices that show the organ; rivals were run on these alone.
            outcomes[Cell(run, threshold)] = [
                replay(trace, settings) for trace in slices if trace.organ
            ]
    figures = [
        row_of(cell, slices) for cell, slices in outcomes.items() if cell.run.source in names
    ]
    oracle_prompts = {
        name: rows[key] for name in organ.models if (key := f"{preset}_{name}_oracle") in rows
    }
    detections = {name: rows[f"{preset}_{file_name(name)}_detection"] for name in names}
    return Measured(
        organ.preset,
        figures,
        outcomes,
        traces,
        oracle_prompts,
        detections,
        [source.name for source in runner.ablations[preset]],
    )


class Clock:
    """Shows what is done and an estimate of the remaining time."""

    def __init__(self, say: Callable[[str], None], expected: int):
        self._say = say
        self._expected = expected
        self._done = 0
        self._measured = 0
        self._started = time.monotonic()

    def done(self, part: Part, in_store: bool) -> None:
        """A part is measured, or was before."""
        self._done += 1
        if in_store:
            self._started = time.monotonic()
            self._say(f"{self._done} of {self._expected}: {part.key}, measured before")
            return
        self._measured += 1
        per_part = (time.monotonic() - self._started) / self._measured
        left = per_part * (self._expected - self._done) / 60
        self._say(f"{self._done} of {self._expected}: {part.key}, about {left:.0f} min left")


def _write_figures(path: Path, measured: Sequence[Measured], provenance: dict[str, Any]) -> None:
    rows: list[Row] = [row for organ in measured for row in organ.rows]
    judges = {
        organ.preset.name: {
            name: {**detection_of(masks), **order_of(masks)}
            for name, masks in organ.detections.items()
        }
        for organ in measured
    }
    plain = [
        {
            **asdict(row.cell.run),
            "threshold": row.cell.threshold,
            **{k: v for k, v in asdict(row).items() if k != "cell"},
        }
        for row in rows
    ]
    path.write_text(
        json.dumps({"provenance": provenance, "rows": plain, "judges": judges}, indent=1) + "\n",
        encoding="utf-8",
    )
    if not plain:
        return
    with open(path.with_suffix(".csv"), "w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        with_interval = ("final", "gain", "pgt")
        names = [name for name in plain[0] if name not in with_interval]
        writer.writerow(
            names + [f"{name}{end}" for name in with_interval for end in ("", "_low", "_high")]
        )
        for row in plain:
            ends = [value for name in with_interval for value in (row[name] or (None, None, None))]
            writer.writerow([row[name] for name in names] + ends)
