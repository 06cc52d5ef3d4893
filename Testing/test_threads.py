"""Threads wait without computing, are as many as cores, and the user's own settings are kept."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from HermesLib import threads
from HermesLib.engine.client import Engine
from HermesLib.engine.messages import Failed
from HermesLib.threads import PASSIVE, thread_settings, usable_cores
from Testing.engine.polling import until

ROOT = Path(__file__).parents[1]
NAMES = (*PASSIVE, "GOMP_SPINCOUNT", "KMP_LIBRARY", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
#: A program that ends with what its threads do, as its last words.
SAY = "import os, sys; sys.exit(' '.join(os.environ.get(n, '-') for n in sys.argv[1:]))"


@pytest.fixture
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of the variables is set, as on a user's computer."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("own", ["OMP_WAIT_POLICY", "KMP_BLOCKTIME", "GOMP_SPINCOUNT"])
def test_who_has_decided_how_threads_wait_is_not_overruled(own: str):
    assert not set(thread_settings({own: "7"})) & {*PASSIVE, own}


@pytest.mark.parametrize("own", ["OMP_NUM_THREADS", "MKL_NUM_THREADS"])
def test_who_has_decided_how_many_threads_there_are_is_not_overruled(own: str):
    assert thread_settings({own: "7"}) == PASSIVE


def test_two_threads_of_one_core_are_one_core(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for cpu, core in enumerate((0, 1, 0, 1)):
        folder = tmp_path / f"cpu{cpu}" / "topology"
        folder.mkdir(parents=True)
        (folder / "physical_package_id").write_text("0\n")
        (folder / "core_id").write_text(f"{core}\n")
    monkeypatch.setattr(threads, "_CPUS", tmp_path)
    monkeypatch.setattr(threads, "_CGROUPS", tmp_path)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 1, 2, 3}, raising=False)
    assert usable_cores() == 2
    (tmp_path / "cpu.max").write_text("100000 100000\n")
    assert usable_cores() == 1
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert usable_cores() == 2


def test_the_engine_of_any_program_waits_without_computing(unset):
    engine = Engine([sys.executable, "-c", SAY, "OMP_WAIT_POLICY", "KMP_BLOCKTIME"])
    engine.warm_up()
    ended = until(engine, Failed)[-1]
    assert isinstance(ended, Failed) and "PASSIVE 0" in ended.message


def test_the_engine_keeps_what_its_owner_sets(unset):
    own = {"OMP_WAIT_POLICY": "ACTIVE", "OMP_NUM_THREADS": "3"}
    engine = Engine([sys.executable, "-c", SAY, *own, "KMP_BLOCKTIME"], own)
    engine.warm_up()
    ended = until(engine, Failed)[-1]
    assert isinstance(ended, Failed) and "ACTIVE 3 -" in ended.message


def test_the_command_sets_its_threads_before_any_library_loads(unset):
    program = (
        "import os, sys; from HermesLib.cli import main;"
        "main.main = lambda: print(os.environ['OMP_WAIT_POLICY'],"
        " 'numpy' in sys.modules, 'torch' in sys.modules, flush=True) or 0; main.entry()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, cwd=ROOT, encoding="utf-8", check=True
    )
    assert ended.stdout.split() == ["PASSIVE", "False", "False"]
