"""SAM 2.1 and MedSAM2 on whole volumes: a box on one slice, propagated, then corrected by clicks.

The first prompt is answered without memories. A click on a slice that has an answer corrects that
answer, which is fed back as the official video predictor does; the slice is a prompted one from
then on, and everything is propagated again from all prompted slices.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np
import torch

from HermesLib.errors import HermesError
from HermesLib.models.sam2.adapter import MedSam2, Sam2
from HermesLib.models.sam2.features import SliceFeatures
from HermesLib.models.sam2.propagation import Propagated, PropagatedSlice, Remembered, propagate
from HermesLib.models.sam_family.adapter import best_of_three
from HermesLib.models.sam_family.prompting import SamPrompt
from HermesLib.models.volume_protocol import Start, VolumeImage
from HermesLib.progress import progress
from HermesLib.prompts.volume import (
    BoxOnSlice,
    EarlierMask,
    Points3D,
    VolumePrompt,
    require_within,
)
from HermesLib.weights.checkpoint import Checkpoint

#: Features of slices that are kept, bytes: 64 slices of 1024 pixels, 256 of 512.
KEPT_BYTES = 1 << 30


class Sam2Volume:
    """SAM 2.1 as a :class:`HermesLib.models.volume_protocol.VolumeModel`.

    Args:
        model: that segments and propagates.
        kept_bytes: the most of slices' features that a session keeps; results do not depend on it.
    """

    slice_model: ClassVar[type[Sam2]] = Sam2
    kind: ClassVar[str] = Sam2.kind
    prompt_kinds: tuple[str, ...] = ("clicks",)
    starts_from: Start = "box-on-slice"
    name = "sam2-volume"

    def __init__(self, model: Sam2, kept_bytes: int = KEPT_BYTES) -> None:
        self.model = model
        self.kept_bytes = kept_bytes
        self.sha256 = model.sha256

    @classmethod
    def from_checkpoint(cls, checkpoint: Checkpoint) -> Self:
        """From the files of the model of slices."""
        return cls(cls.slice_model.from_checkpoint(checkpoint))

    def to(self, device: torch.device) -> Self:
        """Move to a device."""
        self.model.to(device)
        return self

    def open(self, image: VolumeImage, needed: range) -> "Sam2Session":
        """See :class:`HermesLib.models.volume_protocol.VolumeModel`; nothing is computed yet."""
        return Sam2Session(self, image, needed)


class MedSam2Volume(Sam2Volume):
    """MedSAM2 as a :class:`HermesLib.models.volume_protocol.VolumeModel`."""

    slice_model = MedSam2
    kind = MedSam2.kind
    name = "medsam2-volume"


@dataclass(frozen=True, eq=False)
class _SliceMarks:
    """All that was ever marked on a slice: a box, and points (N, 2) of (x, y), positive first."""

    box: tuple[float, float, float, float] | None = None
    positive: np.ndarray = field(default_factory=lambda: np.zeros((0, 2), np.int64))
    negative: np.ndarray = field(default_factory=lambda: np.zeros((0, 2), np.int64))

    def prompt(self) -> SamPrompt:
        """The marks as SAM takes them."""
        points = np.concatenate([self.positive, self.negative])
        labels = np.repeat([1, 0], [len(self.positive), len(self.negative)])
        return SamPrompt(torch.from_numpy(points), torch.from_numpy(labels), len(points), self.box)


@dataclass(frozen=True, eq=False)
class _Round:
    """A session after a round of prompts.

    Attributes:
        marks: by the slices' indices among the needed ones.
        propagated: None before the first prompt.
    """

    marks: dict[int, _SliceMarks]
    propagated: Propagated | None


_NOTHING = _Round({}, None)


class Sam2Session:
    """One volume; see :class:`HermesLib.models.volume_protocol.VolumeSession`.

    Besides the kept features, a session holds the answers and memories of the last two rounds: for
    each slice and round 0.8 MB at 1024 pixels, 0.2 MB at 512.

    Args:
        model: segments.
        image: the normalised image is read.
        needed: indices of the slices that are propagated through.
    """

    stroke_thickness = (1, 1, 1)

    def __init__(self, model: Sam2Volume, image: VolumeImage, needed: range) -> None:
        self._model = model.model
        self._name = model.name
        self._shape = image.normalised.shape
        self._needed = needed
        slices = image.normalised[needed.start : needed.stop]
        self._features = SliceFeatures(self._model, slices, model.kept_bytes)
        self._now = self._before = _NOTHING

    def answers(self) -> dict[int, PropagatedSlice]:
        """What the last mask was made of, by the slices' indices among the needed ones."""
        return {} if self._now.propagated is None else self._now.propagated.answers()

    @torch.inference_mode()
    def predict(self, prompts: Sequence[VolumePrompt]) -> np.ndarray:
        """See :class:`HermesLib.models.volume_protocol.VolumeSession`.

        Raises:
            ValueError: a prompt outside the needed slices, or none.
            HermesError: a prompt of another kind.
        """
        if not prompts:
            raise ValueError("there is no prompt")
        start = self._now
        further: dict[int, _SliceMarks] = {}
        for prompt in prompts:
            require_within(prompt, self._shape)
            if isinstance(prompt, EarlierMask):
                start, further = self._before, {}
            else:
                self._add(prompt, start, further)
        if further:
            self._before, self._now = start, self._propagated(start, further)
        else:
            self._now = start
        return self._mask()

    def reset(self) -> None:
        """See :class:`HermesLib.models.volume_protocol.VolumeSession`; features are kept."""
        self._now = self._before = _NOTHING

    def close(self) -> None:
        """See :class:`HermesLib.models.volume_protocol.VolumeSession`."""
        self.reset()
        self._features.clear()

    def _add(self, prompt: VolumePrompt, start: _Round, further: dict[int, _SliceMarks]) -> None:
        """Join a prompt's marks to those that its slices have."""
        if not (isinstance(prompt, Points3D) or _is_box(prompt)):
            raise HermesError(f"{self._name} takes no '{prompt.kind}' prompts across slices")
        low, high = prompt.bounds[0]
        if low < self._needed.start or high > self._needed.stop:
            raise ValueError(f"the prompt lies outside the slices {self._needed}")
        for index in range(low, high):
            marked = prompt.on_slice(index, self._shape[1:])
            row = index - self._needed.start
            had = further.get(row) or start.marks.get(row) or _SliceMarks()
            both = _SliceMarks(
                marked.boxes[0] if marked.boxes else had.box,
                np.concatenate([had.positive, marked.positive_points]),
                np.concatenate([had.negative, marked.negative_points]),
            )
            if marked.boxes or len(marked.positive_points) + len(marked.negative_points):
                further[row] = both

    def _propagated(self, start: _Round, further: dict[int, _SliceMarks]) -> _Round:
        model = self._model
        prompted: dict[int, Remembered] = {}
        if start.propagated is not None:
            prompted.update(start.propagated.prompted)
        for row, marks in sorted(further.items()):
            prompted[row] = model.prompted(
                self._features[row], marks.prompt(), self._shape[1:], row, start.propagated
            )
        found = propagate(
            model.network,
            self._features,
            prompted,
            together=model.together,
            best=best_of_three,
            on_slice=lambda done: progress(f"{done} of {len(self._needed)} slices propagated"),
        )
        return _Round({**start.marks, **further}, found)

    def _mask(self) -> np.ndarray:
        mask = np.zeros(self._shape, bool)
        for row, answer in self.answers().items():
            on_slice = self._model.on_slice(answer.low[None], self._shape[1:])[0, 0]
            mask[self._needed.start + row] = (on_slice > 0).cpu().numpy()
        return mask


def _is_box(prompt: VolumePrompt) -> bool:
    return isinstance(prompt, BoxOnSlice) and prompt.axis == 0 and prompt.positive
