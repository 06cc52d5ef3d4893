"""Whether the cases of a listing can be used: their files are opened and compared."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from HermesLib.datasets.case import Case
from HermesLib.datasets.readers.listing import Listing, Skipped
from HermesLib.errors import HermesError
from HermesLib.notices import Notice, heard_by

#: Notices that are worth a line about a case, and how the line says it.
_HINTS = {
    "mask-resampled": "the mask is on another grid and is resampled",
    "mask-part": "the mask's grid covers a part of the image only",
    "image-two-values": "the image holds two values only",
}


@dataclass(frozen=True)
class CheckedCases:
    """What opening the files of a listing showed.

    Attributes:
        usable: cases with an image and a mask that shows the organ.
        skipped: the others, and why.
        hints: what is peculiar to a usable case, by its name.
        slices: with the organ, of all usable cases together.
        all_slices: of the usable cases.
    """

    usable: tuple[Case, ...]
    skipped: tuple[Skipped, ...]
    hints: tuple[Skipped, ...]
    slices: int
    all_slices: int


def check_cases(
    listing: Listing, on_case: Callable[[int, int], None] = lambda done, total: None
) -> CheckedCases:
    """Read every image and mask of a listing, one after the other.

    Args:
        listing: of one organ.
        on_case: called with the cases done and their total.
    """
    usable = []
    skipped = []
    hints = []
    with_organ = 0
    slices = 0
    for number, case in enumerate(listing.cases, 1):
        heard: list[Notice] = []
        try:
            with heard_by(heard.append):
                truth = case.truth.read(case.read_image())
        except HermesError as error:
            skipped.append(Skipped(case.patient, str(error)))
        else:
            if truth.any():
                usable.append(case)
                with_organ += int(truth.any((1, 2)).sum())
                slices += len(truth)
                hints += [Skipped(case.patient, hint) for hint in _hints(truth, heard)]
            else:
                skipped.append(Skipped(case.patient, "the mask is empty"))
        on_case(number, len(listing.cases))
    return CheckedCases(tuple(usable), tuple(skipped), tuple(hints), with_organ, slices)


def _hints(truth: np.ndarray, heard: Sequence[Notice]) -> list[str]:
    hints = [_HINTS[one.kind] for one in heard if one.kind in _HINTS]
    parts = int(ndimage.label(truth)[1])
    if parts > 1:
        hints.append("the mask has several parts")
    return hints
