"""The protocol of promptable models that segment a whole volume at once.

A model is opened on a volume, which gives a session. The session takes prompts, round after round,
and answers each round with a mask of the whole volume.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from HermesLib.prompts.volume import VolumePrompt

#: What a model starts from: the whole pGT, or the box of one of its sections.
Start = Literal["initial-mask", "box-on-slice"]


@dataclass(frozen=True, eq=False)
class VolumeImage:
    """A whole image as models take it.

    Attributes:
        intensities: (N, H, W) float32 as acquired, in the modality's own units.
        normalised: (N, H, W) float32 in 0..1, as the preset says.
        spacing: mm along slice, row and column.
    """

    intensities: np.ndarray
    normalised: np.ndarray
    spacing: tuple[float, float, float]


class VolumeSession(Protocol):
    """One volume in work."""

    @property
    def stroke_thickness(self) -> tuple[int, int, int]:
        """How thick strokes should be, in voxels along slice, row and column."""
        ...

    def predict(self, prompts: Sequence[VolumePrompt]) -> np.ndarray:
        """The mask (N, H, W), bool, after further prompts, which are taken in their order.

        Earlier prompts of the session stay in force. An initial mask replaces them all, and a mask
        to go back to replaces those of the last round.

        Raises:
            ValueError: a prompt outside the volume, or none.
            HermesError: the model cannot answer, or takes no such prompt.
        """
        ...

    def reset(self) -> None:
        """Forget all prompts; the next round starts from nothing."""
        ...

    def close(self) -> None:
        """Give back what the session holds; safe to call twice."""
        ...


class VolumeModel(Protocol):
    """A promptable model that segments a whole volume.

    Attributes:
        name: the name in the registry.
        prompt_kinds: the kinds of corrections it takes, its preferred kind first.
        starts_from: its first prompt.
        sha256: of the weights, or of all that is known of them.
    """

    name: str
    prompt_kinds: tuple[str, ...]
    starts_from: Start
    sha256: str

    def open(self, image: VolumeImage, needed: range) -> VolumeSession:
        """A session on a volume.

        Args:
            image: the whole image.
            needed: indices of the slices whose masks count. All prompts lie there; elsewhere the
                answer may be empty.

        Raises:
            HermesError: the model cannot be reached or cannot take the volume.
        """
        ...
