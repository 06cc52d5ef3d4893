"""``hermes research``: tables, rivals, small models and releases."""

import argparse
from importlib import import_module

_MODULES = (
    "HermesLib.research.tables.commands",
    "HermesLib.research.promptable.commands",
    "HermesLib.research.rivals.commands",
    "HermesLib.research.release.commands",
    "HermesLib.research.bench",
    "HermesLib.research.reproduce.commands",
)


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``research`` with the commands of every room."""
    parser = subparsers.add_parser(
        "research", help="tables of the paper, rivals, small models, releases (source checkout)"
    )
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="COMMAND")
    for module in _MODULES:
        import_module(module).add_parsers(kinds)
