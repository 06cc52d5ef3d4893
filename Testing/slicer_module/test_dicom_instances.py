"""The DICOM instance of a slice is what Slicer's DICOM database says, or nothing."""

import csv

import pytest
import slicer

from HermesSegmentLib import review_report
from HermesSegmentLib.slice_names import dicom_instances
from Testing.slicer_module.dicom_series import write_series
from Testing.slicer_module.driving import click, play

pydicom = pytest.importorskip("pydicom")

#: Instance numbers from the first slice to the last: downwards, with a gap.
NUMBERS = [40, 31, 22, 13, 4, 3]


@pytest.fixture
def series(volume, tmp_path):
    """The volume's files, numbered as above, in the database."""
    paths = write_series(volume, tmp_path)
    for path, number in zip(paths, NUMBERS, strict=True):
        change(path, InstanceNumber=number)
        slicer.dicomDatabase.insert(str(path))
    yield paths
    slicer.dicomDatabase.initializeDatabase()


def change(path, **values) -> None:
    image = pydicom.dcmread(path)
    for name, value in values.items():
        setattr(image, name, value)
    image.save_as(path)


def column(panel) -> list[str]:
    """The column of instances in the table, by slice."""
    table = panel.ui.sliceTable
    rows = {table.item(row, 0).text(): table.item(row, 1).text() for row in range(table.rowCount)}
    return [] if table.isColumnHidden(1) else [rows[name] for name in sorted(rows)]


def test_heading_table_and_report_show_the_databases_numbers(panel, engine, series, tmp_path):
    click(panel.ui.runButton)
    play(panel, engine)
    assert column(panel) == ["22", "13", "4"]
    panel.reviewing.look_at(3)
    assert "13" in panel.ui.whereLabel.text and "DICOM" in panel.ui.whereLabel.text
    _json, table = review_report.write_report(panel.review, tmp_path / "report.json")
    with open(table, encoding="utf-8", newline="") as stream:
        assert [row["dicom_instance"] for row in csv.DictReader(stream)] == ["22", "13", "4"]


def test_numbers_are_found_by_position_whatever_the_order_of_the_instances(panel, volume, series):
    uids = volume.GetAttribute("DICOM.instanceUIDs").split()
    volume.SetAttribute("DICOM.instanceUIDs", " ".join(reversed(uids)))
    from HermesSegmentLib.slice_frame import frame_of

    assert dicom_instances(volume, frame_of(volume)) == dict(enumerate(NUMBERS))


@pytest.mark.parametrize(
    "wrong",
    [{"InstanceNumber": None}, {"ImagePositionPatient": None}],
    ids=["no number", "no position"],
)
def test_a_series_that_cannot_be_numbered_shows_no_column(panel, engine, volume, tmp_path, wrong):
    paths = write_series(volume, tmp_path)
    for place, path in enumerate(paths):
        if place in (2, 3):
            change(path, **wrong)
        slicer.dicomDatabase.insert(str(path))
    try:
        click(panel.ui.runButton)
        play(panel, engine)
        assert column(panel) == [] and "DICOM" not in panel.ui.whereLabel.text
    finally:
        slicer.dicomDatabase.initializeDatabase()


@pytest.mark.parametrize("state", ["closed", "none", "missing"])
def test_without_an_open_database_there_is_no_column(panel, engine, series, monkeypatch, state):
    if state == "closed":
        slicer.dicomDatabase.closeDatabase()
    elif state == "none":
        monkeypatch.setattr(slicer, "dicomDatabase", None)
    else:
        monkeypatch.delattr(slicer, "dicomDatabase")
    click(panel.ui.runButton)
    play(panel, engine)
    assert column(panel) == []
    monkeypatch.undo()
    slicer.dicomDatabase.openDatabase("ctkDICOM.sql")


def test_the_database_takes_text_only_as_pythonqt(series, volume):
    for wrong in (None, 13, b"1.2"):
        with pytest.raises(ValueError):
            slicer.dicomDatabase.instanceValue(wrong, "0020,0013")
    with pytest.raises(AttributeError):
        slicer.dicomDatabase.isOpen = False
