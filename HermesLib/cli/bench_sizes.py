"""``hermes bench scaling`` and ``hermes bench memory``: runs on volumes of several sizes."""

import argparse
from collections.abc import Callable
from typing import Any

from HermesLib.cli.options import named_path


def add_scaling(
    kinds: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> argparse.ArgumentParser:
    """Add ``scaling``."""
    parser = kinds.add_parser(
        "scaling", help="time and memory with the number of slices, time with that of iterations"
    )
    parser.add_argument("--slices", nargs="+", type=int, default=[8, 32, 128], metavar="N")
    parser.add_argument(
        "--iterations",
        nargs="+",
        type=int,
        default=[1, 4, 8, 16],
        metavar="N",
        help="refinements of each of 16 slices (default 1 4 8 16)",
    )
    parser.add_argument("--side", type=int, default=96, metavar="PX", help="(default %(default)s)")
    parser.add_argument("--plot", type=named_path, metavar="PNG")
    return parser


def add_memory(
    kinds: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> argparse.ArgumentParser:
    """Add ``memory``."""
    parser = kinds.add_parser("memory", help="memory beyond the libraries, and what a slice adds")
    parser.add_argument(
        "--volumes",
        nargs="+",
        type=_volume,
        default=[(24, 384), (24, 512), (600, 512)],
        metavar="NxPX",
        help="slices, and rows and columns of each (default 24x384 24x512 600x512)",
    )
    return parser


def measure_scaling(arguments: argparse.Namespace, say: Callable[[str], None]) -> dict[str, Any]:
    """The figures of ``scaling``, plotted if asked for."""
    from HermesLib.bench.scaling import bench_scaling, plot_scaling

    figures = bench_scaling(
        arguments.slices,
        arguments.iterations,
        arguments.side,
        arguments.repeats,
        arguments.threads,
        say,
    )
    if arguments.plot:
        plot_scaling(arguments.plot, figures)
    return figures


def measure_memory(
    arguments: argparse.Namespace, say: Callable[[str], None]
) -> list[dict[str, Any]]:
    """The figures of ``memory``."""
    from HermesLib.bench.memory import bench_memory

    return bench_memory(arguments.volumes, arguments.threads, say)


def _volume(text: str) -> tuple[int, int]:
    """Slices and side of a volume such as ``24x384``."""
    count, _, side = text.partition("x")
    if not (count.isdigit() and side.isdigit() and int(count) and int(side)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 24x384")
    return int(count), int(side)
