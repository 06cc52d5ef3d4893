"""Repeat a run from its report: the same settings, the same inputs, the same number of threads."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch

from HermesLib.errors import HermesError
from HermesLib.io.digest import file_sha256
from HermesLib.io.whole_file import write_whole
from HermesLib.runs.recorded import FILE, versions
from HermesLib.runs.request import AssessRequest, Expected, RefineRequest, RunRequest
from HermesLib.runs.serialization import from_plain
from HermesLib.weights.imported import imported_weights

#: The results that follow from the request alone.
SAME = ("segmentation", "pgt")


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """The files of a run that is repeated.

    Attributes:
        image: file or DICOM folder.
        series: of a DICOM folder.
        mask: the initial mask, or the mask that was assessed.
        truth: the true mask; may be left out, as no result follows from it.
        preset, quality, weights, guide, references, judge_weights, calibration, examples: files
            and folders, where the run used any.
        server: address of the model's server, where it has one.
    """

    image: Path
    series: str | None = None
    mask: Path | None = None
    truth: Path | None = None
    preset: Path | None = None
    quality: Path | None = None
    weights: Path | None = None
    guide: str | None = None
    references: Path | None = None
    judge_weights: Path | None = None
    calibration: Path | None = None
    server: str | None = None
    examples: Path | None = None


def request_from_report(
    report: Mapping[str, Any], inputs: Inputs, folder: Path | None = None
) -> RunRequest:
    """The request that repeats a run. The run itself compares the inputs with those of the report.

    Args:
        report: the content of ``report.json``.
        inputs: the files; the report knows their content, not their names.
        folder: for the file of a first prompt, which is in the report.

    Raises:
        HermesError: the report does not hold all settings, or a file is missing.
    """
    provenance = report["provenance"]
    try:
        settings = dict(provenance["settings"])
        kind = {"refine": RefineRequest, "assess": AssessRequest}[settings.pop("kind")]
        recorded = provenance["inputs"]
        named = {name: _file(name, settings, inputs, provenance) for name in _FILES}
        settings |= {name: value for name, value in named.items() if value is not None}
        settings["slices_at_once"] = int(settings["slices_at_once"])
        settings |= {
            "image": str(inputs.image),
            "series": inputs.series,
            "truth": None if inputs.truth is None else str(inputs.truth),
            "device": provenance["device"],
            "threads": provenance["threads"],
            "expected": {field.name: recorded.get(field.name) for field in fields(Expected)},
        }
        settings["init" if kind is RefineRequest else "mask"] = _mask(recorded, inputs)
        if kind is RefineRequest:
            settings["server"] = inputs.server
        if recorded.get("first_prompt") is not None:
            settings["first_prompt"] = str(_first_prompt(recorded["first_prompt"], folder))
        request: RunRequest = from_plain(kind, settings, {})
    except HermesError:
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise HermesError(
            "this report does not hold all settings of its run: it is of an earlier version or was"
            f" changed ({type(error).__name__}: {error})"
        ) from error
    return request


def other_versions(report: Mapping[str, Any]) -> list[str]:
    """The packages of other versions than at the run, and another GPU, one line each."""
    then = report["provenance"].get("versions", {})
    device = "cuda" if "gpu" in then and torch.cuda.is_available() else "cpu"
    return [
        f"{name} {then[name] or 'unknown'} then, {now or 'none'} now"
        for name, now in versions(device).items()
        if name in then and then[name] != now
    ]


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Which results of two reports differ: the masks as slices, whatever file they are in."""
    return [name for name in SAME if _result(before, name) != _result(after, name)]


def _result(report: Mapping[str, Any], name: str) -> str | None:
    found: str | None = report.get("results", {}).get(name)
    return found


#: Fields of a request that name a bundled resource or a file.
_FILES = (
    "preset",
    "quality",
    "weights",
    "guide",
    "references",
    "judge_weights",
    "calibration",
    "examples",
)


def _file(
    name: str, settings: Mapping[str, Any], inputs: Inputs, provenance: Mapping[str, Any]
) -> str | None:
    given: Path | str | None = getattr(inputs, name)
    option = f"--{name.replace('_', '-')}"
    if settings.get(name) != FILE:
        if given is not None:
            raise HermesError(f"the run used no file for its {name}; leave out {option}")
        return None
    if given is not None:
        return str(given)
    sha256 = provenance["model"]["sha256"] if name == "weights" else None
    for path in imported_weights() if sha256 else ():
        if file_sha256(path) == sha256:
            return str(path)
    raise HermesError(f"the run used a file for its {name}; give it with {option}")


def _mask(recorded: Mapping[str, Any], inputs: Inputs) -> str | None:
    if (recorded.get("mask") is None) != (inputs.mask is None):
        there = "no mask; leave out" if inputs.mask is not None else "a mask; give it with"
        raise HermesError(f"the run started from {there} --mask")
    return None if inputs.mask is None else str(inputs.mask)


def _first_prompt(plain: Mapping[str, Any], folder: Path | None) -> Path:
    if folder is None:
        raise HermesError("the run started from a prompt; name a folder for its file")
    path = folder / "first-prompt.json"
    write_whole(path, json.dumps(plain) + "\n")
    return path
