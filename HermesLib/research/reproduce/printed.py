"""Figures that the paper prints, as far as this project has them."""

from collections.abc import Mapping

import numpy as np

from HermesLib.research.tables.cells import number
from HermesLib.research.tables.design import HERMES
from HermesLib.research.tables.html import Table
from HermesLib.research.tables.measured import Measured
from HermesLib.research.tables.summary import PAPER_OVERALL, overall

#: Printed share of right decisions on whether a mask is below the threshold, by threshold.
PAPER_ACCURACY = {0.7: 1.00, 0.8: 0.98, 0.9: 0.93}
#: Printed range of MedSAM's mean iterations.
PAPER_MEDSAM_CALLS = (2.7, 6.2)
#: What stands under every comparison.
MISSING = (
    "These are the only printed figures that this project has. The paper's cells by model, prompt "
    "and organ, and its Figure 2, are not at hand here: compare them in the paper. Over which "
    "masks it counts decisions is not known here, either; ours are the masks under Table 3."
)


def printed_table(organs: Mapping[str, Measured]) -> Table:
    """The paper's printed figures beside those of each organ."""
    rows = []
    for threshold, printed in PAPER_OVERALL.items():
        ours = [overall(organ.rows, HERMES, threshold) for organ in organs.values()]
        name = f"true Dice at {threshold:g}, all models"
        rows.append([name, f"{printed:.2f}", *map(number, ours), number(_mean(ours))])
    for threshold, printed in PAPER_ACCURACY.items():
        shares: list[float | None] = [accuracy(organ, threshold) for organ in organs.values()]
        name = f"right decisions at {threshold:g}"
        rows.append([name, f"{printed:.2f}", *map(number, shares), number(_mean(shares))])
    low, high = PAPER_MEDSAM_CALLS
    ranges = [_calls(organ) for organ in organs.values()]
    rows.append(["calls of MedSAM, mean", f"{low:g} to {high:g}", *ranges, ""])
    columns = ["", "the paper", *organs, "mean"]
    return Table("The paper's printed figures and ours", columns, rows, MISSING)


def accuracy(organ: Measured, threshold: float) -> float:
    """Share of masks on whose side of the threshold the pDSC and the true Dice agree."""
    masks = organ.detections[HERMES]
    return float(np.mean([(m["pdsc"] < threshold) == (m["true"] < threshold) for m in masks]))


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _calls(organ: Measured) -> str:
    calls = [
        row.calls
        for row in organ.rows
        if row.cell.run.model == "medsam" and row.cell.run.source == HERMES
    ]
    return f"{min(calls):.1f} to {max(calls):.1f}" if calls else "-"
