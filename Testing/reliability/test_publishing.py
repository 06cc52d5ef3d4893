"""A run that is killed while its files are moved loses nothing and mixes nothing."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from HermesLib.errors import HermesError
from HermesLib.io.owned_folder import owned_folder
from HermesLib.io.staged_folder import finish_moves, staged_folder
from HermesLib.runs.stored import read_stored
from Testing.reliability.processes import publish

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
FILES = ["pgt.nii.gz", "report.json", "segmentation.nii.gz"]
#: The moves of a folder that exists: one declares the files complete, three move them.
MOVES = 4


def contents(folder: Path) -> set[str]:
    return {(folder / name).read_text(encoding="utf-8") for name in FILES[::2]}


@pytest.mark.parametrize("at", range(1, MOVES + 1))
def test_a_kill_at_any_move_leaves_the_old_results_or_completes_the_new_ones(
    tmp_path: Path, at: int
):
    target = tmp_path / "out"
    publish(target, "old")
    assert publish(target, "new", at) == -signal.SIGKILL
    stored = read_stored(target)
    expected = "old" if at == 1 else "new"
    assert stored.report["value"] == expected and contents(target) == {expected}
    assert sorted(path.name for path in target.iterdir()) == FILES


def test_a_kill_before_the_only_move_of_a_new_folder_leaves_nothing(tmp_path: Path):
    assert publish(tmp_path / "out", "new", at=1) == -signal.SIGKILL
    assert not (tmp_path / "out").exists()
    with staged_folder(tmp_path / "other"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["other"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_in_the_middle_of_the_moves_takes_effect_after_them(
    tmp_path: Path, number: signal.Signals
):
    target = tmp_path / "out"
    publish(target, "old")
    publish(target, "new", at=3, number=number)
    assert contents(target) == {"new"}


def test_the_next_run_completes_the_moves_of_a_killed_one_before_its_own(tmp_path: Path):
    target = tmp_path / "out"
    publish(target, "old")
    publish(target, "killed", at=3)
    publish(target, "next")
    assert contents(target) == {"next"}
    assert sorted(path.name for path in target.iterdir()) == FILES


def test_a_folder_with_files_of_two_runs_is_refused(tmp_path: Path):
    for name in ("one", "two"):
        publish(tmp_path / name, name)
    mask = (tmp_path / "two" / "segmentation.nii.gz").read_bytes()
    (tmp_path / "one" / "segmentation.nii.gz").write_bytes(mask)
    with pytest.raises(HermesError, match=r"segmentation\.nii\.gz is not the file"):
        read_stored(tmp_path / "one")
    (tmp_path / "two" / "pgt.nii.gz").unlink()
    with pytest.raises(HermesError, match=r"pgt\.nii\.gz is missing"):
        read_stored(tmp_path / "two")


def test_only_folders_whose_owner_is_gone_are_swept(tmp_path: Path):
    kept = {".hermes-notes": "of the user", ".hermes-file": None}
    (tmp_path / ".hermes-notes").mkdir()
    (tmp_path / ".hermes-notes" / "notes.txt").write_text("mine")
    (tmp_path / ".hermes-file").write_text("mine")
    with owned_folder(tmp_path) as living:
        keeper = (
            "import sys, os, signal; from pathlib import Path;"
            "from HermesLib.io.owned_folder import owned_folder;"
            "folder = owned_folder(Path(sys.argv[1])); folder.__enter__();"
            "os.kill(os.getpid(), signal.SIGKILL)"
        )
        subprocess.run([sys.executable, "-c", keeper, str(tmp_path)], check=False)
        assert len(list(tmp_path.iterdir())) == len(kept) + 2
        finish_moves(tmp_path)
        assert {path.name for path in tmp_path.iterdir()} == {*kept, living.name}
    assert {path.name for path in tmp_path.iterdir()} == set(kept)


def test_a_folder_in_the_place_of_a_result_is_refused_before_the_work(tmp_path: Path):
    (tmp_path / "report.json").mkdir()
    with (
        pytest.raises(HermesError, match=r"there is a folder report\.json"),
        staged_folder(tmp_path, ["report.json"]),
    ):
        pytest.fail("the work has started")
