"""Small finished runs to report on: events of discs that move towards their pGT."""

import numpy as np

from HermesLib.prompts.boxes import Box
from HermesLib.prompts.clicks import Clicks
from HermesLib.prompts.scribbles import Scribbles
from HermesLib.prompts.types import Prompt
from HermesLib.refinement.events import Iteration, Status
from HermesLib.refinement.history import History, SliceResult
from HermesLib.report.document import Network, Provenance

HEIGHT, WIDTH = 80, 64


def disc(row: float, column: float, radius: float = 9) -> np.ndarray:
    """(H, W) bool."""
    rows, columns = np.ogrid[:HEIGHT, :WIDTH]
    return (rows - row) ** 2 + (columns - column) ** 2 <= radius**2


def prompt_of(kind: str | None, index: int, mask: np.ndarray) -> Prompt | None:
    if kind == "box":
        return Box(0, 0, WIDTH, HEIGHT) if index == 0 else Box(15, 20, 45, 60)
    if kind == "scribbles":
        return Scribbles(disc(40, 30, 3) & mask, disc(28, 18, 2))
    if kind == "clicks":
        return Clicks(np.argwhere(mask)[::40, ::-1], np.zeros((0, 2), int))
    return None


def slice_events(
    slice_index: int,
    pdscs: list[float],
    status: Status,
    kind: str | None = "box",
    dsc: float | None = None,
    empty: bool = False,
) -> list[Iteration]:
    """One event for each pDSC; only the last is final."""
    events = []
    for index, pdsc in enumerate(pdscs):
        mask = disc(40, 30 + 12 / (index + 1)) & (not empty)
        pgt = disc(40, 30) & (not empty)
        last = status if index == len(pdscs) - 1 else None
        prompt = prompt_of(kind, index, mask)
        events.append(
            Iteration(
                slice_index=slice_index,
                index=index,
                mask=mask,
                pgt=pgt,
                pdsc=pdsc,
                pdsc_low=pdsc / 2,
                pdsc_high=min(1.0, pdsc + 0.1),
                dsc=dsc,
                prompt=prompt,
                seconds=0.25,
                status=last,
            )
        )
    return events


def results_of(*slices: list[Iteration]) -> list[SliceResult]:
    history = History()
    for events in slices:
        for event in events:
            history.add(event)
    return history.results()


PROVENANCE = Provenance(
    hermes="0.1.0",
    command=("refine", "image.nii.gz"),
    seed=3,
    device="cpu",
    preset="prostate-t2",
    model=Network("medsam", "a" * 64),
    quality=Network("qc", "b" * 64),
    score="raw",
    image_sha256="c" * 64,
)
