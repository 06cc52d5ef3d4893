"""The way of a newcomer, from the sample to an organ of their own and a DICOM object."""

from pathlib import Path

import pytest

from Testing.docs.stranger import _PLACE, PAGE, USE, Step, take, way


@pytest.mark.long
def test_every_step_of_the_way_works_with_the_installed_command(tmp_path: Path):
    taken = way(tmp_path, install=False)
    assert [one.step for one in taken] == list(USE)
    assert all(one.processor > 0 for one in taken)


def test_the_page_has_a_place_for_the_seconds():
    assert len(_PLACE.findall(PAGE.read_text(encoding="utf-8"))) == 1


def test_a_step_that_fails_or_leaves_nothing_is_said(tmp_path: Path):
    for command in ("python -c 'raise SystemExit(3)'", "python -c 'pass'"):
        with pytest.raises(RuntimeError, match="ended with"):
            take(Step("fails", command, "nothing"), tmp_path, tmp_path)
