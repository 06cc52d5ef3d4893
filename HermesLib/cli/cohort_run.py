"""Work off a cohort: progress on stderr, the table worst first on stdout."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from HermesLib.cli.cluster_options import cluster_run, wants_cluster
from HermesLib.cli.cohort_progress import CohortProgress, row_text
from HermesLib.cli.ending import print_closing
from HermesLib.cli.printed_notices import notice_text
from HermesLib.cli.running import engine_for
from HermesLib.cohorts.cohort import Cohort
from HermesLib.cohorts.row import State
from HermesLib.cohorts.table import shared_notices, worst_first
from HermesLib.engine.client import Engine
from HermesLib.report.words import words_of

if TYPE_CHECKING:
    from HermesLib.cohorts.cluster import ClusterRun

#: How long one turn waits for the engine or for workers, seconds.
_WAIT, _WORKERS_WAIT = 0.05, 0.25


def work_off(cohort: Cohort, arguments: argparse.Namespace) -> int:
    """Work on all tasks and print the table; returns how many of them failed."""
    try:
        with CohortProgress(cohort, arguments.progress) as progress:
            if wants_cluster(arguments):
                with cluster_run(cohort, arguments) as run:
                    _follow_workers(cohort, run, progress)
            else:
                cohort.write()
                with engine_for(arguments.engine) as engine:
                    _follow(cohort, engine, progress)
    except KeyboardInterrupt as error:
        finished = sum(row.state is State.FINISHED for row in cohort.rows.values())
        error.add_note(
            f"{finished} of {len(cohort.rows)} {cohort.called}s are finished and kept, the same"
            " command goes on with the others"
        )
        raise
    return _print_table(cohort, arguments.output)


def _follow(cohort: Cohort, engine: Engine, progress: CohortProgress) -> None:
    """Take turns until every task has ended; a line for each that has."""
    try:
        while not cohort.done:
            name = cohort.running
            progress.take(name, cohort.turn(engine, _WAIT))
    except KeyboardInterrupt:
        cohort.cancel_all(engine)
        while not cohort.done:
            cohort.turn(engine, _WAIT)
        cohort.write()
        raise


def _follow_workers(cohort: Cohort, run: "ClusterRun", progress: CohortProgress) -> None:
    """The same with several workers."""
    progress.take(None, [])
    try:
        while not cohort.done:
            for name, message in run.turn(_WORKERS_WAIT):
                progress.take(name, [message])
            progress.take(None, [])
    except KeyboardInterrupt:
        run.cancel()
        while not cohort.done:
            run.turn(_WAIT)
        cohort.write()
        raise


def _print_table(cohort: Cohort, output: Path) -> int:
    rows = worst_first(cohort.rows.values())
    shared = shared_notices(rows)
    lines = [row_text(row, shared) for row in rows]
    failed = sum(row.state is State.FAILED for row in rows)
    finished = [row for row in rows if row.state is State.FINISHED]
    caution = words_of([row.score for row in finished]).caution
    lines += [notice_text(line) for line in shared.values()]
    lines += [caution] if caution else []
    words = f", {failed} failed" if failed else ""
    lines.append(
        f"{len(finished)} of {len(rows)} {cohort.called}s finished{words}; results in {output}"
    )
    print_closing("\n".join(lines))
    return failed
