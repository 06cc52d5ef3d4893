"""What a result follows from: if nothing of it has changed, a finished volume is not run again."""

import hashlib
from pathlib import Path
from typing import Any

from HermesLib import __version__
from HermesLib.io.digest import file_sha256
from HermesLib.io.image_files import image_sha256
from HermesLib.notices import heard_by
from HermesLib.resources import resource_path
from HermesLib.runs.request import RunRequest
from HermesLib.runs.serialization import to_plain

_FORMAT = 1
#: Fields that do not change a result, and files, of which the content counts.
_LEFT_OUT = {
    "image",
    "mask",
    "truth",
    "init",
    "first_prompt",
    "command",
    "device",
    "slices_at_once",
    "fallbacks",
    "send_masks",
    "write_iterations",
    "guide_python",
    "examples",
}
_FILES = ("image", "truth", "mask", "init", "first_prompt")
#: Folders of cases, of which the content counts.
_FOLDERS = ("examples", "references")
#: Fields that name a bundled resource or a file.
_NAMES_OR_FILES = ("preset", "quality", "weights", "judge_weights", "calibration", "guide")
_MANIFEST = ("Weights", "manifest.json")


def fingerprint(request: RunRequest) -> dict[str, Any]:
    """Checksums of all inputs of a run, and its settings, as JSON takes them.

    Raises:
        HermesError: a file that the request names is missing.
        OSError: a file cannot be read.
    """
    fields = to_plain(type(request), request, {})
    checksums = {}
    # The run gives the same notices again.
    with heard_by(lambda notice: None):
        for name in _FILES:
            path = getattr(request, name, None)
            if path is not None:
                series = request.series if name == "image" else None
                checksums[name] = image_sha256(path, series)
    for name in _FOLDERS:
        folder = getattr(request, name, None)
        if folder is not None:
            checksums[name] = _folder_sha256(folder)
    for name in _NAMES_OR_FILES:
        path = Path(str(fields.get(name)))
        if path.is_file():
            checksums[name], fields[name] = file_sha256(path), path.name
    return {
        "format": _FORMAT,
        "hermes": __version__,
        "kind": type(request).__name__,
        "bundled": file_sha256(resource_path(*_MANIFEST)),
        "files": checksums,
        "settings": {name: value for name, value in fields.items() if name not in _LEFT_OUT},
    }


def _folder_sha256(folder: Path) -> str:
    """Of the names and contents of all files in a folder and its subfolders."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(folder).as_posix()} {file_sha256(path)}\n".encode())
    return digest.hexdigest()
