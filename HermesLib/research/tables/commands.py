"""``hermes research tables``."""

import argparse
from pathlib import Path

from HermesLib.research.options import add_device, show_line

#: Processes that measure side by side on the CPU unless ``--workers`` says otherwise, at most.
_MOST_WORKERS = 4


def add_parsers(kinds: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``tables``."""
    tables = kinds.add_parser(
        "tables",
        help="the paper's tables: every model, threshold and source of the pGT, on one page",
    )
    tables.add_argument(
        "--cases",
        action="append",
        required=True,
        metavar="PRESET=LAYOUT:FOLDER",
        help="an organ's test cases, repeatable",
    )
    tables.add_argument(
        "--rival",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="weights of hermes research train-rival, repeatable",
    )
    tables.add_argument(
        "--sources",
        nargs="+",
        default=[],
        metavar="NAME",
        help="only the rows of these sources of the pGT or judges, as CSV and JSON without a page",
    )
    tables.add_argument(
        "--quick",
        action="store_true",
        help="one patient an organ, the preset's model at 0.9, no ablations",
    )
    tables.add_argument("-o", "--output", type=Path, required=True, metavar="DIR")
    tables.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="processes that measure side by side "
        f"(default: one per core, at most {_MOST_WORKERS})",
    )
    add_device(tables)
    tables.set_defaults(run=run_tables_command)


def run_tables_command(arguments: argparse.Namespace) -> int:
    """Measure the tables and write their page."""
    import os

    from HermesLib.devices import select_device
    from HermesLib.evaluation.score_metrics import THRESHOLDS
    from HermesLib.research.tables.run import run_tables
    from HermesLib.research.tables.runner import TablesRequest

    request = TablesRequest(
        tuple(arguments.cases),
        tuple(arguments.rival),
        arguments.output,
        THRESHOLDS[-1:] if arguments.quick else THRESHOLDS,
        arguments.seed,
        arguments.device,
        arguments.quick,
        tuple(arguments.sources),
    )
    on_cpu = select_device(arguments.device).type == "cpu"
    default_workers = min(os.cpu_count() or 1, _MOST_WORKERS) if on_cpu else 1
    page = run_tables(request, show_line, arguments.workers or default_workers)
    print(f"{'figures' if arguments.sources else 'page'}: {page}")
    return 0
