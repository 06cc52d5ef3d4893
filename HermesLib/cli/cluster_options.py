"""Options that put a cohort on the workers of a Dask cluster."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING

from HermesLib.errors import HermesError

if TYPE_CHECKING:
    from HermesLib.cohorts.cluster import ClusterRun
    from HermesLib.cohorts.cohort import Cohort

_NEEDED = ("distributed", "dask", "cryptography")


def add_cluster_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--workers`` and ``--scheduler``."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--workers",
        metavar="N",
        type=_count,
        help="volumes side by side on this computer, each in processes of its own with one thread"
        " (OMP_NUM_THREADS sets another number) and its own networks in memory; needs"
        " hermes-segment[cluster]",
    )
    where.add_argument(
        "--scheduler",
        metavar="ADDRESS|FILE",
        help="volumes side by side on your own Dask cluster: the address of its scheduler, such as"
        " tls://host:8786, or its scheduler file; needs hermes-segment[cluster]",
    )


def wants_cluster(arguments: argparse.Namespace) -> bool:
    """Whether a command is to use several workers."""
    return arguments.workers is not None or arguments.scheduler is not None


@contextmanager
def cluster_run(cohort: "Cohort", arguments: argparse.Namespace) -> Iterator["ClusterRun"]:
    """The cohort on the workers that the options name.

    Raises:
        HermesError: Dask is not installed; no scheduler answers.
    """
    require_dask()
    from HermesLib.cohorts.cluster import ClusterRun
    from HermesLib.cohorts.clusters import local_workers, users_cluster

    cluster = (
        local_workers(min(arguments.workers, len(cohort.rows)))
        if arguments.scheduler is None
        else users_cluster(arguments.scheduler)
    )
    with cluster as client:
        # Workers look for the table: it says that they see the same folder.
        cohort.write()
        run = ClusterRun(cohort, client)
        yield run
        run.close()


def require_dask() -> None:
    """Check that the extra is installed.

    Raises:
        HermesError: with the command that installs it.
    """
    try:
        for name in _NEEDED:
            import_module(name)
    except ImportError as error:
        raise HermesError(
            "several workers need Dask: pip install 'hermes-segment[cluster]'"
        ) from error


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of workers")
    return int(text)
