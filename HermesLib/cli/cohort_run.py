"""Work off a cohort: progress on stderr, the table worst first on stdout."""

import argparse
from pathlib import Path

from HermesLib.cli.cohort_progress import CohortProgress, row_text
from HermesLib.cli.ending import print_closing
from HermesLib.cli.running import engine_for
from HermesLib.cohorts.cohort import Cohort
from HermesLib.cohorts.row import State
from HermesLib.cohorts.table import worst_first
from HermesLib.engine.client import Engine
from HermesLib.report.words import words_of

#: How long one turn waits for the engine, seconds.
_WAIT = 0.05


def work_off(cohort: Cohort, arguments: argparse.Namespace) -> int:
    """Work on all tasks and print the table; returns how many of them failed."""
    try:
        cohort.write()
        with engine_for(arguments.engine) as engine:
            _follow(cohort, engine, arguments.progress)
    except KeyboardInterrupt as error:
        finished = sum(row.state is State.FINISHED for row in cohort.rows.values())
        error.add_note(
            f"{finished} of {len(cohort.rows)} {cohort.called}s are finished and kept, the same"
            " command goes on with the others"
        )
        raise
    return _print_table(cohort, arguments.output)


def _follow(cohort: Cohort, engine: Engine, bar: bool) -> None:
    """Take turns until every task has ended; a line for each that has."""
    with CohortProgress(cohort, bar) as progress:
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


def _print_table(cohort: Cohort, output: Path) -> int:
    rows = worst_first(cohort.rows.values())
    lines = [row_text(row) for row in rows]
    failed = sum(row.state is State.FAILED for row in rows)
    finished = [row for row in rows if row.state is State.FINISHED]
    caution = words_of([row.score for row in finished]).caution
    lines += [caution] if caution else []
    words = f", {failed} failed" if failed else ""
    lines.append(
        f"{len(finished)} of {len(rows)} {cohort.called}s finished{words}; results in {output}"
    )
    print_closing("\n".join(lines))
    return failed
