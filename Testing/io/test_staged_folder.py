"""A result folder is either whole or as it was before."""

import os
from pathlib import Path

import pytest

from HermesLib.errors import HermesError
from HermesLib.io.staged_folder import staged_folder


def test_a_failure_leaves_neither_the_folder_nor_temporary_files(tmp_path: Path):
    with pytest.raises(KeyboardInterrupt), staged_folder(tmp_path / "a" / "b") as staging:
        (staging / "report.json").write_text("half")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_an_existing_result_as_it_was(tmp_path: Path):
    (tmp_path / "report.json").write_text("old")
    with pytest.raises(RuntimeError), staged_folder(tmp_path) as staging:
        (staging / "report.json").write_text("half")
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
    assert (tmp_path / "report.json").read_text(encoding="utf-8") == "old"


def test_results_replace_files_of_the_same_name_only(tmp_path: Path):
    target = tmp_path / "out"
    target.mkdir()
    (target / "notes.txt").write_text("mine")
    (target / "report.json").write_text("old")
    with staged_folder(target) as staging:
        (staging / "report.json").write_text("new")
        assert (target / "report.json").read_text(encoding="utf-8") == "old"
    assert sorted(path.name for path in target.iterdir()) == ["notes.txt", "report.json"]
    assert (target / "report.json").read_text(encoding="utf-8") == "new" and (
        target / "notes.txt"
    ).read_text(encoding="utf-8") == "mine"


def test_the_report_takes_its_place_after_all_files_that_it_lists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    moved: list[str] = []
    replace = os.replace

    def watched(source: Path, target: Path) -> None:
        moved.append(Path(target).name)
        replace(source, target)

    names = ("overview.png", "report.json", "segmentation.nii.gz")
    with staged_folder(tmp_path) as staging:
        for name in names:
            (staging / name).write_text("new")
        monkeypatch.setattr(os, "replace", watched)
    assert moved == ["overview.png", "segmentation.nii.gz", "report.json"]


def test_a_new_folder_appears_with_its_parents(tmp_path: Path):
    with staged_folder(tmp_path / "a" / "b") as staging:
        (staging / "x").write_text("1")
        assert not (tmp_path / "a").exists()
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == ["x"]


def test_a_target_that_is_a_file_is_named_in_the_error(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(HermesError, match="file is a file; choose a folder"),
        staged_folder(tmp_path / "file" / "out"),
    ):
        pass


@pytest.mark.skipif(
    os.geteuid() == 0 if hasattr(os, "geteuid") else True, reason="root may write anywhere"
)
def test_an_unwritable_folder_is_an_error_before_the_work(tmp_path: Path):
    tmp_path.chmod(0o500)
    with (
        pytest.raises(HermesError, match="cannot write"),
        staged_folder(tmp_path / "out"),
    ):
        pass
