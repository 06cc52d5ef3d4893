"""``CITATION.cff`` is valid, and says the same as the page about citing."""

import re
from pathlib import Path

import pytest

import HermesLib

yaml = pytest.importorskip("yaml", reason="PyYAML is not installed: pip install .[docs]")
ROOT = Path(__file__).parents[2]
#: The parts of the Citation File Format 1.2.0 that are used: required keys, and those allowed.
REQUIRED = {"cff-version", "message", "title", "authors"}
ALLOWED = REQUIRED | {"type", "version", "license", "abstract", "keywords", "references", "doi"}
REFERENCE = {"type", "title", "authors", "journal", "year", "doi"}
DOI = re.compile(r"10\.\d{4,9}/\S+")


def test_the_file_follows_the_citation_file_format():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited.keys() >= REQUIRED and cited.keys() <= ALLOWED
    assert cited["cff-version"] == "1.2.0" and cited["type"] == "software"
    assert cited["version"] == HermesLib.__version__ and cited["license"] == "Apache-2.0"
    assert all(isinstance(word, str) for word in cited["keywords"])
    for reference in cited["references"]:
        assert reference.keys() == REFERENCE and reference["type"] == "article"
        assert all(
            author.keys() == {"family-names", "given-names"} for author in reference["authors"]
        )
        assert isinstance(reference["year"], int) and DOI.fullmatch(reference["doi"])


def test_file_and_page_name_the_same_dois():
    page = (ROOT / "docs" / "citation.md").read_text(encoding="utf-8")
    shown, linked = (
        re.findall(rf"{where}(10\.\d+/[^)\]\s]+)", page) for where in ("doi:", "doi.org/")
    )
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert shown == linked
    assert set(shown) == {reference["doi"] for reference in cited["references"]}
