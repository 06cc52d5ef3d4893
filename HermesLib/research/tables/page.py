"""The page of the tables: one section per organ, and the weights."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from HermesLib.research.tables import comparison_tables, loop_tables
from HermesLib.research.tables.cells import model_title
from HermesLib.research.tables.design import HERMES, Cell
from HermesLib.research.tables.html import Section, Table, html_page
from HermesLib.research.tables.measured import Measured
from HermesLib.research.tables.plots import (
    plot_detection,
    plot_iterations,
    plot_reliability,
    plot_risk_coverage,
)


def write_page(path: Path, organs: Sequence[Measured], provenance: Mapping[str, Any]) -> Path:
    """Write the page; returns its path."""
    sections = [_organ_section(organ) for organ in organs]
    sections.append(Section("Networks", [_weights(provenance)]))
    versions = ", ".join(f"{name} {number}" for name, number in provenance["versions"].items())
    lead = (
        f"HERMES {provenance['hermes']}, {date.today().isoformat()}, seed {provenance['seed']}, "
        f"Python {provenance['python']}, {versions}. Means over slices that show the organ, with "
        "95 % intervals by patient bootstrap. No network here was trained, selected or calibrated "
        "on any of these patients, by the splits stored with the weights."
    )
    path.write_text(html_page("HERMES and its rivals", lead, sections), encoding="utf-8")
    return path


def _weights(provenance: Mapping[str, Any]) -> Table:
    networks = [[name, sha256] for name, sha256 in provenance["models"].items()]
    for preset, sources in provenance["sources"].items():
        networks += [[f"{preset}: {name}", sha256] for name, sha256 in sources.items()]
    return Table("Weights", ["name", "SHA-256"], networks)


def _organ_section(organ: Measured) -> Section:
    first = organ.rows[0]
    tables = [
        loop_tables.final_dice(organ),
        loop_tables.gain(organ),
        comparison_tables.detection(organ),
        loop_tables.value_of_the_loop(organ),
        loop_tables.oracle_prompts(organ),
        comparison_tables.loop_comparison(organ),
        comparison_tables.error_comparison(organ),
        loop_tables.stopping(organ),
    ]
    if organ.ablations:
        tables.append(loop_tables.ablations(organ))
    text = f"{first.patients} patients, {first.slices} slices that show the organ."
    return Section(organ.preset.title, tables, _pictures(organ), text)


def _pictures(organ: Measured) -> dict[str, bytes]:
    highest = organ.thresholds[-1]
    runs = {model_title(model): organ.run(HERMES, model) for model in organ.models}
    by_source = {
        source: organ.outcomes[Cell(organ.run(source), highest)] for source in organ.sources
    }
    traces = {title: organ.traces[run] for title, run in runs.items()}
    by_model = {title: organ.outcomes[Cell(run, highest)] for title, run in runs.items()}
    title = model_title(organ.preset.model)
    return {
        f"Accepted masks, {title} at {highest:g}": plot_risk_coverage(by_source),
        f"HERMES over the iterations, at {highest:g}": plot_iterations(traces, highest),
        "Calibration of the final pDSC, HERMES": plot_reliability(by_model),
        "Each judge on the same masks": plot_detection(organ.detections),
    }
