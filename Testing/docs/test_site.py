"""The site: built without a warning, nothing from a network, nothing of the program left out."""

import argparse
import html
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import HermesLib
from HermesLib.cli.main import build_parser

pytest.importorskip("mkdocs", reason="mkdocs is not installed: pip install .[docs]")
ROOT = Path(__file__).parents[2]
SCHEMA = "HermesLib/report/report.schema.json"
#: What a browser fetches by itself, by tag.
FETCHED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}


class Links(HTMLParser):
    """Collects what a page links to and what it fetches."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.linked: list[str] = []
        self.fetched: list[str] = []
        self.anchors: set[str] = set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.anchors.add(values.get("id", ""))
        if tag == "a" and "href" in values:
            self.linked.append(values["href"])
        if tag in FETCHED and values.get("rel") != "canonical":
            self.fetched.append(values.get(FETCHED[tag], ""))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; every warning is an error."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(ROOT)}
    built = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    assert built.returncode == 0, built.stdout + built.stderr
    assert "WARNING" not in built.stdout + built.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Links]:
    return {page: Links(page) for page in site.rglob("*.html") if page.name != "tables.html"}


def test_every_link_leads_to_a_page_and_a_heading_of_the_site(site: Path, pages: dict[Path, Links]):
    assert len(pages) > 40
    for page, links in pages.items():
        for target in links.linked:
            parts = urlsplit(html.unescape(target))
            if parts.scheme or parts.netloc:
                assert parts.scheme in ("https", "mailto"), f"{page.name}: {target}"
                continue
            if page.name == "404.html":
                continue
            linked = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            linked = linked / "index.html" if linked.is_dir() else linked
            assert linked.is_file(), f"{page.relative_to(site)}: {target}"
            if parts.fragment and linked in pages and not parts.fragment.startswith("__"):
                assert unquote(parts.fragment) in pages[linked].anchors, f"{page}: {target}"


def test_a_page_fetches_nothing_from_a_network(site: Path, pages: dict[Path, Links]):
    for page, links in pages.items():
        fetched = [urlsplit(target) for target in links.fetched]
        assert not [part for part in fetched if part.netloc or part.scheme not in ("", "data")], (
            page
        )
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(@import|url\()\s*['\"]?(https?:)?//", sheet.read_text("utf-8")), (
            sheet
        )


def test_the_command_line_is_there_with_every_option(site: Path):
    text = html.unescape(
        (site / "reference" / "command-line" / "index.html").read_text(encoding="utf-8")
    )
    parsers = [build_parser()]
    for parser in parsers:
        assert parser.prog in text
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                parsers.extend(action.choices.values())
            for option in action.option_strings:
                assert option in ("-h", "--help") or option in text, f"{parser.prog} {option}"


def test_the_python_api_is_there_with_every_public_name(site: Path):
    text = (site / "reference" / "python" / "index.html").read_text(encoding="utf-8")
    for name in HermesLib.__all__:
        assert name == "__version__" or re.search(rf'id="HermesLib\.[\w.]*\b{name}"', text), name
    assert ":class:" not in text and ":func:" not in text


def test_every_key_of_the_report_is_there(site: Path):
    text = (site / "reference" / "report-schema" / "index.html").read_text(encoding="utf-8")

    def keys(node: object) -> set[str]:
        if isinstance(node, list):
            return set().union(*map(keys, node)) if node else set()
        if not isinstance(node, dict):
            return set()
        own = set(node.get("properties", {}))
        return own.union(*map(keys, node.values()))

    for key in keys(json.loads((ROOT / SCHEMA).read_text(encoding="utf-8"))):
        assert f"<code>{key}</code>" in text, key
