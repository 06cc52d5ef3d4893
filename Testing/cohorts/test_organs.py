"""Which organs of an image there are to judge, and by which guide."""

import json

import numpy as np
import pytest
import SimpleITK

from HermesLib.cohorts.organs import organ_tasks
from HermesLib.errors import HermesError
from HermesLib.io.label_names import read_label_names
from Testing.cohorts.made_organs import NAMES, SHAPE, as_image, label_map, write_organs


@pytest.fixture
def made(tmp_path):
    return write_organs(tmp_path)


def test_each_file_is_an_organ_with_the_guide_of_its_name(made):
    image, masks, guides = made
    found = organ_tasks(image, masks, str(guides))
    assert [task.name for task in found.tasks] == list(NAMES)
    assert all(task.guide == str(guides / f"{task.name}.nii.gz") for task in found.tasks)
    by_name = {task.name: task for task in found.tasks}
    assert by_name["kidney_left"].organ == "kidney_left" and not by_name["kidney_left"].note
    assert by_name["vertebrae_L1"].organ == "other"
    assert "taken as any structure" in by_name["vertebrae_L1"].note


def test_what_is_empty_missing_or_broken_costs_no_other_organ(made):
    image, masks, guides = made
    nothing = as_image(np.zeros(SHAPE, np.uint8))
    for folder in (masks, guides):
        SimpleITK.WriteImage(nothing, str(folder / "liver.nii.gz"))
    SimpleITK.WriteImage(nothing, str(masks / "aorta.nii.gz"))
    (guides / "spleen.nii.gz").unlink()
    (masks / "stomach.nii.gz").write_bytes(b"no image")
    (masks / "pancreas.nii.gz").unlink()
    found = organ_tasks(image, masks, str(guides))
    problems = {task.name: task.problem for task in found.tasks}
    # The guide knows an aorta: an empty mask of it is wrong, and judged.
    assert "aorta" in problems and "stomach" in problems
    assert found.empty == ["liver"] and found.unmatched == ["pancreas"]
    assert problems["spleen"] == "no guide named spleen"
    by_judge = organ_tasks(image, masks)
    assert by_judge.empty == ["aorta", "liver"] and not any(t.problem for t in by_judge.tasks)


def test_a_label_map_needs_the_names_of_its_values(made, tmp_path):
    image, _, guides = made
    path = tmp_path / "all.nii.gz"
    SimpleITK.WriteImage(label_map(), str(path))
    names = {place + 1: name for place, name in enumerate(NAMES)}
    tasks = organ_tasks(image, path, str(path), names).tasks
    assert [(task.name, task.labels) for task in tasks] == [(n, (v,)) for v, n in names.items()]
    assert all(task.guide == str(path) and task.guide_labels == task.labels for task in tasks)
    assert organ_tasks(image, path, str(guides), names).tasks[0].guide_labels is None
    with pytest.raises(HermesError, match="--label-names TABLE; it has the values 1, 2"):
        organ_tasks(image, path)
    with pytest.raises(HermesError, match="no organ for the values 10"):
        organ_tasks(image, path, None, {k: v for k, v in names.items() if k != 10})


def test_one_guide_is_not_taken_for_several_organs(made, tmp_path):
    image, masks, guides = made
    with pytest.raises(HermesError, match=r"one guide, liver\.nii\.gz, for 10 organs"):
        organ_tasks(image, masks, str(guides / "liver.nii.gz"))
    with pytest.raises(HermesError, match="no guide 'nobody'"):
        organ_tasks(image, masks, "nobody")
    (tmp_path / "empty").mkdir()
    with pytest.raises(HermesError, match="has no masks"):
        organ_tasks(image, tmp_path / "empty")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("dataset.json", json.dumps({"labels": {"background": 0, "liver": 1, "spleen": 2}})),
        ("classes.json", json.dumps({"1": "liver", "2": "spleen"})),
        ("table.csv", "value,organ\n1,liver\n2,spleen\n"),
        ("colours.ctbl", "# Slicer\n0 background 0 0 0 0\n1 liver 9 9 9 255\n2 spleen 8 8 8 255\n"),
        ("names.txt", "liver: 1\nspleen: 2\n"),
    ],
)
def test_tables_of_names_as_programs_write_them(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    assert read_label_names(tmp_path / name) == {1: "liver", 2: "spleen"}


@pytest.mark.parametrize("text", ["", "liver\nspleen\n", "1,liver\n1,spleen\n"])
def test_a_table_that_names_nothing_or_twice_is_refused(tmp_path, text):
    (tmp_path / "names.csv").write_text(text)
    with pytest.raises(HermesError, match=r"names\.csv (names no labels|gives value 1 two names)"):
        read_label_names(tmp_path / "names.csv")
