"""In which order the slices of a volume are refined."""

from collections.abc import Sequence

import torch

from HermesLib.quality.presence import PresenceRule


def middle_out(
    indices: Sequence[int],
    present: torch.Tensor | None,
    rule: PresenceRule,
    start: int | None = None,
) -> list[int]:
    """The rows of slices in the order in which they are refined.

    Args:
        indices: of the slices in the volume.
        present: (N,) probability that each shows the organ; None if it is not known.
        rule: from which probability it counts as shown.
        start: index of the slice that the order starts from; None for the organ's middle.

    Returns:
        First the rows of slices that do not show the organ, which cost nothing; then the others by
        their distance from the start.
    """
    shown = [present is None or rule.shows(float(present[row])) for row in range(len(indices))]
    rows = [row for row, shows in enumerate(shown) if shows]
    first = [row for row, shows in enumerate(shown) if not shows]
    if rows:
        ends = [indices[row] for row in rows]
        twice_start = min(ends) + max(ends) if start is None else 2 * start
        rows.sort(key=lambda row: (abs(2 * indices[row] - twice_start), indices[row]))
    return first + rows
