"""Run one request in the engine, with progress on stderr, and end with a short summary on stdout."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from HermesLib.cli.progress import ProgressPrinter
from HermesLib.engine.client import Engine, Failed, Finished, Opened, State
from HermesLib.errors import DefectError, HermesError
from HermesLib.io.staged_folder import staged_folder
from HermesLib.refinement.events import Iteration
from HermesLib.runs.request import RunRequest


def run_and_tell(request: RunRequest, arguments: argparse.Namespace) -> dict[str, Any]:
    """Run, show every event, leave the results in ``arguments.output``, print the summary; returns what ``report.json`` says.

    Raises:
        HermesError: whatever ended the run before its end; nothing is then left.
    """
    # The engine goes before the staged folder: while it lives, it may write.
    with (
        staged_folder(arguments.output) as staging,
        _engine(arguments.engine) as engine,
        ProgressPrinter(arguments.progress) as progress,
    ):
        report = _run(engine, request, staging, progress)
    print(summary_text(report, arguments.output))
    return report


@contextmanager
def _engine(kept: Engine | None) -> Iterator[Engine]:
    """The engine of a program that runs many commands, else one for this run."""
    engine = kept or Engine()
    try:
        yield engine
    finally:
        if engine is not kept or engine.state is not State.IDLE:
            engine.close()


def _run(
    engine: Engine, request: RunRequest, staging: Path, progress: ProgressPrinter
) -> dict[str, Any]:
    engine.start(request, staging)
    total = 0
    for message in engine.follow():
        match message:
            case Opened():
                total = len(message.slice_indices)
            case Iteration():
                progress(message, total)
            case Finished():
                return dict(message.report)
            case Failed():
                if message.details:
                    print(message.details, file=sys.stderr)
                    raise DefectError(message.message)
                raise HermesError(message.message)
    raise HermesError("the engine ended without a word")


def summary_text(report: dict[str, Any], output: Path) -> str:
    """A few lines on what came of a run and where it lies."""
    summary = report["summary"]
    counts = ", ".join(
        f"{summary[status]} {status}" for status in ("accepted", "stopped", "absent", "failed")
    )
    lines = [f"{summary['slices']} slices: {counts}"]
    if summary["mean_pdsc"] is not None:
        lines.append(
            f"mean pDSC {summary['mean_pdsc']:.3f}, {summary['mean_iterations']:.1f} further iterations a slice"
        )
    if summary["mean_dsc"] is not None:
        lines.append(f"mean true Dice {summary['mean_dsc']:.3f}")
    unfamiliar = [str(entry["index"]) for entry in report["slices"] if entry["familiar"] is False]
    if unfamiliar:
        lines.append(
            f"unlike the training patients, pDSC not to be trusted: {len(unfamiliar)} slices ({', '.join(unfamiliar)})"
        )
    borderline = [str(entry["index"]) for entry in report["slices"] if entry["borderline"]]
    if borderline:
        lines.append(
            f"the organ may be there or not, look at: {len(borderline)} slices ({', '.join(borderline)})"
        )
    lines.append(f"{summary['seconds']:.1f} s, results in {output}")
    return "\n".join(lines)
