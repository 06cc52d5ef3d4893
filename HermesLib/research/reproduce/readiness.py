"""What ``--dry-run`` tells: whether data, weights, disk and memory suffice, and the time needed."""

import ctypes
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import torch

from HermesLib.datasets.readers.listing import Listing
from HermesLib.datasets.slices import MAXIMUM_SIDE
from HermesLib.devices import select_device
from HermesLib.errors import HermesError
from HermesLib.models.registry import bundled_models, load_model
from HermesLib.presets.registry import load_preset
from HermesLib.research.reproduce.request import Experiment, ReproduceRequest
from HermesLib.research.reproduce.tables_of_cases import listings_of
from HermesLib.research.reproduce.timing import (
    MOST_CALLS,
    USUAL_CALLS,
    Pace,
    measure_pace,
    time_reading,
)

GIGA = 1e9
#: Image and mask of a slice on disk, bytes.
_SLICE_BYTES = 2 * MAXIMUM_SIDE**2
#: What trainings and measurements write beside the slices, and what they hold in memory, bytes.
_RESULTS, _MEMORY = 2e9, 4e9


@dataclass(frozen=True)
class Finding:
    """One line of the report; without ``ready`` the reproduction cannot start."""

    ready: bool
    what: str
    text: str


def findings_of(request: ReproduceRequest) -> list[Finding]:
    """Check everything that a reproduction needs, without starting it."""
    device = select_device(request.device)
    weights, fitting = _weights(request)
    findings = [Finding(True, "device", _device_name(device)), *weights]
    slices = 0
    pace: Pace | None = None
    for one in request.experiments:
        try:
            listings = listings_of(one)
            if pace is None:
                preset = load_preset(one.preset)
                pace = measure_pace(preset, request.lengths, fitting, device)
            lines, stored = _experiment(request, one, listings, pace)
        except HermesError as error:
            findings.append(Finding(False, f"{one.name}, data", str(error)))
            continue
        findings += lines
        slices += stored
    findings.append(_disk(request.folder, slices))
    findings.append(_memory())
    return findings


def _weights(request: ReproduceRequest) -> tuple[list[Finding], dict[str, str]]:
    """Findings on the models' weights, and those given that fit."""
    findings = []
    fitting = {}
    given = dict(request.weights)
    for name in bundled_models():
        what = f"weights of {name}"
        if name not in given:
            text = "the bundled small ones, far below the official ones: --weights NAME=FILE"
            findings.append(Finding(True, what, text))
            continue
        try:
            load_model(name, given[name], torch.device("cpu"))
        except HermesError as error:
            findings.append(Finding(False, what, str(error)))
        else:
            fitting[name] = given[name]
            findings.append(Finding(True, what, f"{Path(given[name]).name} fits"))
    if unknown := sorted(set(given) - set(bundled_models())):
        known = ", ".join(bundled_models())
        findings.append(
            Finding(False, ", ".join(unknown), f"no model of the paper; it has {known}")
        )
    return findings, fitting


def _experiment(
    request: ReproduceRequest,
    experiment: Experiment,
    listings: tuple[Listing, Listing | None, Listing | None],
    pace: Pace,
) -> tuple[list[Finding], int]:
    """Findings on an organ's data and time, and the slices that it keeps on disk."""
    train, test, expert = listings
    training = min(len(train.cases), request.limit or len(train.cases))
    tested = round(training / 5) if test is None else len(test.cases)
    training -= tested if test is None else 0
    lines = [f"{training} training studies, {tested} test studies"]
    if expert is not None:
        lines.append(f"{len(expert.cases)} with an expert mask")
    skipped = sum(len(listing.skipped) for listing in (train, test) if listing is not None)
    lines.append(f"{skipped} skipped ('hermes data check' says why)")
    seconds, slices = time_reading(train.cases[0])
    findings = [Finding(True, f"{experiment.name}, data", "; ".join(lines))]
    reading = 2 * seconds * (training + tested)
    lengths = request.lengths
    steps = (lengths.autoencoder, lengths.experts, lengths.diffusion)
    quality = sum(count * step for count, step in zip(steps, pace.train, strict=True))
    rivals = len(request.rivals) * lengths.rival * pace.train[0]
    # HERMES, its image expert alone, and the rivals; then HERMES again on the expert masks.
    runs = tested * (2 + len(request.rivals)) + (len(expert.cases) if expert else 0)
    one_call = (pace.call + len(bundled_models()) * pace.assess) * slices * runs
    workers = max(1, request.workers)
    text = (
        f"reading {_hours(reading)}, QC core {_hours(quality)}, rivals {_hours(rivals)}, measuring "
        f"{_hours(USUAL_CALLS * one_call / workers)} to {_hours(MOST_CALLS * one_call / workers)}"
    )
    findings.append(Finding(True, f"{experiment.name}, time", text))
    return findings, training * slices


def _hours(seconds: float) -> str:
    """A duration for people."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _disk(folder: Path, slices: int) -> Finding:
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(existing).free
    needed = slices * _SLICE_BYTES + _RESULTS
    text = f"{needed / GIGA:.1f} GB needed, {free / GIGA:.1f} GB free"
    return Finding(free >= needed, "disk", text)


def _memory() -> Finding:
    available = available_memory()
    needed = f"about {_MEMORY / GIGA:.0f} GB needed"
    if available is None:
        return Finding(True, "memory", f"{needed}; how much is free is not known here")
    text = f"{needed}, {available / GIGA:.1f} GB available"
    return Finding(available >= _MEMORY, "memory", text)


def available_memory() -> float | None:
    """Memory that programs can still get, bytes; None where the system does not say."""
    if sys.platform == "linux":
        for line in Path("/proc/meminfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("MemAvailable:"):
                return float(line.split()[1]) * 1024
    if sys.platform == "win32":
        return _windows_memory()
    try:
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, ValueError, OSError):
        return None


def _windows_memory() -> float | None:
    """``ullAvailPhys`` of Windows' ``MEMORYSTATUSEX``, which follows two numbers of 32 bits."""
    status = (ctypes.c_uint64 * 8)()
    ctypes.cast(status, ctypes.POINTER(ctypes.c_uint32))[0] = ctypes.sizeof(status)
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009 - there is none on other systems
    return float(status[2]) if kernel.GlobalMemoryStatusEx(status) else None


def _device_name(device: torch.device) -> str:
    if device.type == "cuda":
        return f"{torch.cuda.get_device_name()}"
    return f"processor, {torch.get_num_threads()} threads; a GPU is many times faster"
