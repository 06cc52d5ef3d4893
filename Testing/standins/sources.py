"""Files of Slicer and its libraries, for the tests that hold the stand-ins to them.

The sources of a repository are where its variable says (``SLICER_SOURCE``, ``CTK_SOURCE``,
``APPLAUNCHER_SOURCE``, ``PYTHONQT_SOURCE``, ``EXTENSIONSINDEX_SOURCE``, ``PYTORCH_SOURCE``): a
checkout or a git directory. Without it they are looked for in the folder ``.mirror`` beside the
checkout of this project.
"""

import functools
import os
import subprocess
from pathlib import Path

import pytest

_MIRROR = Path(__file__).resolve().parents[3] / ".mirror"
#: Repository and variable.
_REPOSITORIES = {
    "Slicer/Slicer": "SLICER_SOURCE",
    "commontk/CTK": "CTK_SOURCE",
    "commontk/AppLauncher": "APPLAUNCHER_SOURCE",
    "MeVisLab/pythonqt": "PYTHONQT_SOURCE",
    "Slicer/ExtensionsIndex": "EXTENSIONSINDEX_SOURCE",
    "fepegar/SlicerPyTorch": "PYTORCH_SOURCE",
}


def source_folder(repository: str) -> Path | None:
    """The checkout or git directory of a repository; None if it is not here."""
    named = os.environ.get(_REPOSITORIES[repository])
    candidates = [Path(named)] if named else [_MIRROR / repository.replace("/", "+") / "repo"]
    return next((folder for folder in candidates if folder.is_dir()), None)


def source_text(repository: str, path: str) -> str:
    """The text of a file; skips the test where the repository is not here.

    Raises:
        FileNotFoundError: the repository has no such file (any more).
    """
    folder = source_folder(repository)
    if folder is None:
        pytest.skip(f"no sources of {repository}; {_REPOSITORIES[repository]} can name them")
    return _read(folder, path)


def source_paths(repository: str) -> list[str]:
    """All paths of a repository; empty if it is not here."""
    folder = source_folder(repository)
    return [] if folder is None else list(_list(folder))


@functools.cache
def _read(folder: Path, path: str) -> str:
    if (folder / path).is_file():
        return (folder / path).read_text(encoding="utf-8", errors="replace")
    shown = _git(folder, "show", f"HEAD:{path}")
    if shown is None:
        raise FileNotFoundError(f"{path} in {folder}")
    return shown


@functools.cache
def _list(folder: Path) -> tuple[str, ...]:
    listed = _git(folder, "ls-tree", "-r", "--name-only", "HEAD")
    if listed is not None:
        return tuple(listed.splitlines())
    return tuple(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def _git(folder: Path, *words: str) -> str | None:
    git = folder / ".git" if (folder / ".git").exists() else folder
    ended = subprocess.run(
        ["git", f"--git-dir={git}", *words], capture_output=True, encoding="utf-8", check=False
    )
    return ended.stdout if ended.returncode == 0 else None
