"""``hermes bench cohort``: several workers against one; the scheduler's share with very many."""

import argparse
from typing import Any

#: Volumes for each sleeping worker.
_SLEEPING_WAVES = 2


def add_parser(
    kinds: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> argparse.ArgumentParser:
    """Add ``bench cohort``; ``--repeats`` and ``-o`` are added by the caller."""
    parser = kinds.add_parser(
        "cohort", help="a cohort on several workers, and the scheduler's share"
    )
    parser.add_argument("--workers", nargs="+", type=int, default=[1, 2], metavar="N")
    parser.add_argument("--volumes", type=int, default=8, metavar="N", help="(default %(default)s)")
    parser.add_argument(
        "--sleeping",
        type=int,
        default=200,
        metavar="N",
        help="workers on a real scheduler that sleep as long as a volume took, to measure the"
        " scheduler (default %(default)s)",
    )
    parser.add_argument(
        "--simulate", nargs="*", type=int, default=[10, 100, 1000], metavar="N", help="workers"
    )
    parser.add_argument(
        "--waves",
        type=int,
        default=20,
        metavar="N",
        help="volumes for each simulated worker (default %(default)s)",
    )
    return parser


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """The figures, as JSON takes them.

    Raises:
        HermesError: Dask is not installed.
    """
    from HermesLib.cli.cluster_options import require_dask

    require_dask()
    from HermesLib.bench.cohort import bench_workers
    from HermesLib.bench.many_workers import bench_many_workers, simulated_share
    from HermesLib.io.owned_folder import temporary_folder

    def say(line: str) -> None:
        print(line, flush=True)

    with temporary_folder() as folder:
        (folder / "workers").mkdir()
        figures = bench_workers(
            arguments.workers, arguments.volumes, arguments.repeats, folder / "workers", say
        )
        (folder / "sleeping").mkdir()
        each = figures["volume_seconds"]
        sleeping = bench_many_workers(
            arguments.sleeping, _SLEEPING_WAVES, each, folder / "sleeping", say
        )
    simulated = []
    for number in arguments.simulate:
        tasks = (each * (1 + number * arguments.waves // len(each)))[: number * arguments.waves]
        share = simulated_share(
            number, tasks, sleeping["scheduler_ms_per_volume"] / 1000, sleeping["connected"]
        )
        simulated.append({"workers": number, "volumes": len(tasks), "scheduler_share": share})
        say(f"{number} workers, {len(tasks)} volumes: the scheduler's share is {100 * share:.2f} %")
    return {**figures, "sleeping": sleeping, "simulated": simulated}
