"""``hermes evaluate judges``: all judges on the same masks, beside the quality control's score."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from HermesLib.cli.options import add_model, either, named_path
from HermesLib.judges.registry import JUDGES

if TYPE_CHECKING:
    from HermesLib.evaluation.cases import Case
    from HermesLib.judges.protocol import Judge


def add_parser(
    kinds: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> argparse.ArgumentParser:
    """Add ``evaluate judges``; the options of all evaluations are added by the caller."""
    parser = kinds.add_parser(
        "judges", help="all judges on the same masks, in the loop and from elsewhere"
    )
    add_model(parser)
    parser.add_argument(
        "--judges",
        nargs="+",
        metavar="NAME",
        help=f"some of {either(JUDGES)} (default: all whose references or weights are given), or"
        " other quality controls by name or weight file",
    )
    parser.add_argument(
        "--references",
        metavar="FOLDER",
        type=named_path,
        help="labelled cases for judges that need them; the judged patient is never among them",
    )
    parser.add_argument(
        "--judge-weights", metavar="FILE", help="weights of the judge's own network"
    )
    parser.add_argument(
        "--slices", type=int, default=6, metavar="N", help="of each patient (default %(default)s)"
    )
    parser.add_argument(
        "--table", type=Path, metavar="FILE", help="write the table as text, as it is shown"
    )
    parser.set_defaults(run=run_judges)
    return parser


def run_judges(arguments: argparse.Namespace) -> int:
    """Judge masks of a refinement, corrupted and perfect ones with every judge."""
    from dataclasses import asdict

    from HermesLib.cli.evaluate import publish, read_parts, show_progress
    from HermesLib.datasets.references import family_in
    from HermesLib.evaluation.judge_figures import judge_figures, judge_table
    from HermesLib.evaluation.judged_masks import Judging, judge_cases
    from HermesLib.evaluation.quality_judge import QualityJudge, short_names, split_names
    from HermesLib.io.whole_file import write_whole
    from HermesLib.judges.registry import JudgeOptions, judge_entry, load_judge
    from HermesLib.models.registry import load_model, model_checkpoint
    from HermesLib.presets.registry import load_preset
    from HermesLib.quality.registry import load_quality, quality_weights

    wanted = arguments.judges or [
        name
        for name, entry in JUDGES.items()
        if (arguments.references or not entry.needs_references)
        and (arguments.judge_weights or not entry.needs_weights)
    ]
    judge_names, quality_names = split_names(wanted)
    entries = [judge_entry(name) for name in judge_names]
    preset = load_preset(arguments.preset)
    name = arguments.model or preset.model
    networks = {name: model_checkpoint(name, arguments.weights)}
    networks |= {other: quality_weights(other, preset)[2] for other in quality_names}
    parts = read_parts(arguments, networks)
    model = load_model(name, arguments.weights, parts.device)
    family = family_in([arguments.data], arguments.references) if arguments.references else None

    def load(judge_name: str, leave_out: tuple[str, ...] = ()) -> "Judge":
        options = JudgeOptions(
            arguments.references,
            arguments.judge_weights,
            parts.preset,
            parts.device,
            leave_out,
            family,
        )
        return load_judge(judge_name, options)

    fixed = {entry.name: load(entry.name) for entry in entries if not entry.needs_references}
    labels = short_names(quality_names)
    qualities = {other: load_quality(other, preset, parts.device) for other in quality_names}

    def judges_of(case: "Case") -> "Mapping[str, Judge]":
        own = {
            entry.name: load(entry.name, (case.identity,))
            for entry in entries
            if entry.needs_references
        }
        others = {
            label: QualityJudge(
                other, quality.without(case.identity) if arguments.out_of_fold else quality
            )
            for label, (other, quality) in zip(labels, qualities.items(), strict=True)
        }
        return {entry.name: (fixed | own)[entry.name] for entry in entries} | others

    judging = Judging(
        parts.preset,
        lambda case: (
            parts.quality.without(case.identity) if arguments.out_of_fold else parts.quality
        ),
        judges_of,
        model,
        parts.device,
        arguments.slices,
        own=True,
        seed=arguments.seed,
    )
    masks = judge_cases(parts.cases, judging, show_progress)
    figures = judge_figures(masks)
    table = judge_table(figures)
    print(table, file=sys.stderr)
    if arguments.table:
        write_whole(arguments.table, table + "\n")
    provenance = {
        "preset": parts.preset.name,
        "model": model.name,
        "model_sha256": model.sha256,
        "quality_sha256": parts.quality.sha256,
        "judges_sha256": {other: quality.sha256 for other, quality in qualities.items()},
        "trained_on": parts.trained_on,
        "out_of_fold": arguments.out_of_fold,
    }
    details = {"masks": [asdict(mask) for mask in masks]}
    return publish({**provenance, **figures}, details, arguments.output)
