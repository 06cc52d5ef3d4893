"""The pages of the documentation: links lead somewhere, commands exist, Python code runs."""

import re
import shlex
from pathlib import Path

import pytest

from HermesLib.cli.main import build_parser

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "Testing" / "README.md"])
README_LINES = 110


def page_name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def code_lines(page: Path) -> list[str]:
    """The lines of all code blocks."""
    lines: list[str] = []
    inside = False
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            inside = not inside
        elif inside:
            lines.append(line)
    return lines


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as the hosting sites make them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_links_between_pages_lead_to_files_and_headings(page: Path):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), target


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_commands_in_pages_exist_with_these_options(page: Path):
    parser = build_parser()
    for line in code_lines(page):
        if line.startswith("hermes "):
            parser.parse_args(shlex.split(line, comments=True)[1:])


def test_readme_is_short_and_wrapped():
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= README_LINES
    prose = [line for line in lines if not line.startswith(("|", "!["))]
    assert max(map(len, prose)) <= 120
