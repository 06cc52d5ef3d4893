"""What a guide says of an image: the organ's probability on its slices."""

import hashlib
from dataclasses import dataclass

import numpy as np

from HermesLib.errors import HermesError
from HermesLib.io.mask_values import PROBABLE


@dataclass(frozen=True, eq=False)
class GuideMap:
    """The organ by a guide.

    Attributes:
        probability: (N, H, W) float32 in 0..1 on the volume's slices; a mask is 0 and 1.
        name: of the guide in :data:`HermesLib.guides.registry.GUIDES`.
        sha256: of the map's values.
        version: of the program and its weights; "" for a file.
        soft: whether values between 0 and 1 mean something.
    """

    probability: np.ndarray
    name: str
    sha256: str
    version: str = ""
    soft: bool = False


def guide_map(
    probability: np.ndarray, name: str, version: str = "", soft: bool = False
) -> GuideMap:
    """A guide's map with the hash of its values.

    >>> guide_map(np.ones((1, 2, 2)), "file").sha256[:8]
    'f6bb1294'

    Args:
        probability: (N, H, W) in 0..1.
        name, version, soft: as in :class:`GuideMap`.

    Raises:
        HermesError: the organ is nowhere. A run would end every slice as one without the organ.
    """
    values = np.ascontiguousarray(probability, np.float32)
    if not (values >= PROBABLE).any():
        found = f"; its highest probability is {values.max():.2f}" if values.any() else ""
        raise HermesError(
            f"the guide is empty: the organ is on none of its slices{found}; choose another guide"
        )
    return GuideMap(values, name, hashlib.sha256(values.tobytes()).hexdigest(), version, soft)
