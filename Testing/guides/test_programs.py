"""Guides that are programs: what they are given, how they end, and what a user reads of it."""

import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
import venv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from HermesLib.engine.messages import Alive
from HermesLib.engine.patience import Patience
from HermesLib.errors import HermesError, MemoryShortageError
from HermesLib.guides import external
from HermesLib.guides.external import draw_by_program
from HermesLib.guides.map import GuideMap
from HermesLib.guides.registry import GUIDES, GuideEntry
from HermesLib.guides.request import GuideCancelled, GuideRequest
from HermesLib.io.volumes import volume_from_array
from HermesLib.outside_work import outside_work
from Testing.guides.drawing import BRIGHT, LIVER, Organ, bright_volume
from Testing.guides.ended import assert_ended, is_running, wait_until

ENTRY = GuideEntry(
    name="toy",
    title="Toy",
    draw="",
    licence="",
    weights="",
    page="",
    path="none",
    distribution="toy-guide",
    extra="toy",
)
#: The organ is what is bright.
SEGMENT = f"""
def segment(request):
    import nibabel
    image = nibabel.load("image.nii.gz")
    mask = (image.get_fdata() > {BRIGHT}).astype("uint8")
    nibabel.save(nibabel.Nifti1Image(mask, image.affine), "map.nii.gz")
    return {{"version": "toy 1"}}
"""


@pytest.fixture
def temporary(tmp_path, monkeypatch) -> Path:
    """The folder for temporary files of the run, empty at first."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def entry_of(folder: Path, code: str, **fields) -> GuideEntry:
    """A guide whose program has this code: statements, or a function ``segment``."""
    script = folder / "toy_program.py"
    programs = str(external.PROGRAMS)
    script.write_text(
        f"import os, sys, time\nfrom pathlib import Path\nsys.path.insert(0, {programs!r})\n"
        f"{code}\n"
        "from answering import answer_request\nanswer_request(segment)\n"
    )
    return replace(ENTRY, program=str(script), **fields)


def run(entry: GuideEntry, **options) -> GuideMap:
    return draw_by_program(entry, GuideRequest(bright_volume(), LIVER, **options), {}, "weights 7")


def left_in(temporary: Path) -> list[Path]:
    """What is left of the folders of guides."""
    return [path for parent in temporary.iterdir() for path in parent.iterdir()]


def test_the_organ_comes_back_on_the_slices_of_the_image(tmp_path, temporary):
    guide = run(entry_of(tmp_path, SEGMENT))
    assert np.array_equal(guide.probability, bright_volume().array > BRIGHT)
    assert (guide.name, guide.version, guide.soft) == ("toy", "toy 1, weights 7", False)
    assert left_in(temporary) == []


@pytest.mark.skipif(os.name != "posix", reason="rights of files differ on Windows")
def test_the_program_works_in_a_folder_that_only_its_user_reads(tmp_path, temporary):
    seen = tmp_path / "seen"
    code = f"""
def segment(request):
    rights = [os.stat(path).st_mode & 0o77 for path in (Path.cwd().parent,)]
    Path({str(seen)!r}).write_text(f"{{sorted(os.listdir())}} {{rights}} {{request}}")
    raise ValueError("seen")
