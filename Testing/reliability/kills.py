"""Kills and signals at random moments of real runs, and at every move of their files."""

import os
import random
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

from HermesLib.io.staged_folder import finish_moves
from Testing.reliability.inputs_made import refine_words, write_inputs
from Testing.reliability.processes import hermes_process, publish, with_default_signals
from Testing.reliability.results_state import MIXED, NOTHING, leftovers, state

_SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
#: Share of the kills that hit the moves of files: rare in time, and worst.
_AT_MOVES = 0.4
#: An engine without a client ends by itself; longer than it takes, seconds.
_ORPHAN_SECONDS = 5.0
_CODES = {signal.SIGKILL: -9, signal.SIGTERM: 143, signal.SIGINT: 130, signal.SIGHUP: 129}


def kill_runs(folder: Path, count: int, seed: int = 0) -> dict[str, int]:
    """Kill so many processes.

    Args:
        folder: empty, for inputs and results.
        count: how many.
        seed: of the moments and signals.

    Returns:
        How many: ``killed``; results ``mixed``; old results ``lost``; folders with ``leftovers``
        after the next run there; engines left ``running``; ``other_code`` than documented;
        ``completed``, runs that had ended before the signal.
    """
    generator = random.Random(seed)
    found = Counter(killed=0, mixed=0, lost=0, leftovers=0, running=0, other_code=0, completed=0)
    at_moves = round(count * _AT_MOVES)
    for number in range(at_moves):
        _kill_at_move(folder / f"moves-{number}", generator, found)
    if count > at_moves:
        write_inputs(folder)
        seconds = _whole_run(folder)
        for number in range(count - at_moves):
            _kill_at_time(folder, f"run-{number}", seconds, generator, found)
    return dict(found)


def _kill_at_move(target: Path, generator: random.Random, found: Counter) -> None:
    old = generator.random() < 0.7
    if old:
        publish(target, "old")
    kill = generator.choice(_SIGNALS)
    publish(target, "new", generator.randint(1, 4 if old else 1), kill)
    found["killed"] += 1
    names = ("segmentation.nii.gz", "pgt.nii.gz")
    if target.exists():
        finish_moves(target)
        contents = {
            (target / name).read_text(encoding="utf-8")
            for name in names
            if (target / name).exists()
        }
        found["mixed"] += len(contents) != 1
    found["lost"] += old and not all((target / name).exists() for name in names)
    publish(target, "next")
    found["leftovers"] += bool(leftovers(target))


def _whole_run(folder: Path) -> float:
    started = time.monotonic()
    process = hermes_process(*refine_words(folder, folder / "old"), stderr=subprocess.DEVNULL)
    process.wait()
    return time.monotonic() - started


def _kill_at_time(
    folder: Path, name: str, seconds: float, generator: random.Random, found: Counter
) -> None:
    target = folder / name
    old = generator.random() < 0.5
    if old:
        target.mkdir()
        for path in (folder / "old").iterdir():
            (target / path.name).write_bytes(path.read_bytes())
    process = hermes_process(
        *refine_words(folder, target, "--seed", "5"),
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        preexec_fn=with_default_signals,
    )
    time.sleep(generator.uniform(0.1, 1.1) * seconds)
    engines = _children(process.pid)
    number = generator.choice(_SIGNALS)
    process.send_signal(number)
    code = process.wait()
    found["killed"] += 1
    if code == 0:
        found["completed"] += 1
    else:
        # Before Python has started, a signal ends the process itself.
        found["other_code"] += code not in (_CODES[number], -number)
    found["running"] += any(_runs_on(engine) for engine in engines)
    after = state(target)
    found["mixed"] += after == MIXED
    found["lost"] += old and after == NOTHING
    _sweep_by_next_run(target, folder, found)


def _sweep_by_next_run(target: Path, folder: Path, found: Counter) -> None:
    finish_moves(target)
    finish_moves(folder)
    found["leftovers"] += bool(leftovers(target))


def _children(process_id: int) -> list[int]:
    path = Path(f"/proc/{process_id}/task/{process_id}/children")
    try:
        return [int(word) for word in path.read_text(encoding="utf-8").split()]
    except OSError:
        return []


def _runs_on(process_id: int) -> bool:
    end = time.monotonic() + _ORPHAN_SECONDS
    while time.monotonic() < end:
        try:
            os.kill(process_id, 0)
            if (
                "Z"
                in Path(f"/proc/{process_id}/stat").read_text(encoding="utf-8").split(")")[1][:3]
            ):
                return False
        except OSError:
            return False
        time.sleep(0.05)
    return True
