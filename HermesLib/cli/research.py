"""``hermes research`` where the research wing is not installed: says how to get it."""

import argparse

from HermesLib.errors import HermesError
from HermesLib.extensions import RESEARCH_MISSING


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``research``, which accepts any words so that every form of it gets the answer."""
    parser = subparsers.add_parser(
        "research",
        help="tables, rivals and releases (source checkout only)",
        add_help=False,
        prefix_chars="\0",
    )
    parser.add_argument("words", nargs="*")
    parser.set_defaults(run=run_research)


def run_research(arguments: argparse.Namespace) -> int:
    """Raise the hint."""
    raise HermesError(RESEARCH_MISSING)
