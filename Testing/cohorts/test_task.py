"""Which volumes a cohort has, and the mask of each."""

from pathlib import Path

import pytest

from HermesLib.cohorts.row import State
from HermesLib.cohorts.task import Task, find_tasks, masks_without_image, unique_names
from HermesLib.cohorts.task_run import TaskRun
from HermesLib.engine.messages import AtWork
from HermesLib.errors import HermesError


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return folder


def dicom_series(folder: Path) -> Path:
    """A file that names itself DICOM, without an ending, as scanners export it."""
    folder.mkdir(parents=True)
    (folder / "IM0001").write_bytes(b"\0" * 128 + b"DICM")
    return folder


def names(tasks: list[Task]) -> list[str]:
    return [task.name for task in tasks]


def test_a_folder_gives_its_images_and_series_and_nothing_else(tmp_path):
    touch(tmp_path, "b.nii.gz", "a.nrrd", "slice.png", "notes.txt", "._a.nrrd", "results/a.nii.gz")
    dicom_series(tmp_path / "patient 3")
    tasks = find_tasks([tmp_path])
    assert names(tasks) == ["a", "b", "patient 3", "slice"]
    assert tasks[2].image == tmp_path / "patient 3"


def test_the_files_of_one_series_are_one_volume(tmp_path):
    series = dicom_series(tmp_path / "series")
    assert find_tasks([series]) == [Task("series", series)]


def test_a_folder_without_images_is_refused_in_one_line(tmp_path):
    with pytest.raises(HermesError, match="no images in"):
        find_tasks([touch(tmp_path, "notes.docx")])
    with pytest.raises(HermesError, match="no file or folder"):
        find_tasks([tmp_path / "nowhere"])


def test_lists_name_images_and_masks_relative_to_themselves(tmp_path):
    touch(tmp_path, "images/a.nii.gz", "images/b.nii.gz", "masks/x.nii.gz")
    text, table = tmp_path / "all.txt", tmp_path / "all.csv"
    text.write_text("images/a.nii.gz\n\nimages/gone.nii.gz\n", encoding="utf-8")
    table.write_text("image,mask\nimages/a.nii.gz,masks/x.nii.gz\nimages/b.nii.gz,\n")
    first, gone = find_tasks([text])
    assert (first.image, first.problem) == (tmp_path / "images/a.nii.gz", "")
    # One path that is wrong costs one volume, not the night.
    assert gone.problem == "no file or folder gone.nii.gz"
    assert [task.mask for task in find_tasks([table])] == [tmp_path / "masks/x.nii.gz", None]
    table.write_text("picture\na\n")
    with pytest.raises(HermesError, match="no column 'image'"):
        find_tasks([table])


def test_no_two_volumes_share_a_folder_of_results():
    tasks = [Task(name, None) for name in ("a", "b", "A", "a")]
    assert names(unique_names(tasks)) == ["a", "b", "A-2", "a-3"]


def test_a_made_up_name_does_not_take_that_of_another_volume():
    tasks = [Task(name, None) for name in ("a", "a", "a-2")]
    assert len({name.casefold() for name in names(unique_names(tasks))}) == 3


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("case1.nii.gz", "case1.nii.gz"),
        ("case1.nrrd", "case1.seg.nrrd"),
        ("case1_0000.nii.gz", "case1.nii.gz"),
        ("case1.nii.gz", "case1/spleen.nii.gz"),
    ],
)
def test_masks_are_paired_by_name(tmp_path, image, mask):
    images, masks = touch(tmp_path / "images", image), touch(tmp_path / "masks", mask)
    touch(masks, "case10.nii.gz", "case1/liver.nii.gz" if "/" in mask else "other.nii.gz")
    (task,) = find_tasks([images], masks, "spleen" if "/" in mask else None)
    assert (task.mask, task.problem) == (masks / mask, "")


def test_an_image_without_a_mask_or_with_two_says_so_and_costs_no_other(tmp_path):
    images = touch(tmp_path / "images", "a.nii", "b.nii", "c.nii")
    masks = touch(tmp_path / "masks", "a.nii", "a.nrrd", "c.nii", "d.nii")
    a, b, c = find_tasks([images], masks)
    assert "several masks for a" in a.problem and a.mask is None
    assert b.problem == "no mask named b in masks"
    assert c.mask == masks / "c.nii"
    assert masks_without_image([a, b, c], masks) == ["a.nii", "a.nrrd", "d.nii"]


def test_guides_are_paired_by_name_or_listed(tmp_path):
    images = touch(tmp_path / "images", "a.nii", "b.nii", "c.nii")
    guides = touch(tmp_path / "guides", "a.nii.gz", "b/liver.nii", "b/spleen.nii")
    a, b, c = find_tasks([images], None, "liver", guides)
    assert (a.guide, a.mask, a.problem) == (str(guides / "a.nii.gz"), None, "")
    assert b.guide == str(guides / "b/liver.nii")
    assert (c.guide, c.problem) == (None, "no guide named c/liver in guides")
    table = tmp_path / "all.csv"
    table.write_text("image,guide\nimages/a.nii,guides/a.nii.gz\nimages/b.nii,\n")
    assert [task.guide for task in find_tasks([table])] == [str(guides / "a.nii.gz"), None]
    with pytest.raises(HermesError, match=r"no folder .* with guides"):
        find_tasks([images], guides=tmp_path / "nowhere")


def test_the_table_shows_what_a_guides_program_does(tmp_path):
    run = TaskRun(Task("a", None), tmp_path / "a", lambda task: None)
    row = run.take(AtWork("nnU-Net: tile 3 of 9"))
    assert (row.state, row.reason) == (State.RUNNING, "nnU-Net: tile 3 of 9")