"""
    with pytest.raises(HermesError):
        run(entry_of(tmp_path, code))
    # No name but these: the image's own may be a patient's.
    assert seen.read_text(encoding="utf-8") == (
        "['.owner', 'image.nii.gz', 'request.json'] [0] {'device': 'auto'}"
    )


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            "def segment(request): raise ValueError('no lungs here\\nat all')",
            "failed: no lungs here$",
        ),
        ("print('loading'); sys.exit('the licence is over')", "failed: the licence is over$"),
        ("def segment(request): return {'version': 'toy 1'}", "Toy wrote no map"),
        ("os._exit(3)", "failed: exit code 3"),
        ("def segment(request): raise KeyError", "failed: KeyError"),
    ],
    ids=["error", "exit", "no map", "silent", "no text"],
)
def test_a_program_that_fails_is_said_in_one_line(tmp_path, temporary, code, message):
    with pytest.raises(HermesError, match=f"^Toy {message}|{message}") as caught:
        run(entry_of(tmp_path, code))
    assert "\n" not in str(caught.value) and left_in(temporary) == []


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such signal")
def test_a_program_that_is_killed_ends_as_want_of_memory(tmp_path, temporary):
    with pytest.raises(MemoryShortageError, match="Toy was killed, most likely because memory"):
        run(entry_of(tmp_path, "import signal; os.kill(os.getpid(), signal.SIGKILL)"))


def test_a_missing_package_is_said_with_the_command_that_installs_it(tmp_path, temporary):
    code = "def segment(request): import toy_network"
    with pytest.raises(HermesError, match="'toy_network' is not installed") as caught:
        run(entry_of(tmp_path, code))
    assert str(caught.value).endswith("pip install 'hermes-segment[toy]'")
    with pytest.raises(HermesError, match="guide/bin/pip install toy-guide"):
        run(entry_of(tmp_path, code, own_environment=True))
    python = Path(sys.executable)
    with pytest.raises(HermesError, match=f"'{python}' -m pip install toy-guide"):
        run(entry_of(tmp_path, code), python=python)


def test_an_interpreter_that_is_not_there_is_said(tmp_path, temporary):
    with pytest.raises(HermesError, match=r"interpreter cannot be started.*--guide-python"):
        run(entry_of(tmp_path, SEGMENT), python=tmp_path / "python")
    assert left_in(temporary) == []


def test_another_environment_has_packages_of_its_own(tmp_path, temporary, monkeypatch):
    # HERMES' own packages stay out of it: they may be of another Python.
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "ours"))
    venv.create(tmp_path / "env", with_pip=False)
    (python,) = [p for p in (tmp_path / "env").glob("*/python*") if p.stem == "python"]
    seen = tmp_path / "seen"
    code = f"""
def segment(request):
    Path({str(seen)!r}).write_text(f"{{sys.prefix}}|{{[p for p in sys.path if 'ours' in p]}}")
    import SimpleITK
"""
    with pytest.raises(HermesError, match="'SimpleITK' is not installed"):
        run(entry_of(tmp_path, code), python=python)
    assert seen.read_text(encoding="utf-8") == f"{tmp_path / 'env'}|[]"


def test_cancel_ends_the_program_and_what_it_started(tmp_path, temporary):
    pids = tmp_path / "pids"
    code = f"""
import subprocess
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
Path({str(pids)!r}).write_text(f"{{os.getpid()}} {{child.pid}}")
print("at work", flush=True)
time.sleep(600)
"""
    lines = []
    with pytest.raises(GuideCancelled):
        run(
            entry_of(tmp_path, code), is_cancelled=lambda: "at work" in lines, progress=lines.append
        )
    assert_ended(pids)
    assert left_in(temporary) == []


@pytest.mark.skipif(os.name != "posix", reason="sessions are POSIX")
def test_what_a_program_leaves_behind_does_not_keep_the_run_waiting(tmp_path, temporary):
    pid = tmp_path / "pid"
    code = f"""
