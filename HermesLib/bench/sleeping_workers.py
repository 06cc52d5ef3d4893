"""Many workers of a Dask cluster in one process, which sleep as long as a volume takes.

``python -m HermesLib.bench.sleeping_workers SCHEDULER FIRST END FOLDER``. Scheduler,
client, messages and the order of things are real; the engine's work is replaced by waiting.
"""

import asyncio
import sys
from collections.abc import Mapping
from typing import Any

from HermesLib.cohorts.cluster_task import PROGRESS, STARTED
from HermesLib.cohorts.row import Row, State
from HermesLib.runs.serialization import to_plain

#: Workers that connect at a time.
_AT_ONCE = 50
#: Slices that a volume pretends to have, for its progress.
_SLICES = 20


async def sleep_on(order: Mapping[str, Any]) -> dict[str, Any]:
    """What :func:`HermesLib.cohorts.cluster_task.work_on` does, but for the work.

    The seconds stand in the task's note.
    """
    from distributed import get_worker

    worker, left = get_worker(), float(order["task"]["note"])

    def say(what: str, words: str) -> None:
        event = {"place": order["place"], "what": what, "words": words}
        worker.log_event(order["topic"], event)

    say(STARTED, "")
    while left > 0:
        pause = min(left, order["pause"])
        await asyncio.sleep(pause)
        left -= pause
        if left > 0:
            say(PROGRESS, f"1 of {_SLICES} slices")
    row = Row(order["task"]["name"], State.FINISHED, slices=_SLICES, accepted=_SLICES, quality=0.9)
    return {"row": to_plain(Row, row, {}), "details": ""}


async def _serve(address: str, numbers: range, folder: str) -> None:
    from distributed import Worker

    async def start(name: int) -> Any:
        worker = Worker(
            address,
            nthreads=1,
            name=name,
            host="127.0.0.1",
            memory_limit=0,
            local_directory=folder,
            silence_logs=50,
            dashboard=False,
        )
        return await worker

    workers: list[Any] = []
    for first in range(0, len(numbers), _AT_ONCE):
        names = numbers[first : first + _AT_ONCE]
        workers += await asyncio.gather(*(start(name) for name in names))
    await asyncio.gather(*(worker.finished() for worker in workers))


def main(address: str, numbers: range, folder: str) -> None:
    """Serve until the scheduler ends."""
    import dask

    with dask.config.set({"distributed.worker.profile.enabled": False}):
        asyncio.run(_serve(address, numbers, folder))


if __name__ == "__main__":
    main(sys.argv[1], range(int(sys.argv[2]), int(sys.argv[3])), sys.argv[4])
