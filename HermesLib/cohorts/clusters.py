"""The Dask clusters that a cohort can run on: workers on this computer, or a user's own cluster.

The cluster on this computer listens on the loopback address only, with certificates of its own that
live in memory, as Dask runs whatever a peer sends: no other user of the computer can join it. It
serves no web pages.
"""

import logging
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dask
from distributed import Client, Nanny, Scheduler, Security, SpecCluster, Worker

from HermesLib.errors import ComputerError, HermesError
from HermesLib.io.owned_folder import temporary_folder
from HermesLib.threads import side_by_side

_LOOPBACK = "127.0.0.1"
_PROTOCOL = "tls://"
#: How long a scheduler may take to answer, seconds.
CONNECT = 15.0
#: How often a task may lose its worker before Dask gives it up (:mod:`HermesLib.cohorts.cluster`
#: counts by itself, too).
_LOST_WORKERS = 1
#: By default scheduler, keepers and workers watch themselves, for pages that nobody opens here: 100
#: looks a second at what a worker's threads do, 50 at each event loop. With two workers this took
#: 9 % of a core. The last setting keeps volumes that no worker does yet at the scheduler, so that
#: none waits behind a long one while another worker has nothing to do.
_SETTINGS = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.scheduler.worker-saturation": 1.0,
}


class _NoPages:
    """Of a scheduler or worker: opens no port for web pages, which Dask does by default."""

    def start_http_server(self, *arguments: Any, **options: Any) -> None:
        """Start nothing."""


class PrivateScheduler(_NoPages, Scheduler):
    """A scheduler without web pages."""


class PrivateWorker(_NoPages, Worker):
    """A worker without web pages, which leaves Control-C to the command that started it."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        # A terminal sends the signal to all processes; here it would cut off a volume.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        super().__init__(*arguments, **options)


@contextmanager
def local_workers(number: int) -> Iterator[Client]:
    """A cluster of so many processes on this computer, each with one thread.

    The variable ``OMP_NUM_THREADS`` sets another number of threads for each.

    Raises:
        ComputerError: it cannot be started.
    """
    private = Security.temporary()
    common = {"host": _LOOPBACK, "protocol": _PROTOCOL, "security": private}
    with _quiet(), _same_environment(), dask.config.set(_SETTINGS), temporary_folder() as folder:
        worker = {
            **common,
            "worker_class": PrivateWorker,
            "nthreads": 1,
            # Networks are in the engines, which Dask does not count.
            "memory_limit": None,
            "local_directory": str(folder),
            "silence_logs": logging.CRITICAL,
            "env": side_by_side(os.environ),
        }
        scheduler = {**common, "port": 0, "dashboard": False, "allowed_failures": _LOST_WORKERS}
        try:
            cluster = SpecCluster(
                scheduler={"cls": PrivateScheduler, "options": scheduler},
                workers={n: {"cls": Nanny, "options": worker} for n in range(number)},
                security=private,
                silence_logs=logging.CRITICAL,
            )
        except (OSError, RuntimeError) as error:
            raise ComputerError(f"the workers cannot be started: {error}") from error
        with cluster, Client(cluster, security=private, set_as_default=False) as client:
            yield client


@contextmanager
def users_cluster(address: str) -> Iterator[Client]:
    """A user's own cluster.

    Args:
        address: of the scheduler (``tcp://host:8786``), or the file that it has written
            (``--scheduler-file``). Certificates come from Dask's own configuration.

    Raises:
        HermesError: nothing answers there, or not as expected.
    """
    named: dict[str, Any] = {"address": address}
    if Path(address).is_file():
        named = {"scheduler_file": address}
    with _quiet():
        try:
            client = Client(**named, timeout=CONNECT, set_as_default=False)
        except (OSError, TypeError, ValueError, ImportError) as error:
            reason = " ".join(str(error).split())
            raise HermesError(f"no Dask scheduler answers at {address} ({reason})") from error
        with client:
            yield client


@contextmanager
def _quiet() -> Iterator[None]:
    """Without Dask's own log lines: what matters is in the rows."""
    logger = logging.getLogger("distributed")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


@contextmanager
def _same_environment() -> Iterator[None]:
    """This process's variables are as before afterwards: Dask sets those of its workers here."""
    before = dict(os.environ)
    try:
        yield
    finally:
        for name in set(os.environ) - set(before):
            del os.environ[name]
        os.environ.update(before)
