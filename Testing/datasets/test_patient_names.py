"""Whose image it is: the file's name tells, or the data set's table."""

import json
from pathlib import Path

import pytest

from HermesLib.datasets.folders import read_decathlon
from HermesLib.errors import HermesError
from HermesLib.evaluation.cases import decathlon_cases
from HermesLib.presets.registry import load_preset
from Testing.datasets.made import make_decathlon


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_decathlon(tmp_path, "CT", "liver", patients=3, slices=1)
    return tmp_path


def name_patients(folder: Path, names: list[object]) -> None:
    path = folder / "dataset.json"
    table = json.loads(path.read_text(encoding="utf-8"))
    for entry, name in zip(table["training"], names, strict=True):
        if name is not None:
            entry["patient"] = name
    path.write_text(json.dumps(table), encoding="utf-8")


def identities(folder: Path) -> list[str]:
    """Of every image, as training and as evaluation see them."""
    slices = read_decathlon(folder, load_preset("spleen-ct").intensity)
    cases = decathlon_cases(folder, "liver")
    assert [item.patient for item in slices] == [case.identity for case in cases]
    return [item.patient for item in slices]


def test_by_default_the_last_number_of_the_files_name_is_the_patient(folder: Path):
    assert identities(folder) == ["made-1", "made-2", "made-3"]


def test_the_table_may_name_the_patient_so_that_two_images_are_one_patients(folder: Path):
    name_patients(folder, ["anna", "anna", None])
    assert identities(folder) == ["made-anna", "made-anna", "made-3"]
    volumes = {
        item.place[:-1] for item in read_decathlon(folder, load_preset("spleen-ct").intensity)
    }
    assert len(volumes) == 3


def test_a_number_is_a_name_too(folder: Path):
    name_patients(folder, [7, "7", 8])
    assert identities(folder) == ["made-7", "made-7", "made-8"]


@pytest.mark.parametrize("name", ["", " ", True, ["a"], 1.5])
def test_what_is_no_name_gets_one_clear_line(folder: Path, name: object):
    name_patients(folder, [name, None, None])
    with pytest.raises(HermesError, match=r"patient of images/made_1.nii.gz in dataset.json"):
        identities(folder)
