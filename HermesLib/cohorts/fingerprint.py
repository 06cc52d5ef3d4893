"""What a result follows from: if nothing of it has changed, a finished volume is not run again."""

from pathlib import Path
from typing import Any

from HermesLib import __version__
from HermesLib.guides.registry import split_spec
from HermesLib.io.digest import file_sha256, folder_sha256
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
    "start_slice",
    "fallbacks",
    "send_masks",
    "write_iterations",
    "guide_python",
    "examples",
}
_FILES = ("image", "truth", "mask", "init", "first_prompt")
#: Fields that may name a folder.
_FOLDERS = ("references", "examples", "guide")
#: Fields that name a bundled resource, a file or a folder.
_NAMES_OR_FILES = (
    "preset",
    "quality",
    "weights",
    "judge_weights",
    "calibration",
    "references",
    "examples",
)
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
    paths = {name: Path(str(fields.get(name))) for name in _NAMES_OR_FILES}
    if request.guide is not None:
        entry, guide = split_spec(request.guide)
        fields["guide"] = entry.name
        if guide is not None:
            paths["guide"] = guide
    for name, path in paths.items():
        if path.is_file():
            checksums[name] = file_sha256(path)
        elif name in _FOLDERS and path.is_dir():
            checksums[name] = folder_sha256(path)
        else:
            continue
        fields[name] = f"{entry.name}:{path.name}" if name == "guide" else path.name
    return {
        "format": _FORMAT,
        "hermes": __version__,
        "kind": type(request).__name__,
        "bundled": file_sha256(resource_path(*_MANIFEST)),
        "files": checksums,
        "settings": {name: value for name, value in fields.items() if name not in _LEFT_OUT},
    }
