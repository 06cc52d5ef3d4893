"""All measurements of one organ, as the page's tables need them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from HermesLib.evaluation.loop_metrics import SliceOutcome
from HermesLib.evaluation.traces import Trace
from HermesLib.models.registry import model_entry
from HermesLib.presets.preset import Preset
from HermesLib.research.tables.design import Cell, TableRun
from HermesLib.research.tables.summary import Row


@dataclass(frozen=True)
class Measured:
    """Measurements of one organ.

    Attributes:
        preset: of the organ.
        rows: figures of every cell.
        outcomes: slices of every cell, ablations included.
        traces: slices of every run, iteration by iteration.
        oracle_prompts: by model, its masks from prompts of the truth.
        detections: by judge, its scores of the same masks.
        ablations: their names.
    """

    preset: Preset
    rows: Sequence[Row]
    outcomes: Mapping[Cell, Sequence[SliceOutcome]]
    traces: Mapping[TableRun, Sequence[Trace]]
    oracle_prompts: Mapping[str, Sequence[Mapping[str, Any]]]
    detections: Mapping[str, Sequence[Mapping[str, Any]]]
    ablations: Sequence[str] = ()

    @property
    def models(self) -> list[str]:
        """The models, in their order."""
        return list(dict.fromkeys(row.cell.run.model for row in self.rows))

    @property
    def sources(self) -> list[str]:
        """The sources, in their order."""
        return list(dict.fromkeys(row.cell.run.source for row in self.rows))

    @property
    def thresholds(self) -> list[float]:
        """The thresholds in ascending order."""
        return sorted({row.cell.threshold for row in self.rows})

    def row(self, model: str, source: str, threshold: float) -> Row:
        """The figures of one cell."""
        wanted = (model, source, threshold)
        return next(
            row
            for row in self.rows
            if (row.cell.run.model, row.cell.run.source, row.cell.threshold) == wanted
        )

    def own_prompt(self, model: str) -> str:
        """The kind of prompt that a model runs with in the tables."""
        return model_entry(model).prompt_kinds[0]

    def run(self, source: str, model: str | None = None) -> TableRun:
        """The run of a source or an ablation; with the preset's model if none is named."""
        return TableRun(self.preset.name, model or self.preset.model, source)
