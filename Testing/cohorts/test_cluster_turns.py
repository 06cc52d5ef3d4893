"""What a command asks a Dask cluster for while it waits: nothing that it can hear of by itself."""

from pathlib import Path
from typing import Any

from HermesLib.cohorts.cluster import ClusterRun
from HermesLib.cohorts.cluster_task import PROGRESS, STARTED
from HermesLib.cohorts.cohort import Cohort
from HermesLib.cohorts.row import Row, State
from HermesLib.cohorts.task import Task
from HermesLib.runs.request import RefineRequest
from HermesLib.runs.serialization import to_plain


class Future:
    """Of a task; ends when the test says so."""

    status = "pending"

    def add_done_callback(self, hear: Any) -> None:
        self.hear = hear


class Client:
    """A scheduler that counts what is gathered from it."""

    def __init__(self) -> None:
        self.futures: list[Future] = []
        self.gathered: list[int] = []

    def scheduler_info(self, n_workers: int) -> dict[str, Any]:
        return {"workers": {"one": {}}}

    def subscribe_topic(self, topic: str, hear: Any) -> None:
        self.hear = hear

    def submit(self, work: Any, order: Any, **options: Any) -> Future:
        self.futures.append(Future())
        return self.futures[-1]

    def gather(self, futures: list[Future]) -> list[Any]:
        self.gathered.append(len(futures))
        row = Row("a", State.FINISHED, slices=1, accepted=1, quality=0.9)
        return [{"row": to_plain(Row, row, {}), "details": ""} for _ in futures]

    def say(self, what: str, words: str = "") -> None:
        self.hear((0.0, {"place": 0, "what": what, "words": words}))


def test_results_are_fetched_when_a_volume_has_ended_and_not_before(tmp_path: Path):
    request = RefineRequest(image=tmp_path / "a.nii.gz")
    cohort = Cohort([Task("a", request.image)], tmp_path / "out", lambda task: request)
    client = Client()
    run = ClusterRun(cohort, client)
    client.say(STARTED)
    client.say(PROGRESS, "1 of 2 slices")
    for _ in range(3):
        run.turn()
    assert cohort.rows["a"].reason == "1 of 2 slices"
    assert client.gathered == []
    (future,) = client.futures
    future.status = "finished"
    future.hear(future)
    run.turn()
    assert client.gathered == [1]
    assert run.done and cohort.rows["a"].state is State.FINISHED
