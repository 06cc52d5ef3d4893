"""All fault tests in full: ``python -m Testing.reliability`` (``make reliability``).

Every part writes its figures as soon as it has them; a part that is in the file already is not
repeated, so that an interrupted command goes on.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from HermesLib.io.whole_file import write_whole
from Testing.reliability.kills import kill_runs
from Testing.reliability.random_inputs import try_inputs
from Testing.reliability.volumes import run_volumes

#: How many of each, in full.
KILLS, INPUTS, VOLUMES = 150, 10_000, 500
#: Inputs are counted in parts of so many.
_PART = 500
#: Tests with a fixed number of cases.
_FILES = ("test_full_disk.py", "test_streams.py", "test_publishing.py", "test_hung_engine.py")


class _Counts:
    """Counts what pytest reports."""

    def __init__(self) -> None:
        self.counts: Counter = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the outcome of one test."""
        if report.when == "call" or report.failed or report.skipped:
            self.counts[report.outcome] += 1


def _fixed() -> dict[str, Any]:
    counts = _Counts()
    here = Path(__file__).parent
    pytest.main(["-q", "-p", "no:cacheprovider", *(str(here / name) for name in _FILES)], [counts])
    return dict(counts.counts)


def _inputs(folder: Path, count: int) -> dict[str, Any]:
    counts: Counter = Counter()
    examples: list[str] = []
    for first in range(0, count, _PART):
        found = try_inputs(folder, min(_PART, count - first), first)
        counts.update(found.counts)
        examples += found.examples
        print(f"  {first + _PART} inputs: {dict(counts)}", file=sys.stderr, flush=True)
    return {**counts, "examples": examples[:20]}


def _failed(name: str, figures: dict[str, Any]) -> bool:
    if name == "kills":
        return any(figures[key] for key in ("mixed", "lost", "leftovers", "running", "other_code"))
    if name == "inputs":
        return bool(figures.get("wrong") or figures.get("failure"))
    if name == "volumes":
        same = all(
            figures[f"{key}_first"] == figures[f"{key}_last"] for key in ("handles", "threads")
        )
        return bool(figures["failed"]) or figures["growth"] > 0.02 or not same
    return bool(figures.get("failed"))


def main() -> int:
    """Run all parts, print a table; 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m Testing.reliability", description=__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="of the numbers (default 1)")
    parser.add_argument("--only", choices=["kills", "inputs", "volumes", "fixed"], nargs="+")
    parser.add_argument("-o", "--output", type=Path, default=Path("reliability.json"))
    arguments = parser.parse_args()
    number = {"kills": KILLS, "inputs": INPUTS, "volumes": VOLUMES}
    counts = {name: max(1, round(count * arguments.share)) for name, count in number.items()}
    parts: dict[str, Callable[[Path], dict[str, Any]]] = {
        "fixed": lambda folder: _fixed(),
        "kills": lambda folder: kill_runs(folder, counts["kills"]),
        "volumes": lambda folder: run_volumes(folder, counts["volumes"]),
        "inputs": lambda folder: _inputs(folder, counts["inputs"]),
    }
    figures: dict[str, Any] = {}
    if arguments.output.is_file():
        figures = json.loads(arguments.output.read_text(encoding="utf-8"))
    for name in arguments.only or parts:
        if name in figures:
            continue
        started = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            found = parts[name](Path(folder))
        figures[name] = {**found, "seconds": round(time.monotonic() - started)}
        write_whole(arguments.output, json.dumps(figures, indent=1) + "\n")
    for name, found in figures.items():
        verdict = "BROKEN" if _failed(name, found) else "held"
        print(f"{name}: {verdict}; {', '.join(f'{key} {value}' for key, value in found.items())}")
    return int(any(_failed(name, found) for name, found in figures.items()))


if __name__ == "__main__":
    sys.exit(main())
