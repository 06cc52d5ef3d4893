"""Run one request in the engine: progress on stderr, a short summary on stdout."""

import argparse
import dataclasses
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from HermesLib.cli.ending import print_closing
from HermesLib.cli.printed_notices import notice_text
from HermesLib.cli.progress import ProgressPrinter
from HermesLib.engine.client import (
    AtWork,
    Engine,
    Failed,
    FellBack,
    Finished,
    Notice,
    Opened,
    Stalled,
    State,
)
from HermesLib.errors import DefectError, error_of
from HermesLib.io.staged_folder import staged_folder
from HermesLib.refinement.events import Iteration
from HermesLib.refinement.marks import Mark
from HermesLib.report.numbering import numbers_text
from HermesLib.report.words import report_score, report_threshold, score_words
from HermesLib.runs.request import RunRequest
from HermesLib.runs.stored import RESULT_FILES

#: What the marks mean to a reader.
_MARK_WORDS = {
    Mark.NOT_FOUND: "the organ was not found on any slice, please check",
    Mark.UNFAMILIAR: "unlike the training patients, do not trust the score",
    Mark.BORDERLINE: "presence of the organ uncertain, please check",
    Mark.ABRUPT_END: "the organ ends abruptly with a large cross-section, please check",
    Mark.JUMP: "outline jumps from one slice to the next, please check",
    Mark.GAP: "gap inside the organ, please check",
}


def run_and_print(
    request: RunRequest,
    arguments: argparse.Namespace,
    add_files: Callable[[Path], None] | None = None,
) -> dict[str, Any]:
    """Run, print progress, publish the results in ``arguments.output``, print the summary.

    Args:
        request: what to do.
        arguments: of the command.
        add_files: writes further files into the folder of the results.

    Returns:
        The content of ``report.json``.

    Raises:
        HermesError: the run failed; nothing is written then.
    """
    # The engine closes before the staged folder: while it runs, it may write there.
    with (
        staged_folder(arguments.output, RESULT_FILES) as staging,
        engine_for(arguments.engine) as engine,
        ProgressPrinter(arguments.progress) as progress,
    ):
        report = _run(engine, request, staging, progress)
        if add_files is not None:
            add_files(staging)
    print_closing(summary_text(report, arguments.output))
    return report


@contextmanager
def engine_for(shared: Engine | None) -> Iterator[Engine]:
    """The engine of a program that runs many commands, or a new one for this run."""
    engine = shared or Engine()
    try:
        yield engine
    finally:
        if engine is not shared or engine.state is not State.IDLE:
            engine.close()


def _run(
    engine: Engine, request: RunRequest, staging: Path, progress: ProgressPrinter
) -> dict[str, Any]:
    # Progress and summary need numbers only.
    engine.start(dataclasses.replace(request, send_masks=False), staging)
    total = 0
    for message in engine.follow():
        match message:
            case Opened():
                total = len(message.slice_indices)
                progress.words = score_words(message.score)
                progress.threshold = request.settings.threshold
                progress.opened()
            case Iteration():
                progress(message, total)
            case Notice():
                progress.show_notice(message)
            case AtWork():
                progress.show_work(message.message)
            case FellBack():
                progress.start_again(message.message, len(message.finished))
            case Finished():
                return dict(message.report)
            case Failed():
                if message.details:
                    print(message.details, file=sys.stderr)
                raise error_of(message.exit_code, message.message)
            case Stalled():
                progress.say(message.message)
    raise DefectError("the engine exited without a result")


def summary_text(report: dict[str, Any], output: Path) -> str:
    """A few lines: how the slices ended, which need a look, the notices, where the results are."""
    summary = report["summary"]
    words = score_words(report_score(report))
    ends = [(entry["status"], entry["pdsc"]) for entry in report["slices"]]
    counts = words.counts(ends, report_threshold(report))
    lines = [f"{_counted(summary['slices'])}: {', '.join(counts)}"]
    if summary["mean_pdsc"] is not None:
        lines.append(
            f"mean {words.name if words.caution else 'pDSC'} {summary['mean_pdsc']:.3f},"
            f" {summary['mean_iterations']:.1f} refinements per slice"
        )
    interval = report["provenance"]["interval"]
    if summary["whole_pdsc"] is not None and summary["slices"] > 1:
        whole = f"{words.name if words.caution else 'pDSC'} of the whole"
        low, high = summary["whole_pdsc_low"], summary["whole_pdsc_high"]
        # Without a calibration the two ends are no interval.
        ends_text = "" if interval is None else f" ({low:.3f} to {high:.3f})"
        lines.append(f"{whole} {summary['whole_pdsc']:.3f}{ends_text}")
    if interval is not None:
        lines.append(
            f"interval of the pDSC: {interval['nominal']:.0%} nominal;"
            f" {interval['patients']} patients can guarantee at most {interval['guaranteed']:.0%}"
        )
    if summary["mean_dsc"] is not None:
        lines.append(f"mean true Dice {summary['mean_dsc']:.3f}")
    for mark, reason in _MARK_WORDS.items():
        marked = [entry["index"] for entry in report["slices"] if mark in entry["marks"]]
        if marked:
            lines.append(f"{reason}: {_slices_text(marked)}")
    lines += [notice_text(entry["message"]) for entry in report["notices"]]
    lines.append(f"{summary['seconds']:.1f} s, results in {output}")
    return "\n".join(lines)


def _slices_text(indices: list[int]) -> str:
    return f"{_counted(len(indices))} ({numbers_text(indices)})"


def _counted(slices: int) -> str:
    return f"{slices} slice" if slices == 1 else f"{slices} slices"
