"""The machine-readable reports ``report.json`` (see ``report.schema.json``) and ``report.csv``."""

import csv
import io
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from HermesLib.intended_use import INTENDED_USE
from HermesLib.io.whole_file import write_whole
from HermesLib.metrics.guarantee import Guarantee
from HermesLib.notices import Notice
from HermesLib.refinement.events import Status
from HermesLib.refinement.history import Record, SliceResult
from HermesLib.refinement.marks import Marks
from HermesLib.report.numbering import number_of
from HermesLib.report.whole import millilitres, whole_entries

FORMAT = 1
CSV_COLUMNS = (
    "slice_number",
    "slice_index",
    "dicom_instance",
    "iteration_index",
    "status",
    "marks",
    "best",
    "pdsc",
    "pdsc_low",
    "pdsc_high",
    "dsc",
    "prompt",
    "seconds",
)


@dataclass(frozen=True)
class Network:
    """A model or a quality control: its name and the SHA-256 of its weight file."""

    name: str
    sha256: str


@dataclass(frozen=True)
class Provenance:
    """How a result was made; contains no patient data, and names of files only if asked for.

    Attributes:
        hermes: the version.
        command: which command was called; all its words where names are kept.
        seed, device, preset, model, quality, score: of the run.
        image_sha256: of the image's file.
        judge: what scored the masks in place of ``quality``; None where that did.
        interval: what the interval of the pDSC can guarantee.
        fallbacks: what the run gave up where memory ran out.
        settings: all of them, so that the run can be repeated.
        inputs: checksums of the content of all inputs, and a user's first prompt.
        versions: of Python and the packages that compute.
        threads: how many threads computed.
        names: of the files, where they are kept.
    """

    hermes: str
    command: tuple[str, ...]
    seed: int
    device: str
    preset: str
    model: Network | None
    quality: Network
    score: str
    image_sha256: str
    judge: Network | None = None
    interval: Guarantee | None = None
    fallbacks: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    threads: int = 1
    names: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The ``provenance`` object of the report."""
        fields = asdict(self)
        fields["command"] = list(self.command)
        fields["fallbacks"] = list(self.fallbacks)
        fields["image"] = {"sha256": fields.pop("image_sha256")}
        fields["intended_use"] = INTENDED_USE
        return fields


def build_report(
    results: Sequence[SliceResult],
    provenance: Provenance,
    seconds: float,
    spacing: tuple[float, float],
    out_of_distribution: Sequence[int] | None,
    marks: Marks,
    instances: Mapping[int, int] | None = None,
    notices: Sequence[Notice] = (),
    thickness: float | None = None,
) -> dict[str, Any]:
    """The content of ``report.json``.

    Args:
        results: of all slices.
        provenance: how they were made.
        seconds: duration of the run.
        spacing: of the pixels, rows and columns, mm.
        out_of_distribution: indices of slices that look unlike the quality control's training
            patients; None if unknown.
        marks: of every slice.
        instances: DICOM instance numbers by slice index, as far as they are known.
        notices: what the user must know of the input and of what the run did with it.
        thickness: distance of the slices, mm; None if unknown.
    """
    # Imports torch, which readers of this module may lack.
    from HermesLib.metrics.surface import surface_distances

    def entry(result: SliceResult) -> dict[str, Any]:
        best = result.best_record
        distances = surface_distances(best.mask.unpack(), best.pgt.unpack(), spacing)
        return slice_entry(result, distances, out_of_distribution, marks, instances)

    voxel_mm3 = None if thickness is None else math.prod(spacing) * thickness
    return {
        "format": FORMAT,
        "summary": summarise(results, seconds, marks, voxel_mm3),
        "notices": [asdict(notice) for notice in notices],
        "slices": [entry(result) for result in results],
        "provenance": provenance.to_json(),
    }


def summarise(
    results: Sequence[SliceResult], seconds: float, marks: Marks, voxel_mm3: float | None = None
) -> dict[str, Any]:
    """The ``summary`` object: slices by status, marked slices, the whole, and means.

    ``mean_pdsc`` and ``mean_iterations`` (calls of the model after the first) leave out absent
    slices. ``mean_dsc`` leaves out slices where result and truth are both empty: wrongly absent
    slices count, and correctly absent slices do not inflate the mean. ``volume_ml`` is None
    without the volume of a voxel.
    """
    counts = Counter(result.status for result in results)
    present = [result for result in results if result.status is not Status.ABSENT]
    pixels = [_pixels(result.best_record) for result in results]
    found = sum(mask for mask, _pgt in pixels)
    true_dices = [dsc for result in results if (dsc := _informative_dice(result)) is not None]
    return {
        "slices": len(results),
        **{status.value: counts[status] for status in Status},
        "marked": sum(bool(marks.get(result.index)) for result in results),
        **whole_entries(results, pixels),
        "volume_ml": None if voxel_mm3 is None else round(millilitres(found, voxel_mm3), 3),
        "mean_pdsc": _mean([result.best_record.numbers.pdsc for result in present]),
        "mean_dsc": _mean(true_dices),
        "mean_iterations": _mean([result.calls for result in present]) or 0.0,
        "seconds": round(seconds, 3),
    }


def write_json(path: Path, report: dict[str, Any]) -> None:
    """Write a report as UTF-8 JSON."""
    write_whole(path, json.dumps(report, indent=1, allow_nan=False) + "\n")


def write_csv(
    path: Path,
    results: Sequence[SliceResult],
    marks: Marks,
    instances: Mapping[int, int] | None = None,
) -> None:
    """Write one row per slice and iteration.

    ``slice_number`` counts from 1, as a person reads it, ``slice_index`` and ``iteration_index``
    from 0; ``dicom_instance`` is DICOM's instance number where ``instances`` has one.
    ``status`` is how the slice ended, ``marks`` the reasons to look at it, separated by spaces;
    ``best`` is 1 in the row of the slice's result.
    """
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(CSV_COLUMNS)
    for result in results:
        reasons = " ".join(marks.get(result.index, ()))
        instance = (instances or {}).get(result.index)
        writer.writerows(_csv_row(result, record, reasons, instance) for record in result.records)
    write_whole(path, stream.getvalue())


def _csv_row(result: SliceResult, record: Record, reasons: str, instance: int | None) -> list[Any]:
    entry = _iteration_entry(record)
    numbers = record.numbers
    return [
        number_of(result.index),
        result.index,
        "" if instance is None else instance,
        numbers.index,
        result.status.value,
        reasons,
        int(numbers.index == result.best),
        entry["pdsc"],
        _fraction(numbers.pdsc_low),
        _fraction(numbers.pdsc_high),
        "" if entry["dsc"] is None else entry["dsc"],
        json.dumps(entry["prompt"]),
        entry["seconds"],
    ]


def slice_entry(
    result: SliceResult,
    distances: tuple[float, float] | None,
    out_of_distribution: Sequence[int] | None,
    marks: Marks,
    instances: Mapping[int, int] | None = None,
) -> dict[str, Any]:
    """One element of the report's ``slices``.

    Args:
        result: of the slice.
        distances: HD95 and ASSD of mask and pGT, mm; None where they were not measured or where
            mask or pGT is empty.
        out_of_distribution, marks, instances: see :func:`build_report`.
    """
    best = result.best_record.numbers
    # Presence is decided with the first mask.
    first = result.records[0].numbers
    hd95, assd = (
        (None, None) if distances is None else (round(distance, 4) for distance in distances)
    )
    return {
        "index": result.index,
        "number": number_of(result.index),
        "dicom_instance": (instances or {}).get(result.index),
        "status": result.status.value,
        "best": result.best,
        "pdsc": _fraction(best.pdsc),
        "pdsc_low": _fraction(best.pdsc_low),
        "pdsc_high": _fraction(best.pdsc_high),
        "dsc": None if best.dsc is None else _fraction(best.dsc),
        "hd95_mm": hd95,
        "assd_mm": assd,
        "present": _fraction(first.present),
        "borderline": first.borderline,
        "familiar": None
        if out_of_distribution is None
        else result.index not in out_of_distribution,
        "marks": list(marks.get(result.index, ())),
        "iterations": [_iteration_entry(record) for record in result.records],
    }


def _iteration_entry(record: Record) -> dict[str, Any]:
    numbers = record.numbers
    return {
        "index": numbers.index,
        "pdsc": _fraction(numbers.pdsc),
        "dsc": None if numbers.dsc is None else _fraction(numbers.dsc),
        "prompt": _prompt_entry(record),
        "seconds": round(numbers.seconds, 4),
    }


def _prompt_entry(record: Record) -> dict[str, Any]:
    if record.prompt is not None:
        return record.prompt.summary
    return {"kind": "none" if record.numbers.status is Status.ABSENT else "given"}


def _informative_dice(result: SliceResult) -> float | None:
    record = result.best_record
    both_empty = record.numbers.dsc == 1.0 and record.mask_is_empty
    return None if both_empty else record.numbers.dsc


def _pixels(record: Record) -> tuple[int, int]:
    """The numbers of pixels of mask and pGT."""
    return int(record.mask.unpack().sum()), int(record.pgt.unpack().sum())


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 6) if values else None


def _fraction(value: float) -> float:
    return round(min(max(value, 0.0), 1.0), 6)
