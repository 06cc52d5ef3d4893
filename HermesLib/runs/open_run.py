"""A run with its image read and its networks loaded."""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from HermesLib.notices import Notice
from HermesLib.refinement.events import Iteration
from HermesLib.refinement.history import SliceResult
from HermesLib.refinement.marks import Grid, Mark, result_marks
from HermesLib.report.document import build_report
from HermesLib.runs.inputs import RunInputs
from HermesLib.runs.iterations_file import write_iterations
from HermesLib.runs.provenance import UsedParts, provenance_of
from HermesLib.runs.request import Expected, RunRequest
from HermesLib.runs.results import result_sha256, write_results


@dataclass(frozen=True, eq=False)
class OpenRun:
    """A run with its image read and observed; it proceeds as ``events`` is consumed.

    Attributes:
        request: what to do.
        inputs: the image and its masks.
        parts: what it works with.
        checksums: of the parts.
        out_of_distribution: indices of the slices that look unlike the QC's training patients;
            None if unknown.
        events: one for each slice and iteration.
        started: when the run started, by ``time.perf_counter``.
    """

    request: RunRequest
    inputs: RunInputs
    parts: UsedParts
    checksums: Expected
    out_of_distribution: tuple[int, ...] | None
    events: Iterator[Iteration]
    started: float

    def report(
        self, results: Sequence[SliceResult], notices: Sequence[Notice] = ()
    ) -> dict[str, Any]:
        """The content of ``report.json``."""
        provenance = provenance_of(self.request, self.parts, self.checksums)
        seconds = time.perf_counter() - self.started
        volume = self.inputs.volume
        report = build_report(
            results,
            provenance,
            seconds,
            volume.pixel_spacing,
            self.out_of_distribution,
            self.marks(results),
            volume.instances,
            notices,
            volume.slice_spacing,
        )
        return {**report, "results": result_sha256(results, volume.shape)}

    def marks(self, results: Sequence[SliceResult]) -> dict[int, tuple[Mark, ...]]:
        """The reasons to look at each slice, from all results together."""
        volume = self.inputs.volume
        grid = Grid(math.prod(volume.pixel_spacing), volume.slice_spacing, volume.shape[0])
        return result_marks(
            results, grid, self.out_of_distribution, self.parts.quality.anatomy_rule
        )

    def write(self, folder: Path, results: Sequence[SliceResult], report: dict[str, Any]) -> None:
        """Write the result files into an existing folder, all iterations too if asked for."""
        threshold = self.request.settings.threshold
        if self.request.write_iterations:
            # First, as the report lists the checksums of what is there.
            volume = self.inputs.volume
            write_iterations(folder, results, volume.shape, volume.axes)
        write_results(folder, results, self.inputs, self.parts.preset, report, threshold)
