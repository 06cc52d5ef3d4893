"""``hermes weights``: list and verify bundled weights, import official checkpoints."""

import argparse
import sys


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``weights`` with ``list``, ``verify`` and ``import``."""
    parser = subparsers.add_parser(
        "weights", help="list, verify or import weights", allow_abbrev=False
    )
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    actions.add_parser("list", help="models, bundled and imported weights").set_defaults(
        run=run_list
    )
    actions.add_parser("verify", help="compare every bundled file with its checksum").set_defaults(
        run=run_verify
    )
    importing = actions.add_parser(
        "import", help="copy or download a checkpoint, so that --weights finds it by name"
    )
    importing.add_argument("source", metavar="FILE|URL")
    importing.add_argument("--name", help="its name from now on (default: the file's name)")
    importing.add_argument("--sha256", help="the expected SHA-256")
    importing.add_argument(
        "--largest",
        metavar="MB",
        type=float,
        default=4000.0,
        help="the most that is downloaded (default %(default)g MB)",
    )
    importing.set_defaults(run=run_import)


def run_list(arguments: argparse.Namespace) -> int:
    """Print the models with their licences, then the weights."""
    from HermesLib.models.registry import MODELS
    from HermesLib.weights.bundled import bundled_weights
    from HermesLib.weights.imported import cache_folder, imported_weights

    print("Models")
    for model in MODELS.values():
        print(
            f"  {model.name}: {model.title}; official file {model.official_megabytes} MB,"
            f" {model.licence}, {model.official_page}"
        )
        if model.notice:
            print(f"    {model.notice}")
    print("Bundled weights (research use, see their cards)")
    for weights in bundled_weights():
        print(
            f"  {weights.name}: {weights.title}, {weights.bytes / 1e6:.1f} MB,"
            f" SHA-256 {weights.sha256[:12]}..."
        )
    print(f"Imported weights ({cache_folder()})")
    for path in imported_weights():
        print(f"  {path.name}: {path.stat().st_size / 1e6:.1f} MB")
    return 0


def run_verify(arguments: argparse.Namespace) -> int:
    """Check the bundled files; exit code 2 if any is damaged."""
    from HermesLib.errors import HermesError
    from HermesLib.weights.bundled import verify_bundled

    checked = verify_bundled()
    for weights, problem in checked:
        print(f"{weights.name}: {problem or 'intact'}")
    damaged = [weights.name for weights, problem in checked if problem]
    if damaged:
        raise HermesError(
            f"{len(damaged)} of {len(checked)} bundled files are damaged: {', '.join(damaged)};"
            " reinstall HERMES"
        )
    return 0


def run_import(arguments: argparse.Namespace) -> int:
    """Import one file."""
    from HermesLib.weights.imported import import_weights
    from HermesLib.weights.official import require_official

    def show_progress(done: int, total: int | None) -> None:
        of_total = f" of {total / 1e6:.0f}" if total else ""
        print(f"\r{done / 1e6:.0f}{of_total} MB", end="", file=sys.stderr, flush=True)

    on_progress = show_progress if sys.stderr.isatty() else None
    path = import_weights(
        arguments.source,
        arguments.name,
        arguments.sha256,
        on_progress,
        int(arguments.largest * 1e6),
    )
    official = require_official(path.name, path)
    if official is not None:
        print(f"the official file of {official.model} ({official.source})")
    print(f"imported as {path.name}; use it with --weights {path.name}")
    return 0
