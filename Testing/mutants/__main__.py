"""Put every fault of the catalogue into a copy of the code, and see whether the tests notice.

python -m Testing.mutants [PACKAGE ...] [--jobs N] [--output FILE] [--again FILE]

The tests run in a folder without patient data, as in a fresh clone. The exit code is 1 if more than
a tenth of the faults survive.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue

from Testing.mutants.catalogue import ROOT, Mutant, read_catalogue

#: Large, and no fault is put there.
LINKED = ("Resources",)
LEFT_OUT = (".git", ".venv", "__pycache__", "htmlcov", "build", "dist", "hermes-demo", "*_cache")
#: A fault may make the loop endless.
LIMIT_SECONDS = 900
LEAST_CAUGHT = 0.9
_NO_TESTS_FAILED, _TESTS_FAILED = 0, 1


@contextmanager
def copies(count: int) -> Iterator["SimpleQueue[Path]"]:
    """Copies of the repository for ``count`` runs side by side."""
    with tempfile.TemporaryDirectory(prefix="hermes-mutants-") as folder:
        free: SimpleQueue[Path] = SimpleQueue()
        for number in range(count):
            copy = Path(folder) / str(number) / "hermes"
            ignored = shutil.ignore_patterns(*LEFT_OUT, *LINKED)
            shutil.copytree(ROOT, copy, ignore=ignored)
            for name in LINKED:
                (copy / name).symlink_to(ROOT / name)
            free.put(copy)
        yield free


def outcome(mutant: Mutant, free: "SimpleQueue[Path]") -> str:
    """``survived``, or which test noticed."""
    copy = free.get()
    path = copy / mutant.file
    code = path.read_text(encoding="utf-8")
    try:
        path.write_text(code.replace(mutant.old, mutant.new), encoding="utf-8")
        return noticed(copy, mutant.tests)
    finally:
        path.write_text(code, encoding="utf-8")
        free.put(copy)


def unchanged(tests: tuple[str, ...], free: "SimpleQueue[Path]") -> str:
    """The outcome of tests on the code as it is; what they notice then is none of the faults."""
    copy = free.get()
    try:
        return noticed(copy, tests)
    finally:
        free.put(copy)


def noticed(copy: Path, tests: tuple[str, ...]) -> str:
    """``survived``, or the first test of ``tests`` that fails in a copy."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(copy),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "OMP_WAIT_POLICY": "PASSIVE",
    }
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    try:
        run = subprocess.run(
            command,
            cwd=copy,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            timeout=LIMIT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return "caught: the tests did not end"
    if run.returncode == _NO_TESTS_FAILED:
        return "survived"
    if run.returncode != _TESTS_FAILED:
        return f"caught: pytest ended with {run.returncode}"
    failed = [line for line in run.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return f"caught: {failed[0].split(' - ')[0].split(' ', 1)[1]}" if failed else "caught"


def main() -> int:
    """Run the catalogue, print each outcome and the share of faults that were noticed."""
    parser = argparse.ArgumentParser(prog="python -m Testing.mutants", description=__doc__)
    parser.add_argument("packages", nargs="*", metavar="PACKAGE")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--output", type=Path, help="a JSON file of all outcomes")
    parser.add_argument("--again", type=Path, help="only what survived in such a file")
    arguments = parser.parse_args()
    mutants = read_catalogue(arguments.packages)
    if arguments.again:
        earlier = json.loads(arguments.again.read_text("utf-8"))
        survived = {entry["fault"] for entry in earlier if entry["outcome"] == "survived"}
        mutants = [mutant for mutant in mutants if mutant.fault in survived]
    outcomes: list[dict[str, str]] = []
    with copies(arguments.jobs) as free, ThreadPoolExecutor(arguments.jobs) as pool:
        for tests in sorted({mutant.tests for mutant in mutants}):
            if (before := unchanged(tests, free)) != "survived":
                parser.error(f"the tests {' '.join(tests)} fail without a fault: {before}")
        for mutant, ended in zip(
            mutants, pool.map(lambda mutant: outcome(mutant, free), mutants), strict=True
        ):
            print(f"{mutant.package}: {mutant.fault}: {ended}", flush=True)
            outcomes.append({"package": mutant.package, "fault": mutant.fault, "outcome": ended})
            if arguments.output:
                arguments.output.write_text(json.dumps(outcomes, indent=1) + "\n", "utf-8")
    survivors = sum(entry["outcome"] == "survived" for entry in outcomes)
    caught = len(outcomes) - survivors
    print(f"{caught} of {len(outcomes)} faults were noticed, {survivors} survived")
    return int(caught < LEAST_CAUGHT * len(outcomes))


if __name__ == "__main__":
    sys.exit(main())
