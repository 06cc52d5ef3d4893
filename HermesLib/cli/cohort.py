"""``hermes cohort``: segment or judge many volumes, one after the other, with one table."""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from HermesLib.cli.cluster_options import add_cluster_options
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
        " on each line, a .csv with the columns image, mask and guide",
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
        help="the file where --masks or --guides has a folder for each image, e.g. spleen",
    )
    parser.add_argument(
        "--guides",
        metavar="FOLDER",
        type=Path,
        help="a guide for each image (see --guide), paired with the images by name",
    )
    add_labels(parser, "a mask")
    add_output(parser)
    add_quality_options(parser)
    add_model(parser)
    add_prompt(parser)
    add_loop_options(parser)
    add_guide_options(parser)
    add_cluster_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Work on all volumes and print the table; 2 if one of them failed."""
    from HermesLib.cli.cohort_run import work_off
    from HermesLib.cohorts.cohort import Cohort
    from HermesLib.cohorts.task import find_tasks, masks_without_image

    tasks = find_tasks(arguments.sources, arguments.masks, arguments.mask_name, arguments.guides)
    _check_guides(arguments, tasks)
    judges = arguments.masks is not None or any(task.mask is not None for task in tasks)
    make_request = _assessing(arguments) if judges else _refining(arguments)
    settings = {
        "preset": arguments.organ or Path(arguments.preset or DEFAULT_PRESET).stem,
        "threshold": arguments.threshold,
        "seed": arguments.seed,
        "task": "masks made elsewhere, judged" if judges else "segmented",
    }
    cohort = Cohort(tasks, arguments.output, _with_guides(make_request), settings)
    if arguments.masks is not None:
        for name in masks_without_image(tasks, arguments.masks):
            print(f"hermes: no image for the mask {name}", file=sys.stderr)
    return BAD_INPUT if work_off(cohort, arguments) else 0


def _with_guides(make_request: Callable[..., Any]) -> Callable[..., Any]:
    """Requests that name the guide of their own volume."""

    def request(task: Any) -> Any:
        made = make_request(task)
        return made if task.guide is None else replace(made, guide=task.guide)

    return request


def _check_guides(arguments: argparse.Namespace, tasks: Sequence[Any]) -> None:
    """Check that each volume can have a guide of its own.

    Raises:
        HermesError: one mask for several volumes; guides without an organ.
    """
    from HermesLib.guides.registry import split_spec

    if arguments.guide is not None:
        if arguments.guides is not None:
            raise HermesError("give either --guide or --guides")
        if split_spec(arguments.guide)[0].name == "file" and len(tasks) > 1:
            raise HermesError(
                f"{Path(arguments.guide).name} is the guide of one image, and there are"
                f" {len(tasks)}; name a folder of guides with --guides"
            )
    listed = arguments.guides is not None or any(task.guide is not None for task in tasks)
    if listed and arguments.preset is None and arguments.organ is None:
        raise HermesError(
            "name what the guides segment: --organ NAME ('other' for any structure), or --preset"
        )


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