import subprocess
sleep = [sys.executable, "-c", "import time; time.sleep(300)"]
child = subprocess.Popen(sleep, start_new_session=True)
Path({str(pid)!r}).write_text(str(child.pid))
sys.exit("the end")
"""
    with pytest.raises(HermesError, match="failed: the end"):
        run(entry_of(tmp_path, code))
    assert is_running(int(pid.read_text(encoding="utf-8")))
    os.kill(int(pid.read_text(encoding="utf-8")), signal.SIGKILL)


def test_a_program_that_takes_too_long_is_ended(tmp_path, temporary):
    with pytest.raises(HermesError, match=r"longer than 0\.005 minutes"):
        run(entry_of(tmp_path, "time.sleep(600)"), time_limit=0.3)
    assert left_in(temporary) == []


def test_a_silent_program_still_gives_signs_of_life(tmp_path, temporary, monkeypatch):
    monkeypatch.setattr("HermesLib.guides.process._SIGN_OF_LIFE", 0.2)
    lines = []
    run(entry_of(tmp_path, f"time.sleep(1)\n{SEGMENT}"), progress=lines.append)
    assert len(lines) >= 2


def test_a_run_that_waits_for_a_program_does_not_look_as_if_it_hangs(tmp_path, temporary):
    patience = Patience(limit=10.0)
    signs = []
    started = time.process_time() + outside_work.seconds

    def look(line: str) -> None:
        if "still at work" in line:
            signs.append(time.process_time() + outside_work.seconds - started)

    code = f"print('still at work', flush=True)\ntime.sleep(0.5)\n{SEGMENT}"
    run(entry_of(tmp_path, code), progress=look)
    before, after = signs[0], time.process_time() + outside_work.seconds - started
    assert after - before >= 0.4
    patience.see(Alive(before))
    patience.waited = 9.0
    patience.see(Alive(after))
    assert patience.waited == 0
    seconds = outside_work.seconds
    time.sleep(0.1)
    assert outside_work.seconds == seconds  # Nothing counts when no program is at work.


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such signal")
def test_a_program_ends_with_a_killed_run_and_the_next_run_removes_its_folder(tmp_path, temporary):
    pids = tmp_path / "pids"
    code = f"""
def segment(request):
    Path({str(pids)!r}).write_text(str(os.getpid()))
    time.sleep(600)
"""
    entry_of(tmp_path, code)
    asker = f"""
import tempfile; tempfile.tempdir = {str(temporary)!r}
from Testing.guides.test_programs import ENTRY, replace, run
run(replace(ENTRY, program={str(tmp_path / "toy_program.py")!r}))
"""
    process = subprocess.Popen([sys.executable, "-c", asker], cwd=Path(__file__).parents[2])
    wait_until(lambda: pids.exists() and pids.read_text(encoding="utf-8"))
    process.kill()
    process.wait()
    assert_ended(pids)
    assert len(left_in(temporary)) == 1
    run(entry_of(tmp_path, SEGMENT))
    assert left_in(temporary) == []


@pytest.mark.skipif(os.name != "posix", reason="Windows has a temporary folder for each user")
def test_a_folder_that_others_could_read_is_closed_to_them(tmp_path, temporary):
    run(entry_of(tmp_path, SEGMENT))
    (parent,) = temporary.iterdir()
    parent.chmod(0o777)
    run(entry_of(tmp_path, SEGMENT))
    assert stat.S_IMODE(parent.stat().st_mode) == 0o700


def test_a_map_on_another_grid_is_resampled_and_an_empty_one_refused(tmp_path, temporary):
    cropped = SEGMENT.replace('image.nii.gz")', 'image.nii.gz").slicer[:, :, 1:]')
    guide = run(entry_of(tmp_path, cropped))
    assert np.array_equal(guide.probability, bright_volume().array > BRIGHT)
    with pytest.raises(HermesError, match="the guide is empty"):
        run(entry_of(tmp_path, SEGMENT.replace(f"> {BRIGHT}", "> 9")))


def test_a_guide_of_one_organ_refuses_another(tmp_path, temporary):
    with pytest.raises(HermesError, match=r"TAPS.*; spleen in CT needs another guide"):
        draw_by_program(
            GUIDES["taps"], GuideRequest(bright_volume(), Organ("spleen-ct", "spleen")), {}
        )


def test_an_image_without_orientation_is_doubted_where_the_program_goes_by_it(tmp_path, caplog):
    request = GuideRequest(volume_from_array(bright_volume().array), LIVER)
    draw_by_program(entry_of(tmp_path, SEGMENT, needs_geometry=True), request, {})
    assert "does not state how the patient lies" in caplog.text
    picture = GuideRequest(replace(request.volume, windowed=True), LIVER)
    with pytest.raises(HermesError, match="a picture has none"):
        draw_by_program(entry_of(tmp_path, SEGMENT, needs_geometry=True), picture, {})
