"""The user decides who trains and who is tested, whatever the patients are called."""

import json
from pathlib import Path

import pytest

from HermesLib.datasets.splits import Split, SplitOptions, read_split
from HermesLib.datasets.training_dataset import TrainingDataset, read_datasets
from HermesLib.errors import HermesError
from HermesLib.evaluation.cases import CaseSelection, select_cases
from Testing.datasets.made import make_slices


def parts_of(dataset: TrainingDataset, options: SplitOptions, said: list[str]) -> Split:
    data = read_datasets([dataset], options, 0, said.append)
    split = data.split
    listed = {*split.train, *split.validation, *split.test}
    assert {one.patient for one in data.slices} == listed
    assert not listed & set(data.left_out)
    return split


@pytest.mark.parametrize("name", ["btcv", "prostatex", "ProstateX", "mine"])
def test_patients_train_and_are_evaluated_whatever_the_data_set_is_called(
    tmp_path: Path, name: str
):
    dataset = make_slices(tmp_path / "data", name, [1, 2, 3, 4, 5, 22])
    said: list[str] = []
    split = parts_of(dataset, SplitOptions(), said)
    listed = {*split.train, *split.validation, *split.test}
    assert listed == {f"{name}-{number}" for number in (1, 2, 3, 4, 5, 22)}
    cases = select_cases(f"slices:{dataset.folder}", "liver", CaseSelection(), said.append)
    assert {case.identity for case in cases} == listed
    assert said == []


def test_a_folders_split_file_decides_who_trains_and_what_it_leaves_out_is_reported(
    tmp_path: Path,
):
    dataset = make_slices(tmp_path / "data", "mine", [1, 2, 3, 4, 5])
    plain = {"train": ["mine-2", "mine-4"], "validation": ["mine-1"], "test": ["mine-3", "mine-9"]}
    (dataset.folder / "split.json").write_text(json.dumps(plain), encoding="utf-8")
    said: list[str] = []
    split = parts_of(dataset, SplitOptions(), said)
    assert split == Split(("mine-2", "mine-4"), ("mine-1",), ("mine-3",))
    (line,) = said
    assert "left out" in line and "1 patient (mine-5)" in line

    other = tmp_path / "other.json"
    other.write_text(json.dumps({"train": ["mine-5"], "validation": ["mine-4"]}), encoding="utf-8")
    split = parts_of(dataset, SplitOptions(file=other), said)
    assert split == Split(("mine-5",), ("mine-4",))


def test_patients_named_to_be_left_out_are_never_read_and_reported(tmp_path: Path):
    dataset = make_slices(tmp_path / "data", "study", [1, 10, 11, 2, 3])
    said: list[str] = []
    options = SplitOptions(leave_out=("STUDY-1*",), validation=0.5, test=0)
    split = parts_of(dataset, options, said)
    assert {*split.train, *split.validation} == {"study-2", "study-3"}
    assert said == ["left out on request: 3 patients (study-1, study-10, study-11)"]


def test_evaluation_measures_the_test_part_of_a_split_and_reports_what_it_leaves_out(
    tmp_path: Path,
):
    dataset = make_slices(tmp_path / "data", "mine", [1, 2, 3, 4])
    data = f"slices:{dataset.folder}"
    plain = {"train": ["mine-1", "mine-2"], "test": ["mine-3"]}
    (dataset.folder / "split.json").write_text(json.dumps(plain), encoding="utf-8")

    def measured(**selection: object) -> tuple[list[str], list[str]]:
        said: list[str] = []
        cases = select_cases(data, "liver", CaseSelection(**selection), said.append)
        return [case.identity for case in cases], said

    assert measured() == (
        ["mine-3"],
        [
            "left out: 2 patients that the split lists as train",
            "left out: 1 patient that the split does not list",
        ],
    )
    assert measured(part="train")[0] == ["mine-1", "mine-2"]
    assert measured(patients=("mine-4",)) == (["mine-4"], ["left out: 3 patients not named"])
    with pytest.raises(HermesError, match="no patient that the split lists as validation"):
        measured(part="validation")
    with pytest.raises(HermesError, match="no such patient: mine-7"):
        measured(patients=("mine-7",))


def test_a_family_makes_patients_of_two_folders_the_same_and_a_drive_letter_is_no_family():
    assert TrainingDataset.parse("slices:data/ct:mine").family == "mine"
    drive = TrainingDataset.parse(r"decathlon:C:\data\liver")
    assert (str(drive.folder), drive.family) == (r"C:\data\liver", None)
    assert TrainingDataset.parse(r"decathlon:C:\data\liver:mine").family == "mine"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not JSON"),
        ('{"training": []}', "an object with the keys train, validation, test"),
        ('{"train": "mine-1"}', "not a list"),
        ('{"train": ["mine-1"], "test": ["mine-1"]}', "lists mine-1 in two parts"),
    ],
)
def test_a_file_that_is_not_a_split_is_refused_by_name(tmp_path: Path, content: str, message: str):
    path = tmp_path / "split.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(HermesError, match=message) as error:
        read_split(path)
    assert "split.json" in str(error.value)
