"""``hermes presets``: list organ presets and import your own."""

import argparse
from pathlib import Path


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``presets`` with ``list`` and ``import``."""
    parser = subparsers.add_parser(
        "presets", help="list organ presets or import your own", allow_abbrev=False
    )
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    actions.add_parser("list", help="bundled and imported presets").set_defaults(run=run_list)
    importing = actions.add_parser(
        "import", help="make a preset of your own available by name, also in Slicer"
    )
    importing.add_argument(
        "source", metavar="FILE.json", type=Path, help="a preset that 'hermes train organ' wrote"
    )
    importing.set_defaults(run=run_import)


def run_list(arguments: argparse.Namespace) -> int:
    """Print one line for each preset."""
    from HermesLib.presets.registry import bundled_preset_names, load_preset, preset_names

    for name in preset_names():
        preset = load_preset(name)
        origin = "" if name in bundled_preset_names() else " (imported)"
        print(f"{name}: {preset.title}{origin}")
    return 0


def run_import(arguments: argparse.Namespace) -> int:
    """Import one preset."""
    from HermesLib.presets.imported import import_preset

    name = import_preset(arguments.source)
    print(f"imported as {name}; use it with --preset {name}, or in Slicer after a restart")
    return 0
