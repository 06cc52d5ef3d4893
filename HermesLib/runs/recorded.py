"""What a report records of a run, so that the run can be repeated: nothing that names a patient."""

import hashlib
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import torch

from HermesLib.io.slice_stacks import each_slice
from HermesLib.io.volumes import Volume
from HermesLib.presets.preset import Preset
from HermesLib.presets.registry import preset_names
from HermesLib.quality.registry import QUALITY_CONTROLS
from HermesLib.runs.request import RefineRequest, RunRequest
from HermesLib.runs.serialization import to_plain

#: Fields of a request that may name a file.
_NAMED = (
    "image",
    "truth",
    "mask",
    "init",
    "first_prompt",
    "preset",
    "quality",
    "weights",
    "guide",
    "references",
    "judge_weights",
    "calibration",
    "examples",
)
#: In place of a file in the settings: its content is known by a checksum.
FILE = "file"
#: Fields of a request that the settings leave out: files, addresses, and what changes no result.
LEFT_OUT = (
    "image",
    "series",
    "truth",
    "init",
    "mask",
    "first_prompt",
    "server",
    "command",
    "fallbacks",
    "send_masks",
    "write_iterations",
    "device",
    "keep_names",
    "threads",
    "expected",
    "guide_python",
)
_COMMANDS = ("hermes", "refine", "assess", "demo", "cohort", "rerun")
_PACKAGES = ("torch", "numpy", "scipy", "scikit-image", "SimpleITK", "monai")


def recorded_settings(request: RunRequest) -> dict[str, Any]:
    """All settings of a run as JSON takes them; files are named :data:`FILE`."""
    plain = to_plain(type(request), request, {})
    settings = {name: value for name, value in plain.items() if name not in LEFT_OUT}
    settings["kind"] = "refine" if isinstance(request, RefineRequest) else "assess"
    if request.preset not in preset_names():
        settings["preset"] = FILE
    if request.quality not in QUALITY_CONTROLS:
        settings["quality"] = FILE
    if settings.get("weights", "bundled") != "bundled":
        settings["weights"] = FILE
    for name in ("references", "judge_weights", "calibration", "examples"):
        if settings.get(name) is not None:
            settings[name] = FILE
    if request.guide is not None and not request.guide.isidentifier():
        settings["guide"] = FILE
    return settings


def recorded_names(request: RunRequest) -> dict[str, str]:
    """The names of the files by what they are to the run, without their folders."""
    values = {field: getattr(request, field, None) for field in _NAMED}
    return {field: Path(value).name for field, value in values.items() if value is not None}


def recorded_command(request: RunRequest) -> tuple[str, ...]:
    """Which command was called; with all its words where names are kept."""
    if request.keep_names:
        return tuple(without_folders(word) for word in without_server(request.command))
    return tuple(word for word in request.command[:2] if word in _COMMANDS)


@cache
def versions(device: str = "cpu") -> dict[str, str]:
    """The versions of Python and of the packages that compute; on ``cuda`` also the GPU's name."""
    found = {"python": platform.python_version()}
    if device == "cuda":
        found["gpu"] = torch.cuda.get_device_name()
        found["cuda"] = torch.version.cuda or ""
        found["cudnn"] = str(torch.backends.cudnn.version())
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = ""
    return found


def threads() -> int:
    """How many threads compute; sums differ in their last digit with another number."""
    return torch.get_num_threads()


def volume_sha256(volume: Volume) -> str:
    """Of a volume's voxels as slices: the same however the volume is stored."""
    return slices_sha256(each_slice(volume.slices), volume.shape, np.dtype(np.float32))


def array_sha256(array: np.ndarray) -> str:
    """Of the shape and the values of an array."""
    return slices_sha256([array], array.shape, array.dtype)


def slices_sha256(slices: Iterable[np.ndarray], shape: tuple[int, ...], dtype: np.dtype) -> str:
    """As :func:`array_sha256`, of an array whose parts come one after the other."""
    digest = hashlib.sha256(repr((shape, dtype.str)).encode())
    for part in slices:
        digest.update(np.ascontiguousarray(part).data)
    return digest.hexdigest()


def preset_sha256(preset: Preset) -> str:
    """Of the content of a preset, without its name and that of its weights."""
    plain = {key: value for key, value in asdict(preset).items() if key not in ("name", "quality")}
    return hashlib.sha256(repr(sorted(plain.items())).encode()).hexdigest()


def without_server(words: Sequence[str]) -> tuple[str, ...]:
    """A command line without the address of a server.

    >>> without_server(("hermes", "refine", "a.nii", "--server", "http://a:1", "-o", "out"))
    ('hermes', 'refine', 'a.nii', '-o', 'out')
    >>> without_server(("hermes", "refine", "--server=http://a:1"))
    ('hermes', 'refine')
    """
    return tuple(
        word
        for before, word in zip(("", *words), words, strict=False)
        if before != "--server" and word.partition("=")[0] != "--server"
    )


def without_folders(word: str) -> str:
    """A word of a command line; a path in it is cut to the file's name.

    >>> without_folders("/data/doe/t2.nii.gz"), without_folders("--truth=doe/label.nii.gz")
    ('t2.nii.gz', '--truth=label.nii.gz')
    >>> without_folders("4:12")
    '4:12'
    """
    option, equals, value = word.partition("=") if word.startswith("--") else ("", "", word)
    return option + equals + Path(value.replace("\\", "/")).name
