"""``hermes assess IMAGE FOLDER``: all organs of one image, with one table, worst first."""

import argparse
import sys
from typing import Any

from HermesLib.cli.cohort_run import work_off
from HermesLib.cli.guide_options import FIELDS
from HermesLib.cli.options import shared_fields
from HermesLib.cohorts.cohort import Cohort
from HermesLib.cohorts.organs import OrganTasks, organ_tasks
from HermesLib.cohorts.task import Task
from HermesLib.errors import BAD_INPUT, HermesError
from HermesLib.io.label_names import read_label_names
from HermesLib.judges.registry import judge_entry
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.runs.request import AssessRequest

#: Options that are about one organ, and what takes their place.
_OF_ONE_ORGAN = ("preset", "organ", "labels", "guide_labels", "truth", "truth_labels")


def run_organs(arguments: argparse.Namespace) -> int:
    """Judge all organs and print the table; 2 if one of them failed.

    Raises:
        HermesError: options that are about one organ, neither guide nor judge, bad input.
    """
    for name in _OF_ONE_ORGAN:
        if getattr(arguments, name) is not None:
            option = f"--{name.replace('_', '-')}"
            raise HermesError(
                f"{option} is of one organ; each mask's organ is named by its file or by"
                " --label-names"
            )
    if arguments.guide is None and arguments.judge is None:
        raise HermesError(
            "name what judges the organs: --guide FOLDER, --guide NAME or --judge NAME"
        )
    if arguments.guide is None and judge_entry(arguments.judge).needs_outline:
        raise HermesError(
            f"the judge '{arguments.judge}' compares with an expected outline; name a guide, too:"
            " --guide FOLDER or --guide NAME"
        )
    names = None if arguments.label_names is None else read_label_names(arguments.label_names)
    found = organ_tasks(arguments.image, arguments.mask, arguments.guide, names)
    for line in _notices(found):
        print(f"hermes: {line}", file=sys.stderr)
    if not found.tasks:
        raise HermesError("all masks are empty: there is nothing to judge")
    settings = {
        "judged by": arguments.judge or "agreement with the guide",
        "threshold": arguments.threshold,
        "seed": arguments.seed,
    }
    if found.empty:
        settings["left out, as they are empty:"] = ", ".join(found.empty)
    cohort = Cohort(found.tasks, arguments.output, _requests(arguments), settings, "organ")
    return BAD_INPUT if work_off(cohort, arguments) else 0


def _notices(found: OrganTasks) -> list[str]:
    lines = []
    if found.empty:
        lines.append(f"left out, as they are empty: {', '.join(found.empty)}")
    if found.unmatched:
        lines.append(f"no mask for the guides {', '.join(found.unmatched)}")
    return [*lines, *(task.note for task in found.tasks if task.note)]


def _requests(arguments: argparse.Namespace) -> Any:
    given = {name: getattr(arguments, name) for name in FIELDS}
    common = {
        **shared_fields(arguments),
        **given,
        "settings": RefinementSettings(threshold=arguments.threshold, seed=arguments.seed),
        "model": arguments.model,
        "weights": arguments.weights,
    }

    def request(task: Task) -> AssessRequest:
        own = {
            "image": task.image,
            "mask": task.mask,
            "organ": task.organ,
            "guide": task.guide,
            "labels": task.labels,
            "guide_labels": task.guide_labels,
        }
        return AssessRequest(**(common | own))

    return request
