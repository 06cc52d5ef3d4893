"""``hermes cohort --workers``: volumes side by side on real processes, with the same results."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import SimpleITK

from HermesLib.cohorts import clusters
from HermesLib.cohorts.cluster import ClusterRun
from HermesLib.cohorts.cluster_task import order_of, work_on
from HermesLib.cohorts.cohort import Cohort
from HermesLib.cohorts.row import State
from HermesLib.cohorts.task import Task, find_tasks
from HermesLib.runs.request import AssessRequest
from HermesLib.samples.prostate_phantom import Phantom
from Testing.cli.conftest import Hermes
from Testing.cli.results import read

TRIM = "MALLOC_TRIM_THRESHOLD_"
QUICK = ("--samples", 1, "--steps", 1)
WORKERS = 2
#: A busy machine is slow, seconds.
PATIENCE = 240.0


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two workers of this computer, as ``--workers 2`` starts them."""
    with clusters.local_workers(WORKERS) as client:
        yield client


@pytest.fixture(scope="module")
def folder(phantom: Phantom, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images and masks of one slice, and an image that cannot be read."""
    folder = tmp_path_factory.mktemp("cohort")
    for kind, volume in (("images", phantom.image), ("masks", phantom.label)):
        (folder / kind).mkdir()
        for name in ("a", "b", "c"):
            SimpleITK.WriteImage(volume[:, :, 2:3], str(folder / kind / f"{name}.nii.gz"))
    SimpleITK.WriteImage(phantom.label[:, :, 2:3] * 0, str(folder / "masks" / "b.nii.gz"))
    (folder / "images" / "broken.nii.gz").write_bytes(b"no image")
    shutil.copy(folder / "masks" / "a.nii.gz", folder / "masks" / "broken.nii.gz")
    return folder


def judging(folder: Path, output: Path, names: str = "abc") -> Cohort:
    tasks = find_tasks([folder / "images" / f"{name}.nii.gz" for name in names], folder / "masks")
    cohort = Cohort(
        tasks,
        output,
        lambda task: AssessRequest(image=task.image, mask=task.mask, samples=1, steps=1),
    )
    cohort.write()
    return cohort


def table(output: Path) -> list[dict[str, str]]:
    with open(output / "cohort.csv", encoding="utf-8") as stream:
        return [{**row, "seconds": ""} for row in csv.DictReader(stream)]


def kill_worker_of(cluster: Any, place: int) -> None:
    """End the process that works on a task, as a system without memory does."""
    (address,) = (
        address
        for address, keys in cluster.processing().items()
        if any(key.split("-")[2] == str(place) for key in keys)
    )
    (keeper,) = (
        keeper for keeper in cluster.cluster.workers.values() if keeper.worker_address == address
    )
    os.kill(keeper.pid, signal.SIGKILL)


def use(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command take the workers that run already."""
    monkeypatch.setattr(clusters, "local_workers", lambda number: nullcontext(cluster))


def test_workers_give_the_results_of_one_engine(
    hermes: Hermes, folder: Path, tmp_path: Path, cluster: Any, monkeypatch: pytest.MonkeyPatch
):
    use(cluster, monkeypatch)
    words = ("cohort", folder / "images", "--masks", folder / "masks", *QUICK)
    alone, beside = tmp_path / "alone", tmp_path / "beside"
    assert hermes(*words, "-o", alone).code == 2
    monkeypatch.chdir(folder)
    outcome = hermes(
        "cohort", "images", "--masks", "masks", *QUICK, "-o", beside, "--workers", WORKERS
    )
    assert outcome.code == 2 and outcome.out[-1].startswith("3 of 4 volumes finished, 1 failed")
    # Worst first, the same page; only the time that a run took may differ.
    assert table(beside) == table(alone)
    assert [row["name"] for row in table(beside)] == ["broken", "b", "a", "c"]
    assert (beside / "cohort.html").read_bytes() == (alone / "cohort.html").read_bytes()
    for name in "abc":
        for result in ("segmentation.nii.gz", "pgt.nii.gz"):
            assert np.array_equal(read(beside / name / result), read(alone / name / result))
        report, other = (
            json.loads((output / name / "report.json").read_text(encoding="utf-8"))
            for output in (beside, alone)
        )
        assert report["summary"] | {"seconds": 0} == other["summary"] | {"seconds": 0}
    assert not list(tmp_path.rglob(".hermes*"))

    # What is finished is not run again, wherever it was run.
    again = hermes(*words, "-o", beside)
    assert sum("finished before" in line for line in again.err) == 3
    on_workers = hermes(*words, "-o", alone, "--workers", WORKERS)
    assert sum("finished before" in line for line in on_workers.err) == 3


def test_workers_judge_the_organs_of_one_image(
    hermes: Hermes, folder: Path, tmp_path: Path, cluster: Any, monkeypatch: pytest.MonkeyPatch
):
    use(cluster, monkeypatch)
    for kind, masks in (("organs", "ab"), ("guides", "aa")):
        (tmp_path / kind).mkdir()
        for organ, mask in zip(("liver", "spleen"), masks, strict=True):
            shutil.copy(folder / "masks" / f"{mask}.nii.gz", tmp_path / kind / f"{organ}.nii.gz")
    image, organs = folder / "images" / "a.nii.gz", tmp_path / "organs"
    words = ("assess", image, organs, "--guide", tmp_path / "guides")
    alone, beside = tmp_path / "alone", tmp_path / "beside"
    assert hermes(*words, "-o", alone).code == 0
    assert hermes(*words, "-o", beside, "--workers", WORKERS).code == 0
    assert table(beside) == table(alone)
    assert [row["name"] for row in table(beside)] == ["spleen", "liver"]
    # Dask's setting for its workers is not handed on: an engine would ask the system for the
    # memory of every layer.
    for keeper in cluster.cluster.workers.values():
        worker = psutil.Process(keeper.pid)
        engines = [one for one in worker.children() if "HermesLib.engine.worker" in one.cmdline()]
        assert TRIM in worker.environ() and engines
        assert not any(TRIM in engine.environ() for engine in engines)
    one = hermes("assess", image, organs / "liver.nii.gz", "-o", tmp_path / "one", "--workers", 2)
    assert one.code == 2 and "folder of masks" in one.err[-1]


def test_work_that_would_end_elsewhere_or_differently_is_refused(
    folder: Path, tmp_path: Path, cluster: Any
):
    request = AssessRequest(image=folder / "images/a.nii.gz", mask=folder / "masks/a.nii.gz")
    order = order_of(Task("a", None), tmp_path / "a", request, "topic", 0, 1.0)
    # No cohort was started in this folder: the worker sees another file system.
    lost = cluster.submit(work_on, order, pure=False).result()
    assert lost["row"]["state"] == "failed" and "same file system" in lost["row"]["reason"]
    (tmp_path / "cohort.csv").write_text("")
    old = cluster.submit(work_on, order | {"hermes": "0.0.1"}, pure=False).result()
    assert "install the same version" in old["row"]["reason"]
    assert not (tmp_path / "a").exists()


def test_the_workers_of_this_computer_are_closed_to_others(cluster: Any):
    from distributed import Client

    mine = [psutil.Process(), *psutil.Process().children(recursive=True)]
    listening = {
        connection.laddr
        for process in mine
        if process.is_running()
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    ours = {address for address in listening if address.ip == "127.0.0.1"}
    assert listening == ours
    # The scheduler, and a worker and its keeper each; no pages.
    assert len(ours) == 1 + 2 * WORKERS
    address = cluster.scheduler.address
    assert address.startswith("tls://127.0.0.1:")
    with pytest.raises((OSError, TypeError, ValueError)):
        Client(address.replace("tls", "tcp"), timeout=2, set_as_default=False)


def test_scheduler_and_workers_do_not_watch_themselves(cluster: Any):
    def own_looks(dask_worker: Any) -> tuple[bool, float]:
        callbacks = dask_worker.periodic_callbacks
        return "profile" in callbacks, callbacks["tick"].callback_time

    servers = [*cluster.cluster.workers.values(), cluster.cluster.scheduler]
    # A look a second at an event loop where Dask takes fifty, none at what threads do.
    looks = [own_looks(server) for server in servers] + list(cluster.run(own_looks).values())
    assert looks == [(False, 1000.0)] * (2 * WORKERS + 1)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_volume_whose_worker_dies_is_tried_once_more_and_then_listed(
    folder: Path, tmp_path: Path, cluster: Any
):
    cohort = judging(folder, tmp_path / "out")
    deadly, killed = {"a": 2, "b": 1, "c": 0}, dict.fromkeys("abc", 0)
    tries = dict.fromkeys("abc", 1)
    run = ClusterRun(cohort, cluster)
    end = time.monotonic() + PATIENCE
    while not run.done and time.monotonic() < end:
        for name, message in run.turn(0.05):
            assert "tried again" in message.message
            tries[name] += 1
        for place, (name, row) in enumerate(cohort.rows.items()):
            if row.state is State.RUNNING and killed[name] < min(deadly[name], tries[name]):
                kill_worker_of(cluster, place)
                killed[name] += 1
    run.close()
    assert killed == deadly and tries == {"a": 2, "b": 2, "c": 1}
    assert {name: row.state for name, row in cohort.rows.items()} == {
        "a": State.FAILED,
        "b": State.FINISHED,
        "c": State.FINISHED,
    }
    assert "the worker ended 2 times on this volume" in cohort.rows["a"].reason
    assert not (tmp_path / "out" / "a").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process groups of this kind")
def test_control_c_leaves_nothing_half_written_and_no_process(folder: Path, tmp_path: Path):
    output = tmp_path / "out"
    words = ["cohort", "images", "--masks", "masks", *QUICK, "-o", output, "--workers", 1]
    command = subprocess.Popen(
        [sys.executable, "-m", "HermesLib", *map(str, words)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
        # Shells let what they start in the background ignore Control-C, and it is inherited.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    end = time.monotonic() + PATIENCE
    while not list(output.glob(".hermes*/results")) and time.monotonic() < end:
        time.sleep(0.02)
    family = psutil.Process(command.pid).children(recursive=True)
    os.killpg(command.pid, signal.SIGINT)
    _, errors = command.communicate(timeout=PATIENCE)
    assert command.returncode == 130, errors
    assert "the same command goes on with the others" in errors.splitlines()[-1]
    assert {row["state"] for row in table(output)} <= {"cancelled", "failed"}
    assert not list(output.glob(".hermes*"))
    gone, alive = psutil.wait_procs(family, timeout=PATIENCE)
    assert gone and not alive


def test_without_dask_one_line_says_what_to_install(
    hermes: Hermes, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for name in ("HermesLib.cohorts.clusters", "HermesLib.cohorts.cluster"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "distributed", None)
    outcome = hermes("cohort", folder / "images", "-o", tmp_path / "out", "--workers", 2)
    assert outcome.code == 2 and len(outcome.err) == 1
    assert "pip install 'hermes-segment[cluster]'" in outcome.err[0]
    assert not (tmp_path / "out").exists()


def test_a_scheduler_that_does_not_answer_and_a_wrong_number_are_one_line(
    hermes: Hermes, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(clusters, "CONNECT", 0.5)
    words = ("cohort", folder / "images", "-o", tmp_path / "out")
    nobody = hermes(*words, "--scheduler", "tcp://127.0.0.1:9")
    assert nobody.code == 2 and "no Dask scheduler answers" in nobody.err[-1]
    for value in ("0", "two", "-1"):
        outcome = hermes(*words, f"--workers={value}")
        assert outcome.code == 2 and len(outcome.err) == 1
    assert not (tmp_path / "out").exists()
