"""Rules of the project's layout: which package may import which, what product code may name."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from Testing.conftest import LONGEST

ROOT = Path(__file__).parents[1]
LIBRARY = ROOT / "HermesLib"
MOST_LINES = 300
#: Data sets of this project. Product code may mention them in comments, but not act on them. The
#: readers may: a user names a layout on the command line like a file format, and a reader knows
#: that layout, nothing else. No other product code names one; it reaches readers by their registry.
READERS = LIBRARY / "datasets" / "readers"
DATA_SETS = re.compile("prostatex|promise12|btcv|pi-?cai", re.IGNORECASE)


def python_files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def product_files() -> list[Path]:
    return [
        path
        for path in python_files("HermesLib", "HermesSegment")
        if LIBRARY / "research" not in path.parents
    ]


@cache
def nodes(path: Path) -> list[ast.AST]:
    """All nodes of a file's syntax tree."""
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def imported_modules(path: Path) -> Iterator[str]:
    """All modules that a file imports, also inside functions."""
    for node in nodes(path):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def package_graph() -> dict[str, set[str]]:
    """Which packages of HermesLib each package imports."""
    packages = {path.parent.name for path in LIBRARY.glob("*/__init__.py")}
    graph: dict[str, set[str]] = {package: set() for package in packages}
    for package in packages:
        for path in (LIBRARY / package).rglob("*.py"):
            for module in imported_modules(path):
                parts = module.split(".")
                if parts[0] == "HermesLib" and len(parts) > 1 and parts[1] in packages:
                    graph[package].add(parts[1])
        graph[package].discard(package)
    return graph


def strings_in_code(path: Path) -> Iterator[str]:
    """String literals of a file, without docstrings."""
    docstrings = {
        id(node.value)
        for node in nodes(path)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    constants = (node for node in nodes(path) if isinstance(node, ast.Constant))
    for node in constants:
        if isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def test_packages_do_not_import_each_other_in_circles():
    graph = package_graph()
    while graph:
        leaves = {package for package, imports in graph.items() if not imports & graph.keys()}
        assert leaves, f"circles among {sorted(graph)}"
        graph = {package: imports for package, imports in graph.items() if package not in leaves}


def test_only_research_imports_research():
    importers = {
        str(path.relative_to(ROOT))
        for path in product_files()
        if any(module.startswith("HermesLib.research") for module in imported_modules(path))
    }
    assert importers == set()


def test_product_code_does_not_act_on_the_projects_own_data_sets():
    named = {
        f"{path.relative_to(ROOT)}: {text}"
        for path in product_files()
        if READERS not in path.parents
        for text in strings_in_code(path)
        if DATA_SETS.search(text)
    }
    assert named == set()


def test_product_code_reaches_readers_of_data_sets_by_their_registry_alone():
    registry = (READERS / "registry.py").read_text(encoding="utf-8")
    readers = {
        f"HermesLib.datasets.readers.{name}" for name in re.findall(r"PACKAGE}\.(\w+):", registry)
    }
    assert len(readers) >= 8
    # A table of pairs is written, too.
    importers = {
        str(path.relative_to(ROOT))
        for path in product_files()
        if READERS not in path.parents
        and any(module in readers for module in imported_modules(path))
    }
    assert importers <= {"HermesLib/cli/data.py"}


@pytest.mark.parametrize("folder", ["HermesLib", "HermesSegment", "Testing", "examples"])
def test_files_are_short(folder: str):
    long = {
        str(path.relative_to(ROOT)): lines
        for path in python_files(folder)
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MOST_LINES
    }
    assert long == {}


def test_the_files_that_begin_first_exist():
    missing = {name for name in LONGEST if not (ROOT / "Testing" / name).is_file()}
    assert missing == set()
