"""Troubleshooting: an error that does not say what to do has its line on the page."""

import re
from itertools import pairwise

import pytest

from Testing.docs.error_texts import ROOT, VALUE, ErrorText, error_texts

PAGE = ROOT / "docs" / "troubleshooting.md"


@pytest.fixture(scope="module")
def errors() -> list[ErrorText]:
    return error_texts()


@pytest.fixture(scope="module")
def lines() -> list[str]:
    """The beginnings of messages that the page explains."""
    rows = re.findall(r"^\| (`.*?) \| .+ \|$", PAGE.read_text(encoding="utf-8"), re.M)
    return [message for row in rows for message in re.findall(r"`([^`]+)`", row)]


def test_an_error_says_what_to_do_or_is_explained(errors: list[ErrorText], lines: list[str]):
    assert len(errors) > 350
    unexplained = [
        f"{error.place}: {error.text}"
        for error in errors
        if not error.says_what_to_do and not error.text.startswith(tuple(lines))
    ]
    assert unexplained == [], "say in the message what to do, or add a row to the page"


def test_the_page_explains_only_what_is_said(errors: list[ErrorText], lines: list[str]):
    texts = [error.text for error in errors]
    stale = [line for line in lines if not any(text.startswith(line) for text in texts)]
    assert stale == []


def test_each_line_can_be_searched_for_and_stands_once(lines: list[str]):
    assert all(first != second for first, second in pairwise(sorted(lines)))
    # One or two messages are nothing but values: they are about an option or a command.
    short = [line for line in lines if len(re.sub(rf"[^a-z]|{VALUE}", "", line)) < 5]
    assert short == ["--… …"]


def test_rules_of_what_says_what_to_do():
    def says(text: str) -> bool:
        return ErrorText(text, "").says_what_to_do

    assert says("… is empty; choose another guide") and says("give either a preset or an organ")
    assert says("DICOM SEG needs highdicom: pip install '…'") and says("no label …; it has …")
    assert not says("… wrote no map") and not says("the settings of the run are damaged")
