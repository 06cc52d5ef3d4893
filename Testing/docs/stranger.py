"""A newcomer's way from the README, step by step in an empty folder, with the seconds of each.

python -m Testing.docs.stranger [--install] [--write] [--folder DIR]

Without ``--install`` the installed command ``hermes`` is used; with it, the project is installed
into a new environment first, from the package index. ``--write`` puts the table on its page.
"""

import argparse
import os
import re
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import SimpleITK

from HermesLib.samples.prostate_phantom import prostate_phantom
from Testing.datasets.made import make_easy_ct
from Testing.docs.commands.sandbox import make_series

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "start-command-line.md"
#: The table's place on the page.
_PLACE = re.compile(r"(<!-- newcomer -->\n).*?(<!-- end -->)", re.S)
#: So short a training teaches only what the made-up patients need.
_SHORT = "--steps 60 --context-steps 2 --folds 3 --grid 32 --device cpu"


@dataclass(frozen=True)
class Step:
    """One step of the way.

    Attributes:
        title: for people.
        command: as a newcomer types it.
        leaves: a file that it leaves.
        more: words that make it shorter.
    """

    title: str
    command: str
    leaves: str
    more: str = ""


INSTALL = (
    Step("an environment", "python -m venv .venv", ".venv"),
    Step("install", ".venv/bin/pip install -e .", ".venv/bin/hermes"),
    Step("for DICOM", ".venv/bin/pip install highdicom", ".venv"),
)
USE = (
    Step("the sample", "hermes demo -o hermes-demo", "hermes-demo/overview.png"),
    Step("a volume of yours", "hermes refine t2.nii.gz -o out", "out/report.json"),
    Step("what is in a DICOM folder", "hermes series dicom-folder", "dicom-folder"),
    Step("segment it", "hermes refine dicom-folder -o dicom-out", "dicom-out/segmentation.nii.gz"),
    Step(
        "export to DICOM SEG",
        "hermes export dicom-out/segmentation.nii.gz --dicom dicom-folder -o prostate.seg.dcm",
        "prostate.seg.dcm",
    ),
    Step(
        "an organ of yours (a training of a few steps)",
        "hermes train organ --data decathlon:mydata --organ liver -o liver",
        "liver/liver-ct.json",
        _SHORT,
    ),
    Step(
        "segment with it",
        "hermes refine new.nii.gz --preset liver/liver-ct.json -o liver-out",
        "liver-out/segmentation.nii.gz",
    ),
)


@dataclass(frozen=True)
class Taken:
    """What a step has taken, in seconds."""

    step: Step
    seconds: float
    processor: float


def make_files(folder: Path) -> None:
    """What a newcomer has: a T2-weighted image, the same as DICOM, and labelled CTs."""
    image = prostate_phantom(seed=7).image
    SimpleITK.WriteImage(image, str(folder / "t2.nii.gz"))
    voxels = SimpleITK.GetArrayFromImage(image)
    make_series(folder / "dicom-folder", voxels, "MR", image.GetSpacing())
    (folder / "mydata").mkdir()
    make_easy_ct(folder / "mydata", "liver", patients=4)
    shutil.copy(folder / "mydata/images/made_1.nii.gz", folder / "new.nii.gz")


def take(step: Step, folder: Path, programs: Path) -> Taken:
    """Do a step.

    Args:
        step: to do.
        folder: in which.
        programs: the folder of the command ``hermes``.

    Raises:
        RuntimeError: it ends with an error, or does not leave its file.
    """
    words = shlex.split(f"{step.command} {step.more}")
    if words[0] == "hermes":
        words[0] = str(programs / "hermes")
    elif words[0] == "python":
        words[0] = sys.executable
    environment = {**os.environ, "HERMES_CACHE": str(folder / "cache")}
    environment.pop("PYTHONPATH", None)
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    run = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True)
    seconds, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if run.returncode != 0 or not (folder / step.leaves).exists():
        raise RuntimeError(f"{step.command} ended with {run.returncode}:\n{run.stderr}")
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Taken(step, seconds, used)


def way(folder: Path, install: bool) -> list[Taken]:
    """Go the whole way in a folder."""
    programs, taken = Path(sys.executable).parent, []
    if install:
        checkout = folder / "hermes"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(checkout)], check=True)
        taken = [take(step, checkout, programs) for step in INSTALL]
        programs = checkout / ".venv" / "bin"
    make_files(folder)
    for step in USE:
        taken.append(take(step, folder, programs))
        print(f"{taken[-1].seconds:7.1f} s  {step.title}", flush=True)
    return taken


def table(taken: list[Taken]) -> str:
    """The table in Markdown."""
    rows = [
        f"| {one.step.title} | `{one.step.command}` | {one.seconds:.0f} | {one.processor:.0f} |"
        for one in taken
    ]
    head = "| step | command | seconds | of a processor core |\n|---|---|---|---|"
    return "\n".join([head, *rows]) + "\n"


def main() -> None:
    """Print the table; write it on its page where that is asked for."""
    parser = argparse.ArgumentParser(prog="python -m Testing.docs.stranger", description=__doc__)
    parser.add_argument("--install", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hermes-newcomer-") as temporary:
        folder = arguments.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        taken = way(folder, arguments.install)
    text = table(taken)
    print(text)
    if arguments.write:
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(_PLACE.sub(rf"\g<1>{text}\g<2>", page), encoding="utf-8")


if __name__ == "__main__":
    main()
