"""``hermes bench``: times of runs on this computer, as ratios."""

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from HermesLib.cli import bench_cohort, bench_gpu, bench_sizes
from HermesLib.cli.options import named_path
from HermesLib.models.registry import bundled_models

if TYPE_CHECKING:
    from HermesLib.runs.request import RefineRequest


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``loop``, ``gpu``, ``precision``, ``busy``, ``scaling``, ``memory`` and ``cohort``."""
    parser = subparsers.add_parser(
        "bench", help="how fast runs are on this computer, as ratios", allow_abbrev=False
    )
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")
    loop = kinds.add_parser("loop", help="the loop over its floor, by stages, for every model")
    loop.set_defaults(run=run_loop)
    gpu = bench_gpu.add_parser(kinds)
    gpu.set_defaults(run=run_gpu)
    precision = kinds.add_parser("precision", help="half precision against full, for every model")
    precision.set_defaults(run=run_precision)
    for kind in (loop, gpu, precision):
        _add_run_options(kind)
    busy = kinds.add_parser("busy", help="'hermes demo' beside other programs that compute")
    busy.add_argument(
        "--programs",
        nargs="+",
        type=int,
        default=[1, 2],
        metavar="N",
        help="so many of them beside it (default 1 2)",
    )
    busy.set_defaults(run=run_busy)
    scaling = bench_sizes.add_scaling(kinds)
    scaling.set_defaults(run=run_scaling)
    memory = bench_sizes.add_memory(kinds)
    memory.set_defaults(run=run_memory)
    cohort = bench_cohort.add_parser(kinds)
    cohort.set_defaults(run=run_cohort)
    for kind in (loop, gpu, busy, scaling, cohort):
        kind.add_argument("--repeats", type=int, default=3, help="(default %(default)s)")
    for kind in (loop, gpu, precision, busy, scaling, memory, cohort):
        kind.add_argument("-o", "--output", metavar="JSON", type=named_path)
    for kind in (loop, gpu, precision, scaling, memory):
        kind.add_argument("--threads", type=int, help="(default: the physical cores)")


def _add_run_options(parser: argparse.ArgumentParser) -> None:
    """Which runs are measured."""
    parser.add_argument("--image", metavar="IMAGE", type=named_path, help="(default: the sample)")
    parser.add_argument("--preset", default="prostate-t2", help="(default %(default)s)")
    parser.add_argument("--quality", default="diffusion", metavar="NAME|FILE")
    parser.add_argument("--weights", default="bundled", metavar="bundled|FILE")
    parser.add_argument(
        "--models", nargs="+", default=list(bundled_models()), metavar="NAME", help="(default: all)"
    )


def run_loop(arguments: argparse.Namespace) -> int:
    """Measure the loop of every model."""
    from HermesLib.bench.loop import bench_loop

    with _requests(arguments) as requests:
        return _publish({"loop": bench_loop(requests, arguments.repeats, _say)}, arguments.output)


def run_precision(arguments: argparse.Namespace) -> int:
    """Measure half precision of every model."""
    from HermesLib.bench.precision import bench_precision

    with _requests(arguments) as requests:
        return _publish({"precision": bench_precision(requests, _say)}, arguments.output)


def run_gpu(arguments: argparse.Namespace) -> int:
    """Measure every model on a GPU and on the processor."""
    with _requests(arguments) as requests:
        return _publish({"gpu": bench_gpu.measure(arguments, requests)}, arguments.output)


@contextmanager
def _requests(arguments: argparse.Namespace) -> "Iterator[list[RefineRequest]]":
    """The runs that the options ask for, one a model."""
    from HermesLib.io.image_writing import write_image
    from HermesLib.io.owned_folder import temporary_folder
    from HermesLib.runs.request import RefineRequest
    from HermesLib.samples.prostate_phantom import SAMPLE_SEED, prostate_phantom

    with temporary_folder() as folder:
        image = arguments.image
        if image is None:
            image = folder / "sample.nii.gz"
            write_image(prostate_phantom(SAMPLE_SEED).image, image)
        yield [
            RefineRequest(
                image=image,
                preset=arguments.preset,
                quality=arguments.quality,
                weights=arguments.weights,
                model=model,
                threads=arguments.threads,
            )
            for model in arguments.models
        ]


def run_busy(arguments: argparse.Namespace) -> int:
    """Measure the demonstration alone and beside busy programs."""
    from HermesLib.bench.busy import bench_busy

    figures = bench_busy(arguments.programs, arguments.repeats, _say)
    return _publish({"busy": figures}, arguments.output)


def run_scaling(arguments: argparse.Namespace) -> int:
    """Measure several numbers of slices and of iterations."""
    return _publish({"scaling": bench_sizes.measure_scaling(arguments, _say)}, arguments.output)


def run_memory(arguments: argparse.Namespace) -> int:
    """Measure the memory of runs on volumes of several sizes."""
    return _publish({"memory": bench_sizes.measure_memory(arguments, _say)}, arguments.output)


def run_cohort(arguments: argparse.Namespace) -> int:
    """Measure a cohort on several workers, and the scheduler with very many."""
    return _publish({"cohort": bench_cohort.measure(arguments)}, arguments.output)


def _say(line: str) -> None:
    print(line, flush=True)


def _publish(figures: dict[str, Any], output: Path | None) -> int:
    """Write figures, with what they were measured on, as JSON."""
    from HermesLib.bench.machine import machine
    from HermesLib.io.whole_file import write_whole

    if output is not None:
        write_whole(output, json.dumps({"machine": machine(), **figures}, indent=1) + "\n")
    return 0
