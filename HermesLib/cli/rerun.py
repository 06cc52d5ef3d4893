"""``hermes rerun``: repeat a run from its report, and compare the results."""

import argparse
import sys
from dataclasses import fields, replace

from HermesLib.cli.options import (
    add_image,
    add_output,
    add_progress,
    add_server,
    named_path,
)
from HermesLib.errors import DIFFERENT


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``rerun``."""
    parser = subparsers.add_parser(
        "rerun", help="repeat a run from its report.json and compare the results"
    )
    parser.add_argument("report", metavar="REPORT", type=named_path, help="report.json of the run")
    add_image(parser)
    add_output(parser)
    for option, words in (
        ("mask", "the mask that the run started from, or assessed"),
        ("truth", "the true mask; no result follows from it"),
        ("preset", "the preset's file, where the run used one"),
        ("quality", "the weight file of the quality control, where the run used one"),
        ("weights", "the model's weight file, where the run used one that is not imported"),
    ):
        parser.add_argument(f"--{option}", metavar="FILE", type=named_path, help=words)
    parser.add_argument(
        "--guide", metavar="FILE|NAME:FOLDER", help="the guide, where the run used a file"
    )
    for option, words in (
        ("references", "the judge's labelled cases"),
        ("judge-weights", "the judge's weight file"),
        ("calibration", "the judge's calibration"),
        ("examples", "the folder of examples"),
    ):
        parser.add_argument(f"--{option}", metavar="FILE", type=named_path, help=words)
    add_server(parser)
    add_progress(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Repeat one run; the exit code says whether the results are the same."""
    from HermesLib.cli.ending import print_closing
    from HermesLib.cli.running import run_and_print
    from HermesLib.io.owned_folder import temporary_folder
    from HermesLib.runs.repeat import Inputs, differences, other_versions, request_from_report
    from HermesLib.runs.stored import read_report

    report = read_report(arguments.report)
    names = [field.name for field in fields(Inputs)]
    inputs = Inputs(**{name: getattr(arguments, name) for name in names})
    for line in other_versions(report):
        print(f"hermes: note: {line}", file=sys.stderr)
    with temporary_folder() as folder:
        request = request_from_report(report, inputs, folder)
        again = run_and_print(replace(request, command=arguments.command), arguments)
    different = differences(report, again)
    if different:
        print_closing(f"not the same as in the report: {', '.join(different)}")
        return DIFFERENT
    print_closing("segmentation and pGT are the same as in the report")
    return 0
