"""Messages of a run, written by hand."""

import numpy as np

from HermesLib.engine.messages import Opened
from HermesLib.io.orientation import SliceAxes
from HermesLib.prompts.boxes import Box
from HermesLib.quality.presence import PresenceRule
from HermesLib.refinement.events import Iteration, Status
from HermesSegmentLib.run_record import RunRecord

#: Slices of the fixture ``volume``: axial, left on the right, posterior below.
AXES = SliceAxes((2, 1, 0), (False, False, False))
SHAPE = (6, 40, 50)
PROSTATE = {"scheme": "SCT", "value": "41216001", "meaning": "Prostate"}


def opened(
    indices: tuple[int, ...] = tuple(range(6)), out_of_distribution: tuple[int, ...] | None = None
) -> Opened:
    """The first message of a run on the fixture ``volume``."""
    return Opened(indices, SHAPE, AXES, out_of_distribution)


def record() -> RunRecord:
    """The record of a run that is about to start."""
    return RunRecord({"preset": "prostate-t2", "model": "medsam", "seed": 0}, PROSTATE, 0.9)


def block(rows: slice, columns: slice) -> np.ndarray:
    """A rectangular mask (H, W)."""
    mask = np.zeros(SHAPE[1:], bool)
    mask[rows, columns] = True
    return mask


def iteration(
    slice_index: int,
    index: int,
    mask: np.ndarray,
    pgt: np.ndarray,
    pdsc: float,
    status: str | None = None,
    present: float = 1.0,
) -> Iteration:
    """One event."""
    return Iteration(
        slice_index=slice_index,
        index=index,
        mask=mask,
        pgt=pgt.astype(bool),
        pdsc=pdsc,
        pdsc_low=max(pdsc - 0.1, 0.0),
        pdsc_high=min(pdsc + 0.1, 1.0),
        dsc=None,
        prompt=Box(5, 6, 30, 28),
        seconds=0.01,
        status=None if status is None else Status(status),
        present=present,
        borderline=PresenceRule().is_borderline(present),
    )
