"""``hermes data``: which published data sets are read, and what is found in yours."""

import argparse
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from HermesLib.datasets.readers.listing import Listing, Skipped

#: Names that a line lists of the cases with the same reason.
_NAMED = 5


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``data list`` and ``data check``."""
    parser = subparsers.add_parser("data", help="published data sets: their layouts, a check")
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="COMMAND")
    layouts = kinds.add_parser("list", help="the layouts that --data takes")
    layouts.set_defaults(run=run_list)
    check = kinds.add_parser(
        "check",
        help="what is found in a data set, what is skipped, and why",
        description="What is found in a data set, what is skipped, and why. Every image and mask is"
        " read. Ends with exit code 2 if nothing can be used.",
    )
    check.add_argument("data", metavar="LAYOUT:...", help="as for --data; see 'hermes data list'")
    check.add_argument(
        "--organ", default="", metavar="NAME", help="an organ of the data set (default: its first)"
    )
    check.add_argument("--quick", action="store_true", help="names and tables only, open no image")
    check.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="CSV",
        help="write the cases that can be used as a table, for --data pairs:CSV",
    )
    check.set_defaults(run=run_check)


def run_list(arguments: argparse.Namespace) -> int:
    """Print every layout with its data set and licence."""
    from HermesLib.datasets.readers.registry import READERS

    for entry in READERS.values():
        print(f"{entry.form}\n    {entry.title}; {entry.licence}")
    return 0


def run_check(arguments: argparse.Namespace) -> int:
    """Check the data; see the parser's description."""
    from HermesLib.cli.training_options import show_line
    from HermesLib.datasets.case_clock import CaseClock
    from HermesLib.datasets.readers.checking import check_cases
    from HermesLib.datasets.readers.pairs import write_pairs
    from HermesLib.datasets.readers.registry import list_data, reader_of
    from HermesLib.errors import HermesError

    entry = reader_of(arguments.data)
    listing = list_data(arguments.data, arguments.organ)
    organ = arguments.organ or listing.organs[0]
    print(f"{entry.title}: {arguments.data}\nlicence: {entry.licence}")
    print(f"organs: {', '.join(listing.organs)}; checked: {organ}")
    print(f"found: {_counted(listing)}")
    usable = listing.cases
    skipped = list(listing.skipped)
    if not arguments.quick:
        checked = check_cases(listing, CaseClock(show_line).show)
        usable = checked.usable
        skipped += checked.skipped
        print(
            f"usable: {len(usable)} of {len(listing.cases)} images,"
            f" {checked.slices} of {checked.all_slices} slices show the organ"
        )
        _print_grouped("peculiar", checked.hints)
    _print_grouped("skipped", skipped)
    for note in listing.notes:
        print(f"note: {note}")
    if not usable:
        raise HermesError("nothing can be used; the lines above say why")
    if arguments.output:
        write_pairs(arguments.output, usable, listing.modality)
        print(f"table: {arguments.output}")
    return 0


def _counted(listing: "Listing") -> str:
    """Images, patients and parts of a listing in words."""
    patients = len({case.identity for case in listing.cases})
    text = f"{len(listing.cases)} {listing.modality} images with masks of {patients} patients"
    split = listing.split()
    if split is None:
        return f"{text}, no official split"
    counts = [f"{part} {len(names)}" for part, names in split.to_plain().items() if names]
    return f"{text}; patients by official split: {', '.join(counts)}"


def _print_grouped(title: str, items: "Sequence[Skipped]") -> None:
    """Print how many cases have each reason, and the first of them by name."""
    names = defaultdict(list)
    for item in items:
        names[item.reason].append(item.name)
    print(f"{title}: {len(items)}")
    for reason, cases in names.items():
        more = ", ..." if len(cases) > _NAMED else ""
        print(f"  {len(cases)} x {reason}: {', '.join(cases[:_NAMED])}{more}")
