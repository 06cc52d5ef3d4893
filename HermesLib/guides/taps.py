"""TAPS, which segments the prostate in T2-weighted MR, as a guide."""

from HermesLib.errors import HermesError
from HermesLib.guides.external import draw_by_program
from HermesLib.guides.map import GuideMap
from HermesLib.guides.registry import GuideEntry
from HermesLib.guides.request import GuideRequest


def draw(entry: GuideEntry, request: GuideRequest) -> GuideMap:
    """The probability of the prostate.

    Raises:
        HermesError: labels are chosen; see also :func:`HermesLib.guides.external.draw_by_program`.
    """
    if request.labels is not None:
        raise HermesError(f"{entry.title} gives one organ; leave --guide-labels out")
    return draw_by_program(entry, request, {})
