"""The report of a reviewed run: HermesLib's report with the reader's decisions in it."""

import csv
import io
import json
import math
from pathlib import Path
from typing import Any

from HermesLib.io.digest import file_sha256
from HermesLib.io.whole_file import whole_file, write_whole
from HermesLib.refinement.events import Status
from HermesLib.refinement.history import History, SliceResult
from HermesLib.report.document import FORMAT, slice_entry, summarise
from HermesLib.report.numbering import number_of
from HermesLib.runs.iterations_file import write_iterations
from HermesSegmentLib.review import Review
from HermesSegmentLib.run_nodes import RunNodes
from HermesSegmentLib.run_record import SliceRecord
from HermesSegmentLib.slice_names import dicom_instances
from HermesSegmentLib.stored_review import iteration_event

COLUMNS = (
    "slice_number",
    "slice_index",
    "dicom_instance",
    "status",
    "marks",
    "decision",
    "chosen_iteration_index",
    "best_iteration_index",
    "pdsc",
    "pdsc_low",
    "pdsc_high",
    "iterations",
)
_DIGITS = 6


def report(review: Review) -> dict[str, Any]:
    """The content of ``report.json`` with a ``review`` of every slice.

    The engine's entry of a slice is taken where it covers all iterations; slices that were run
    again, and those of a run that broke off, come from the scene, without distances of outlines.
    """
    record = review.run.record
    of_engine = record.report or {}
    entries = {entry["index"]: entry for entry in of_engine.get("slices", [])}
    results = _results(review.run)
    instances = dicom_instances(review.run.volume, review.run.frame)
    slices = []
    for result in results:
        slice_record = record.slices[result.index]
        entry = entries.get(result.index, {})
        if len(entry.get("iterations", ())) != len(result.records):
            present = entry.get("present")
            unfamiliar = record.out_of_distribution
            entry = slice_entry(result, None, unfamiliar, record.marks, instances)
            if slice_record.iterations[0].present is None:
                entry["present"] = present
        # The engine reads a file without DICOM's numbers.
        entry = {**entry, "dicom_instance": instances.get(result.index)}
        choice = {"decision": slice_record.decision or "none", "iteration": slice_record.chosen}
        reasons = [mark.value for mark in slice_record.marks]
        slices.append({**entry, "marks": reasons, "review": choice})
    seconds = of_engine.get("summary", {}).get("seconds")
    if seconds is None:
        seconds = sum(step.seconds for entry in record.slices.values() for step in entry.iterations)
    return {
        "format": of_engine.get("format", FORMAT),
        "summary": summarise(results, seconds, record.marks, math.prod(review.run.frame.spacing)),
        "notices": record.notices,
        "results": of_engine.get("results", {}),
        "slices": slices,
        "provenance": of_engine.get("provenance", record.request),
    }


def write_report(review: Review, path: Path) -> list[Path]:
    """Write one row per slice as CSV and then the report as JSON beside it; returns both paths.

    The report has the table's checksum: the two belong together.

    Raises:
        HermesError: a file cannot be written whole.
    """
    path, table = path.with_suffix(".json"), path.with_suffix(".csv")
    instances = dicom_instances(review.run.volume, review.run.frame)
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(COLUMNS)
    for _index, entry in sorted(review.run.record.slices.items()):
        writer.writerow(_row(entry, instances.get(entry.index, "")))
    write_whole(table, stream.getvalue())
    content = {**report(review), "table_sha256": file_sha256(table)}
    write_whole(path, json.dumps(content, indent=1) + "\n")
    return [path, table]


def write_all_iterations(run: RunNodes, folder: Path, name: str) -> None:
    """Write all iterations of a run as HermesLib stores them, those taken back among them.

    Args:
        run: with its iterations.
        folder: an existing one.
        name: of the file.
    """
    results = _results(run, undone=True)
    with whole_file(folder / name) as temporary:
        write_iterations(folder, results, run.record.shape, run.frame.axes, temporary.name)


def _row(entry: SliceRecord, instance: int | str) -> list[Any]:
    numbers: list[Any] = ["", "", ""]
    if entry.iterations:
        best = entry.iterations[entry.best]
        numbers = [round(value, _DIGITS) for value in (best.pdsc, best.low, best.high)]
    chosen = "" if entry.chosen is None else entry.chosen
    status = entry.status or Status.STOPPED
    return [
        number_of(entry.index),
        entry.index,
        instance,
        status.value,
        " ".join(entry.marks),
        entry.decision.value,
        chosen,
        entry.best,
        *numbers,
        len(entry.iterations),
    ]


def _results(run: RunNodes, undone: bool = False) -> list[SliceResult]:
    """All slices as HermesLib's results, with the iterations that were taken back or without."""
    history, slices = History(), run.record.slices
    for number in range(max((len(entry.known) for entry in slices.values()), default=0)):
        for index, step in run.refined_at(number).items():
            if undone or number < len(slices[index].iterations):
                masks = step.mask.unpack(), step.pgt.unpack()
                history.add(iteration_event(slices[index], number, *masks))
    return history.results()
