"""The machine-readable report: ``report.json`` (described by ``report.schema.json``) and ``report.csv``."""

import csv
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from HermesLib.metrics.surface import surface_distances
from HermesLib.refinement.events import Iteration, Status
from HermesLib.refinement.history import Record, SliceResult

FORMAT = 1
CSV_COLUMNS = (
    "slice",
    "iteration",
    "status",
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
    """A model or a quality control by name and the SHA-256 of its weight file."""

    name: str
    sha256: str


@dataclass(frozen=True)
class Provenance:
    """How a result came to be; holds no patient data (no paths, only files' names)."""

    hermes: str
    command: tuple[str, ...]
    seed: int
    device: str
    preset: str
    model: Network | None
    quality: Network
    score: str
    image_sha256: str

    def to_json(self) -> dict[str, Any]:
        """The ``provenance`` object of the report."""
        fields = asdict(self)
        fields["command"] = list(self.command)
        fields["image"] = {"sha256": fields.pop("image_sha256")}
        return fields


def build_report(
    results: Sequence[SliceResult],
    provenance: Provenance,
    seconds: float,
    spacing: tuple[float, float],
    unfamiliar: Sequence[int] | None,
) -> dict[str, Any]:
    """The content of ``report.json``.

    Args:
        results: of all slices.
        provenance: where they come from.
        seconds: that the run took in all.
        spacing: of the pixels, rows and columns, mm.
        unfamiliar: slices that look unlike the quality control's training patients; None where that is not known.
    """
    return {
        "format": FORMAT,
        "summary": summarise(results, seconds),
        "slices": [_slice_entry(result, spacing, unfamiliar) for result in results],
        "provenance": provenance.to_json(),
    }


def summarise(results: Sequence[SliceResult], seconds: float) -> dict[str, Any]:
    """The ``summary`` object: slices by status, and means.

    ``mean_pdsc`` and ``mean_iterations`` (calls of the model after the first) leave absent slices out. ``mean_dsc`` leaves out
    those where both result and truth are empty, so that a slice wrongly taken for absent costs, and one rightly so flatters not.
    """
    counts = Counter(result.status for result in results)
    shown = [result for result in results if result.status is not Status.ABSENT]
    true_dices = [dsc for result in results if (dsc := _informative_dice(result)) is not None]
    return {
        "slices": len(results),
        **{status.value: counts[status] for status in Status},
        "mean_pdsc": _mean([result.best_record.pdsc for result in shown]),
        "mean_dsc": _mean(true_dices),
        "mean_iterations": _mean([result.calls for result in shown]) or 0.0,
        "seconds": round(seconds, 3),
    }


def write_json(path: Path, report: dict[str, Any]) -> None:
    """Write a report as UTF-8 JSON."""
    path.write_text(json.dumps(report, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def write_csv(path: Path, results: Sequence[SliceResult]) -> None:
    """Write one row a slice and iteration; ``status`` is how the slice ended, ``best`` is 1 in the row that is its result."""
    with open(path, "w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(CSV_COLUMNS)
        for result in results:
            for record in result.records:
                entry = _iteration_entry(record)
                writer.writerow(
                    [
                        result.index,
                        record.index,
                        result.status.value,
                        int(record.index == result.best),
                        entry["pdsc"],
                        _fraction(record.pdsc_low),
                        _fraction(record.pdsc_high),
                        "" if entry["dsc"] is None else entry["dsc"],
                        json.dumps(entry["prompt"]),
                        entry["seconds"],
                    ]
                )


def _slice_entry(
    result: SliceResult, spacing: tuple[float, float], unfamiliar: Sequence[int] | None
) -> dict[str, Any]:
    best = result.best_record
    iteration, first = best.unpack(), result.records[0].unpack()
    distances = surface_distances(iteration.mask, iteration.pgt, spacing)
    hd95, assd = (
        (None, None) if distances is None else (round(distance, 4) for distance in distances)
    )
    return {
        "index": result.index,
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
        "familiar": None if unfamiliar is None else result.index not in unfamiliar,
        "iterations": [_iteration_entry(record) for record in result.records],
    }


def _iteration_entry(record: Record) -> dict[str, Any]:
    return {
        "index": record.index,
        "pdsc": _fraction(record.pdsc),
        "dsc": None if record.dsc is None else _fraction(record.dsc),
        "prompt": _prompt_entry(record.unpack()),
        "seconds": round(record.seconds, 4),
    }


def _prompt_entry(event: Iteration) -> dict[str, Any]:
    if event.prompt is not None:
        return event.prompt.summary()
    return {"kind": "none" if event.status is Status.ABSENT else "given"}


def _informative_dice(result: SliceResult) -> float | None:
    best = result.best_record
    both_empty = best.dsc == 1.0 and not best.unpack().mask.any()
    return None if both_empty else best.dsc


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 6) if values else None


def _fraction(value: float) -> float:
    return round(min(max(value, 0.0), 1.0), 6)
