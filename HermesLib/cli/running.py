"""Run one request with progress on stderr, and end with a short summary on stdout."""

from collections.abc import Callable

from HermesLib.cli.progress import Progress
from HermesLib.pipeline.run import OnEvent, RunResult


def run_and_tell(run: Callable[[OnEvent], RunResult], bar: bool) -> RunResult:
    """Run, show every event, print the summary."""
    with Progress(bar) as progress:
        result = run(progress)
    print(summary_text(result))
    return result


def summary_text(result: RunResult) -> str:
    """A few lines on what came of a run and where it lies."""
    summary = result.report["summary"]
    counts = ", ".join(f"{summary[status]} {status}" for status in ("accepted", "stopped", "absent", "failed"))
    lines = [f"{summary['slices']} slices: {counts}"]
    if summary["mean_pdsc"] is not None:
        lines.append(f"mean pDSC {summary['mean_pdsc']:.3f}, {summary['mean_iterations']:.1f} further iterations a slice")
    if summary["mean_dsc"] is not None:
        lines.append(f"mean true Dice {summary['mean_dsc']:.3f}")
    lines.append(f"{summary['seconds']:.1f} s, results in {result.output}")
    return "\n".join(lines)
