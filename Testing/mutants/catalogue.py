"""The catalogue of faults: one file a package, ``*.toml``; README.md describes the format."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]


@dataclass(frozen=True)
class Mutant:
    """A fault in one place of the code.

    Attributes:
        package: name of the catalogue's file.
        fault: what a user would see.
        file: path in the repository.
        old, new: the code, and the code with the fault.
        tests: paths of the tests that should notice.
    """

    package: str
    fault: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


def read_catalogue(packages: list[str] | None = None) -> list[Mutant]:
    """The faults of some packages, by default of all."""
    mutants = []
    for path in sorted(FOLDER.glob("*.toml")):
        if packages and path.stem not in packages:
            continue
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        for entry in content["mutant"]:
            tests = tuple(entry.pop("tests", content["tests"]))
            mutants.append(Mutant(package=path.stem, tests=tests, **entry))
    return mutants
