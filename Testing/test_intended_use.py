"""Where a user chooses and where a result leaves the program, it is said what HERMES is for."""

import argparse
import re
from pathlib import Path

from HermesLib.cli.main import build_parser
from HermesLib.cohorts.page import page_html
from HermesLib.intended_use import INTENDED_USE, RESEARCH_ONLY
from HermesLib.io.algorithm import Algorithm
from HermesLib.report.document import Network, Provenance

ROOT = Path(__file__).parents[1]


def test_every_command_says_it_in_its_help():
    parser = build_parser()
    (commands,) = (a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    for shown in (parser, *commands.choices.values()):
        assert INTENDED_USE in re.sub(r"\s+", " ", shown.format_help()), shown.prog


def test_reports_and_dicom_objects_say_it():
    quality = Network("qc", "0" * 64)
    made = Provenance("1.0", ("refine",), 0, "cpu", "p", None, quality, "raw", "0" * 64).to_json()
    assert made["intended_use"] == INTENDED_USE
    # Also of a report that does not.
    del made["intended_use"]
    stated = dict(part.split("=") for part in Algorithm.from_provenance(made).text.split(","))
    assert stated["use"] == RESEARCH_ONLY


def test_the_page_of_a_cohort_and_the_panel_say_it():
    assert INTENDED_USE in page_html([], {})
    panel = (ROOT / "HermesSegment" / "Resources" / "UI" / "HermesSegment.ui").read_text("utf-8")
    assert f"<string>{INTENDED_USE}</string>" in panel


def test_readme_and_site_say_it():
    assert "Not a medical device" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert "Not a medical device" in (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
