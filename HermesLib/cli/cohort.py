"""``hermes cohort``: segment or judge many volumes, one after the other, with one table."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from HermesLib.cli.guide_options import DEFAULT_PRESET, add_guide_options, guide_fields
from HermesLib.cli.options import (
    add_labels,
    add_model,
    add_output,
    add_prompt,
    add_quality_options,
)
from HermesLib.cli.refine import add_loop_options, loop_fields
from HermesLib.errors import BAD_INPUT, HermesError
from HermesLib.refinement.settings import RefinementSettings

#: How long one turn waits for the engine, seconds.
_WAIT = 0.05
_SHARED = ("quality", "samples", "steps", "score", "device", "command", "keep_names")


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``cohort``."""
    parser = subparsers.add_parser(
        "cohort",
        help="segment many volumes, or judge their masks; a table, worst first",
        allow_abbrev=False,
    )
    parser.add_argument(
        "sources",
        metavar="FOLDER|LIST",
        type=Path,
        nargs="+",
        help="folder of images or of DICOM series, an image, or a list of paths: a .txt with one"
        " on each line, a .csv with the columns image and mask",
    )
    parser.add_argument(
        "--masks",
        metavar="FOLDER",
        type=Path,
        help="judge the masks of this folder, paired with the images by name, and segment nothing",
    )
    parser.add_argument(
        "--mask-name",
        metavar="NAME",
        help="the mask's file where --masks has a folder for each image, e.g. spleen",
    )
    add_labels(parser, "a mask")
    add_output(parser)
    add_quality_options(parser)
    add_model(parser)
    add_prompt(parser)
    add_loop_options(parser)
    add_guide_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Work on all volumes and print the table; 2 if one of them failed."""
    from HermesLib.cli.running import engine_for
    from HermesLib.cohorts.cohort import Cohort
    from HermesLib.cohorts.row import State
    from HermesLib.cohorts.task import find_tasks, masks_without_image

    tasks = find_tasks(arguments.sources, arguments.masks, arguments.mask_name)
    judges = arguments.masks is not None or any(task.mask is not None for task in tasks)
    make_request = _assessing(arguments) if judges else _refining(arguments)
    settings = {
        "preset": arguments.organ or Path(arguments.preset or DEFAULT_PRESET).stem,
        "threshold": arguments.threshold,
        "seed": arguments.seed,
        "task": "masks made elsewhere, judged" if judges else "segmented",
    }
    cohort = Cohort(tasks, arguments.output, make_request, settings)
    if arguments.masks is not None:
        for name in masks_without_image(tasks, arguments.masks):
            print(f"hermes: no image for the mask {name}", file=sys.stderr)
    try:
        cohort.write()
        with engine_for(arguments.engine) as engine:
            _follow(cohort, engine, arguments.progress)
    except KeyboardInterrupt as error:
        finished = sum(row.state is State.FINISHED for row in cohort.rows.values())
        error.add_note(
            f"{finished} of {len(tasks)} volumes are finished and kept, the same command goes on"
            " with the others"
        )
        raise
    failed = _print_table(cohort, arguments.output)
    return BAD_INPUT if failed else 0


def _refining(arguments: argparse.Namespace) -> Callable[..., Any]:
    from HermesLib.runs.request import RefineRequest

    fields = {**_shared(arguments), **loop_fields(arguments)}
    return lambda task: RefineRequest(**fields, image=task.image)


def _assessing(arguments: argparse.Namespace) -> Callable[..., Any]:
    from HermesLib.runs.request import AssessRequest

    settings = RefinementSettings(threshold=arguments.threshold, seed=arguments.seed)
    fields = {**_shared(arguments), "settings": settings, "labels": arguments.labels}

    def request(task: Any) -> AssessRequest:
        if task.mask is None:
            raise HermesError("no mask is listed for this image")
        return AssessRequest(**fields, image=task.image, mask=task.mask)

    return request


def _shared(arguments: argparse.Namespace) -> dict[str, Any]:
    return {**guide_fields(arguments), **{name: getattr(arguments, name) for name in _SHARED}}


def _follow(cohort: Any, engine: Any, bar: bool) -> None:
    """Take turns until every volume has ended; a line for each that has."""
    from HermesLib.cli.cohort_progress import CohortProgress

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


def _print_table(cohort: Any, output: Path) -> int:
    """Print the table, worst first; returns how many volumes failed."""
    from HermesLib.cli.cohort_progress import row_text
    from HermesLib.cli.ending import print_closing
    from HermesLib.cohorts.row import State
    from HermesLib.cohorts.table import worst_first

    rows = worst_first(cohort.rows.values())
    lines = [row_text(row) for row in rows]
    failed = sum(row.state is State.FAILED for row in rows)
    finished = sum(row.state is State.FINISHED for row in rows)
    words = f", {failed} failed" if failed else ""
    lines.append(f"{finished} of {len(rows)} volumes finished{words}; results in {output}")
    print_closing("\n".join(lines))
    return failed
