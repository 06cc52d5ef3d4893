"""A mask or probability map that exists already, as a guide."""

from HermesLib.guides.map import GuideMap, guide_map
from HermesLib.guides.registry import GuideEntry
from HermesLib.guides.request import GuideRequest
from HermesLib.io.mask_values import GUIDE
from HermesLib.io.masks import read_probability


def draw(entry: GuideEntry, request: GuideRequest) -> GuideMap:
    """The map in a file: of any organ and modality, a volume or a single slice.

    On another grid it is resampled, with a notice.

    Raises:
        HermesError: unreadable, of another patient, several labels, empty, or values whose meaning
            is not clear.
    """
    assert request.path is not None
    probability, soft = read_probability(request.path, request.volume, request.labels, GUIDE)
    return guide_map(probability, entry.name, soft=soft)
