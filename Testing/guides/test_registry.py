"""What is registered exists, is documented, and can be installed."""

import ast
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from HermesLib.guides.registry import GUIDES, known_specs

ROOT = Path(__file__).parents[2]
PROGRAMS = ROOT / "HermesLib" / "guides" / "programs"
WITH_PROGRAM = [entry for entry in GUIDES.values() if entry.program]


@pytest.mark.parametrize("entry", GUIDES.values(), ids=GUIDES)
def test_every_guide_is_described_and_can_be_drawn(entry):
    module, function = entry.draw.split(":")
    assert callable(getattr(import_module(module), function))
    page = (ROOT / "docs" / "guides.md").read_text(encoding="utf-8")
    assert entry.page in page and (entry.name == "file" or f"`{entry.name}" in page)
    assert entry.notice == "" or entry.notice.endswith(".")


@pytest.mark.parametrize("entry", WITH_PROGRAM, ids=lambda entry: entry.name)
def test_every_program_exists_and_its_package_is_an_extra_or_part_of_hermes(entry):
    assert (PROGRAMS / entry.program).is_file()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = project["optional-dependencies"].get(entry.extra, project["dependencies"])
    assert any(requirement.split(">=")[0] == entry.distribution for requirement in needed)


@pytest.mark.parametrize("path", sorted(PROGRAMS.glob("*.py")), ids=lambda path: path.name)
def test_programs_run_without_hermes_and_on_python_3_9(path):
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))
    modules = {
        name
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert not any(name.startswith("HermesLib") for name in modules)


def test_how_guides_are_written_is_listed():
    assert known_specs() == [
        "file:PATH",
        "totalsegmentator[:PATH]",
        "nnunet:PATH",
        "monai:PATH",
        "taps",
    ]
