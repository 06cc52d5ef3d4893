"""The protocol of promptable models that segment a whole volume at once.

A model is opened on a volume, which gives a session. The session takes prompts, round after round,
and answers each round with a mask of the whole volume.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from HermesLib.prompts.volume import VolumePrompt


class VolumeSession(Protocol):
    """One volume in work."""

    @property
    def stroke_thickness(self) -> tuple[int, int, int]:
        """How thick strokes should be, in voxels along slice, row and column."""
        ...

    def predict(self, prompts: Sequence[VolumePrompt]) -> np.ndarray:
        """The mask (N, H, W), bool, after further prompts, which are taken in their order.

        Earlier prompts of the session stay in force. An initial mask replaces them all.

        Raises:
            ValueError: a prompt outside the volume, or none.
            HermesError: the model cannot answer.
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
        sha256: of the weights, or of all that is known of them.
        licence: of the weights, as their source states it.
    """

    name: str
    prompt_kinds: tuple[str, ...]
    sha256: str
    licence: str

    def open(self, intensities: np.ndarray, spacing: tuple[float, float, float]) -> VolumeSession:
        """A session on a volume.

        Args:
            intensities: (N, H, W) float32 as acquired, in the modality's own units.
            spacing: mm along slice, row and column.

        Raises:
            HermesError: the model cannot be reached or cannot take the volume.
        """
        ...
