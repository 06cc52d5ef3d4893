"""Which organs besides the preset's own an ensemble maps, to learn the surroundings."""

from collections.abc import Sequence

import numpy as np

from HermesLib.datasets.slices import LabelledSlice
from HermesLib.quality.network.member import other_organs

#: More maps cost time and memory in every step, and are of organs ever farther away.
MOST_OTHERS = 12


def surrounding_organs(
    slices: Sequence[LabelledSlice], organ: str, most: int = MOST_OTHERS
) -> tuple[str, ...]:
    """Names of the other labelled organs, sorted.

    Args:
        slices: training slices; those that do not label the organ do not count.
        organ: the organ of the preset.
        most: of more organs, those are taken that the most patients show; ties: the most slices.
    """
    labelled = [item for item in slices if item.organ(organ) is not None]
    names = other_organs(sorted({item.names for item in labelled}), organ)
    if len(names) <= most:
        return names
    patients: dict[str, set[str]] = {name: set() for name in names}
    shown = dict.fromkeys(names, 0)
    for item in labelled:
        assert item.label is not None
        for value in np.unique(item.label):
            name = item.names[value] if 0 < value < len(item.names) else organ
            if name != organ:
                patients[name].add(item.patient)
                shown[name] += 1
    ranked = sorted(names, key=lambda name: (-len(patients[name]), -shown[name], name))
    return tuple(sorted(ranked[:most]))
