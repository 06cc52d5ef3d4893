"""``hermes bench gpu``: slices a second of every model, on a GPU and on the processor."""

import argparse
from typing import TYPE_CHECKING, Any

from HermesLib.refinement.settings import SLICES_AT_ONCE

if TYPE_CHECKING:
    from HermesLib.runs.request import RefineRequest


def add_parser(
    kinds: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> argparse.ArgumentParser:
    """Add ``bench gpu``; what the kinds share is added by the caller."""
    parser = kinds.add_parser("gpu", help="slices a second on a GPU, and where runs wait for it")
    parser.add_argument(
        "--devices", nargs="+", choices=("cuda", "cpu"), default=["cuda", "cpu"], metavar="NAME"
    )
    parser.add_argument(
        "--at-once",
        nargs="+",
        type=int,
        default=[1, SLICES_AT_ONCE],
        metavar="N",
        help=f"slices at once (default 1 {SLICES_AT_ONCE})",
    )
    return parser


def measure(arguments: argparse.Namespace, requests: "list[RefineRequest]") -> list[dict[str, Any]]:
    """The figures, as JSON takes them.

    Raises:
        HermesError: a device that is not to be had here.
    """
    from HermesLib.bench.gpu import bench_gpu

    def say(line: str) -> None:
        print(line, flush=True)

    return bench_gpu(requests, arguments.devices, arguments.at_once, arguments.repeats, say)
