"""report.json follows its schema; report.csv has a row for every iteration."""

import csv
import dataclasses
import json
from pathlib import Path

import jsonschema
import pytest

import HermesLib.report
from HermesLib.refinement.events import Status
from HermesLib.refinement.marks import Mark
from HermesLib.report.document import build_report, summarise, write_csv, write_json
from Testing.report.runs import PROVENANCE, results_of, slice_events

SCHEMA = json.loads(
    (Path(HermesLib.report.__file__).parent / "report.schema.json").read_text(encoding="utf-8")
)
RESULTS = results_of(
    slice_events(4, [0.3, 0.7, 0.6], Status.STOPPED, "scribbles", dsc=0.5),
    slice_events(5, [0.2, 0.95], Status.ACCEPTED, "clicks", dsc=0.9),
    slice_events(6, [0.1], Status.FAILED, "box", dsc=0.1),
    slice_events(7, [0.8], Status.ABSENT, None, dsc=1.0, empty=True),
)


@pytest.mark.parametrize(
    ("results", "provenance"),
    [
        (RESULTS, PROVENANCE),
        (
            results_of(slice_events(0, [0.9], Status.ABSENT, None, empty=True)),
            dataclasses.replace(PROVENANCE, model=None),
        ),
    ],
)
def test_every_report_fits_the_schema(results, provenance):
    jsonschema.validate(
        json.loads(json.dumps(build_report(results, provenance, 2.0, (1.0, 1.0), None, {}))), SCHEMA
    )


def test_the_schema_rejects_a_missing_or_unknown_field():
    report = build_report(RESULTS, PROVENANCE, 2.0, (1.0, 1.0), None, {})
    del report["summary"]["mean_pdsc"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(report, SCHEMA)
    report = build_report(RESULTS, PROVENANCE, 2.0, (1.0, 1.0), None, {})
    report["slices"][0]["patient"] = "x"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(report, SCHEMA)


def test_the_summary_counts_each_status_and_means_leave_absent_slices_out():
    summary = summarise(RESULTS, 12.3456, {})
    assert [
        summary[status] for status in ("slices", "accepted", "stopped", "absent", "failed")
    ] == [4, 1, 1, 1, 1]
    assert summary["mean_pdsc"] == pytest.approx((0.7 + 0.95 + 0.1) / 3)
    assert summary["mean_iterations"] == pytest.approx((2 + 1 + 0) / 3)
    assert summary["seconds"] == 12.346


def test_the_summary_states_volume_and_quality_of_the_whole():
    large = slice_events(5, [0.9], Status.ACCEPTED)
    small = slice_events(6, [0.5], Status.STOPPED, empty=True)
    alone = summarise(results_of(large), 1, {}, voxel_mm3=2.0)
    pixels = int(large[0].mask.sum())
    assert alone["volume_ml"] == pytest.approx(pixels * 2 / 1000)
    # A slice without a pixel has no share in the whole, however it was scored.
    assert alone["whole_pdsc"] == summarise(results_of(large, small), 1, {})["whole_pdsc"] == 0.9
    nothing = summarise(results_of(small), 1, {})
    assert (nothing["whole_pdsc"], nothing["volume_ml"]) == (None, None)


def test_an_absent_slice_counts_in_the_mean_true_dice_only_if_it_is_wrong():
    correct = slice_events(7, [0.8], Status.ABSENT, None, dsc=1.0, empty=True)
    wrong = slice_events(8, [0.8], Status.ABSENT, None, dsc=0.0, empty=True)
    present = slice_events(5, [0.95], Status.ACCEPTED, dsc=0.9)
    assert summarise(results_of(present, correct), 1, {})["mean_dsc"] == pytest.approx(0.9)
    assert summarise(results_of(present, correct, wrong), 1, {})["mean_dsc"] == pytest.approx(0.45)
    assert (
        summarise(results_of(slice_events(5, [0.95], Status.ACCEPTED)), 1, {})["mean_dsc"] is None
    )


def test_a_slice_reports_its_best_iteration_and_all_of_them():
    entry = build_report(RESULTS, PROVENANCE, 1, (1.0, 1.0), None, {})["slices"][0]
    assert (entry["index"], entry["status"], entry["best"], entry["pdsc"], entry["dsc"]) == (
        4,
        "stopped",
        1,
        0.7,
        0.5,
    )
    assert [
        (step["index"], step["pdsc"], step["prompt"]["kind"]) for step in entry["iterations"]
    ] == [
        (0, 0.3, "scribbles"),
        (1, 0.7, "scribbles"),
        (2, 0.6, "scribbles"),
    ]


def test_the_table_has_a_row_per_slice_and_iteration_and_marks_the_result(tmp_path: Path):
    write_csv(tmp_path / "report.csv", RESULTS, {})
    with open(tmp_path / "report.csv", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 7
    marked = [(row["slice_index"], row["iteration_index"]) for row in rows if row["best"] == "1"]
    assert marked == [("4", "1"), ("5", "1"), ("6", "0"), ("7", "0")]
    assert [row["slice_number"] for row in rows[:2]] == ["5", "5"], "people count from 1"
    assert json.loads(rows[-1]["prompt"]) == {"kind": "none"}, (
        "no model was called on the absent slice"
    )


def test_the_written_json_equals_the_report(tmp_path: Path):
    report = build_report(RESULTS, PROVENANCE, 1, (1.0, 1.0), None, {})
    write_json(tmp_path / "report.json", report)
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8")) == report


def test_marks_are_in_the_report_its_summary_and_the_table(tmp_path: Path):
    marks = {4: (Mark.ABRUPT_END, Mark.GAP), 7: (Mark.GAP,), 5: (), 6: ()}
    report = build_report(RESULTS, PROVENANCE, 1, (1.0, 1.0), None, marks)
    jsonschema.validate(json.loads(json.dumps(report)), SCHEMA)
    reported = {entry["index"]: entry["marks"] for entry in report["slices"] if entry["marks"]}
    assert reported == {4: ["abrupt-end", "gap"], 7: ["gap"]}
    assert report["summary"]["marked"] == 2
    write_csv(tmp_path / "report.csv", RESULTS, marks)
    with open(tmp_path / "report.csv", encoding="utf-8") as stream:
        rows = {row["slice_index"]: row["marks"] for row in csv.DictReader(stream)}
    assert rows == {"4": "abrupt-end gap", "5": "", "6": "", "7": "gap"}


def test_a_slice_reports_the_interval_of_its_result_and_whether_it_is_familiar():
    results = results_of(*(slice_events(k, [0.4, 0.8], Status.STOPPED) for k in (3, 5)))
    report = build_report(results, PROVENANCE, 1, (1.0, 1.0), [5], {})
    first, second = report["slices"]
    assert (first["pdsc_low"], first["pdsc"], first["pdsc_high"]) == pytest.approx((0.4, 0.8, 0.9))
    assert (first["familiar"], second["familiar"]) == (True, False)


def test_many_slices_make_the_interval_of_the_whole_no_narrower():
    one = summarise(results_of(slice_events(0, [0.8], Status.ACCEPTED)), 1, {})
    slices = (slice_events(index, [0.8], Status.ACCEPTED) for index in range(40))
    many = summarise(results_of(*slices), 1, {})
    names = ("whole_pdsc_low", "whole_pdsc", "whole_pdsc_high")
    assert [many[name] for name in names] == [one[name] for name in names]
    assert one["whole_pdsc_low"] < one["whole_pdsc"] < one["whole_pdsc_high"]
