"""An algorithm's masks and readers' masks of the same images, side by side."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from HermesLib.datasets.readers.registry import list_data
from HermesLib.metrics.overlap import dice


@dataclass(frozen=True)
class TruthAgreement:
    """How far two truths agree: the ceiling of any figure against either of them.

    Attributes:
        patients: with both masks.
        slice_dice: mean over slices that show the organ in both.
        volume_dice: mean over images.
        worst: the least volume Dice, and the case.
    """

    patients: int
    slice_dice: float
    volume_dice: float
    worst: tuple[float, str]

    def to_plain(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> "TruthAgreement":
        """Read :meth:`to_plain`."""
        return cls(**{**plain, "worst": (plain["worst"][0], plain["worst"][1])})


def compare_truths(
    algorithm: Path, expert: Path, on_case: Callable[[int, int], None]
) -> TruthAgreement:
    """Compare the masks of two tables on the images that are in both.

    Args:
        algorithm, expert: tables of :mod:`HermesLib.datasets.readers.pairs`.
        on_case: called with the cases done and their total.
    """
    others = {case.image: case for case in list_data(f"pairs:{algorithm}").cases}
    cases = [case for case in list_data(f"pairs:{expert}").cases if case.image in others]
    slices: list[float] = []
    volumes = []
    for number, case in enumerate(cases, 1):
        image = case.read_image()
        ours, theirs = case.truth.read(image), others[case.image].truth.read(image)
        both = ours.any((1, 2)) & theirs.any((1, 2))
        slices += [dice(ours[k], theirs[k]) for k in np.flatnonzero(both)]
        volumes.append((dice(ours, theirs), case.identity))
        on_case(number, len(cases))
    return TruthAgreement(
        len({case.identity for case in cases}),
        float(np.mean(slices)) if slices else 0.0,
        float(np.mean([value for value, _ in volumes])) if volumes else 0.0,
        min(volumes, default=(0.0, "")),
    )
