"""``hermes assess IMAGE FOLDER``: all organs of an image end in one table, worst first."""

import json
from pathlib import Path

import pytest
import SimpleITK

from Testing.cli.conftest import Hermes
from Testing.cohorts.made_organs import NAMES, SHIFTS, label_map, write_organs


@pytest.fixture
def made(tmp_path: Path) -> tuple[Path, Path, Path]:
    return write_organs(tmp_path)


def rows_of(output: Path) -> list[dict]:
    rows: list[dict] = json.loads((output / "cohort.json").read_text(encoding="utf-8"))["volumes"]
    return rows


def test_ten_organs_end_in_a_table_with_the_worst_first_and_a_page(hermes: Hermes, made, tmp_path):
    image, masks, guides = made
    output = tmp_path / "out"
    outcome = hermes("assess", image, masks, "--guide", guides, "-o", output, "--modality", "CT")
    assert outcome.code == 0, outcome.err
    rows = rows_of(output)
    worst = sorted(SHIFTS, key=lambda name: -SHIFTS[name])
    assert [row["name"] for row in rows[:3]] == worst and len(rows) == len(NAMES)
    assert {row["whole_pdsc"] for row in rows[3:]} == {1.0}
    assert outcome.out[-1] == f"10 of 10 organs finished; results in {output}"
    assert "no estimate of the true quality" in outcome.out[-2]
    other = next(row for row in rows if row["name"] == "vertebrae_L1")
    assert "taken as any structure" in other["reason"]
    assert any("vertebrae_L1" in line for line in outcome.err)
    page = (output / "cohort.html").read_text(encoding="utf-8")
    assert "10 of 10 organs finished" in page and ">Organ</th>" in page
    for name in NAMES:
        assert f'href="{name}/overview.png"' in page and (output / name / "overview.png").is_file()
    # Slices that differ, and those where the guide ends, which is what it knows least.
    assert "slices 1-6" in page and "slices 1-2, 5-6" in page

    # The same command goes on where it stopped.
    (output / "liver" / "task.json").unlink()
    again = hermes("assess", image, masks, "--guide", guides, "-o", output, "--modality", "CT")
    assert sum("finished before" in line for line in again.out) == 9


def test_the_organs_of_a_label_map_are_judged_one_by_one(hermes: Hermes, made, tmp_path):
    image, _, guides = made
    path, table, output = tmp_path / "all.nii.gz", tmp_path / "names.csv", tmp_path / "out"
    SimpleITK.WriteImage(label_map(3), str(path))
    table.write_text("".join(f"{place + 1},{name}\n" for place, name in enumerate(NAMES)))
    for name in ("aorta", *NAMES[3:]):
        (guides / f"{name}.nii.gz").unlink()
    words = ("assess", image, path, "--guide", guides, "-o", output)
    outcome = hermes(*words, "--label-names", table)
    assert outcome.code == 2
    # What is known of every organ is said once, in each place where a reader looks.
    assumed = "names no modality; it has values of air in Hounsfield units and is taken as CT"
    page = (output / "cohort.html").read_text(encoding="utf-8")
    for text in ("\n".join(outcome.out), "\n".join(outcome.err), page):
        assert text.count(assumed) == 1, text
    rows = rows_of(output)
    assert (rows[0]["name"], rows[0]["reason"]) == ("aorta", "no guide named aorta")
    assert [row["whole_pdsc"] for row in rows[1:]] == [1.0, 1.0]


def test_what_is_about_one_organ_is_refused_for_a_folder(hermes: Hermes, made, tmp_path):
    image, masks, _ = made
    for options, words in (
        ((), "name what judges the organs"),
        (("--organ", "liver", "--judge", "intensity"), "--organ is of one organ"),
        (("--truth", masks / "liver.nii.gz", "--judge", "intensity"), "--truth is of one organ"),
        (("--judge", "agreement"), "compares with an expected outline"),
    ):
        refused = hermes("assess", image, masks, "-o", tmp_path / "out", *options)
        assert refused.code == 2 and words in refused.err[-1]
        assert len(refused.err) == 1 and not (tmp_path / "out").exists()
