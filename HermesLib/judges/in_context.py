"""The judge that takes a mask as the example by which labelled slices are segmented.

Reverse classification accuracy (Valindria et al. 2017) with a model that learns from examples
(Cosarinsky et al. 2025): the judged slice with its mask is the only example of a model such as
UniverSeg, which then segments reference slices whose truth is known. A right mask shows the model
what the organ is, and its answers agree with the truths; a wrong one does not. Nothing is trained.

The patients of the references are divided. Half of them are segmented. The slices of the others
calibrate a range (split conformal prediction of the quantiles, Romano et al. 2019): masks of known
Dice y are judged in the same way, and with ``low`` and ``high`` as quantiles of the Dices on the
references, the range of a mask is widened by the quantile of ``max(low - y, y - high)`` that so
many patients support. Masks of one patient count together
(:func:`HermesLib.metrics.conformal.group_quantile`).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from HermesLib.datasets.references import References, read_references
from HermesLib.errors import HermesError
from HermesLib.judges.protocol import Estimate, Judged
from HermesLib.judges.registry import JudgeOptions
from HermesLib.metrics.conformal import group_quantile
from HermesLib.metrics.guarantee import Guarantee
from HermesLib.metrics.overlap import dice
from HermesLib.models.protocol import Embedding, PromptableModel
from HermesLib.models.registry import MODELS, load_model
from HermesLib.prompts.examples import Example, Examples
from HermesLib.prompts.similarity import most_similar, thumbnail

#: Slices that are read of the references, and of these how many are segmented for a mask: those
#: most similar to its slice.
REFERENCES, SEGMENTED = 24, 8
#: The share of masks that the range is meant to contain.
LEVEL = 0.9


@dataclass(frozen=True, eq=False)
class _Slice:
    """A reference slice: image (H, W) float32, truth (H, W) bool, whose it is, as a thumbnail."""

    image: np.ndarray
    truth: np.ndarray
    patient: str
    thumbnail: np.ndarray


class InContext:
    """Dice of the references' truths with what a mask teaches the model about them.

    The estimate is the best Dice of the references that are most similar to the slice, as in
    reverse classification: one of them may be unlike the slice for reasons that are not the
    mask's. Its range holds for slices like the references', and for masks like those that the
    model itself draws by the example of another patient; masks from elsewhere may fail in other
    ways.

    Args:
        model: takes examples.
        references: labelled slices. Without two patients there is no range.
        segmented: how many references are segmented for a mask.
        level: of the range.
        device: of the model.
    """

    name = "in-context"
    needs_model = False
    score = "judged"

    def __init__(
        self,
        model: PromptableModel,
        references: References,
        segmented: int = SEGMENTED,
        level: float = LEVEL,
        device: torch.device | None = None,
    ) -> None:
        self.sha256 = hashlib.sha256(f"{model.sha256} {references.sha256}".encode()).hexdigest()
        self._model = model
        self._segmented = segmented
        self._level = level
        self._device = device or torch.device("cpu")
        everyone = sorted(set(references.patients))
        # Every second patient calibrates, so that both halves are spread alike.
        calibrating = set(everyone[1::2])
        slices = [
            _Slice(image, mask, patient, thumbnail(image))
            for image, mask, patient in zip(
                references.images, references.masks, references.patients, strict=True
            )
        ]
        self._targets = [one for one in slices if one.patient not in calibrating]
        self._calibrating = [one for one in slices if one.patient in calibrating]
        self._embeddings: dict[int, Embedding] = {}
        self._widening: float | None = None

    @property
    def guarantee(self) -> Guarantee | None:
        """The level of the range, and the highest that the calibrating patients support."""
        patients = len({one.patient for one in self._calibrating})
        if patients == 0:
            return None
        return Guarantee(self._level, min(self._level, patients / (patients + 1)), patients)

    def judge(self, judged: Judged) -> list[Estimate]:
        """See :class:`HermesLib.judges.protocol.Judge`."""
        return self.estimate(judged.images, judged.masks)

    def estimate(self, images: torch.Tensor, masks: torch.Tensor) -> list[Estimate]:
        """Estimates for masks (B, H, W, bool) of slices (B, 1, H, W), one by one.

        An empty mask teaches nothing: it gets 0, and a range from 0 to 1.
        """
        estimates = []
        for image, mask in zip(images[:, 0].cpu().numpy(), masks.cpu().numpy(), strict=True):
            if not mask.any():
                estimates.append(Estimate(0.0, 0.0, 1.0))
                continue
            dices = self._dices(image, mask)
            low, high = self._range(dices)
            estimates.append(Estimate(float(np.clip(max(dices), low, high)), low, high))
        return estimates

    def _range(self, dices: Sequence[float]) -> tuple[float, float]:
        low, high = self._quantiles(dices)
        if not self._calibrating:
            return low, high
        if self._widening is None:
            self._widening = self._calibrated()
        low, high = low - self._widening, high + self._widening
        if low > high:
            # A range that is narrower than nothing is a point.
            low = high = (low + high) / 2
        return min(max(low, 0.0), 1.0), min(max(high, 0.0), 1.0)

    def _quantiles(self, dices: Sequence[float]) -> tuple[float, float]:
        low, high = np.quantile(dices, [(1 - self._level) / 2, (1 + self._level) / 2])
        return float(low), float(high)

    def _calibrated(self) -> float:
        """How much the range of a mask is widened on either side."""
        errors, patients = [], []
        for place, one in enumerate(self._calibrating):
            mask = self._drawn(one, place)
            if not mask.any():
                continue
            truth = dice(mask, one.truth)
            low, high = self._quantiles(self._dices(one.image, mask))
            errors.append(max(low - truth, truth - high))
            patients.append(one.patient)
        if not errors:
            return 1.0
        return group_quantile(np.array(errors), np.array(patients), self._level)

    def _drawn(self, one: _Slice, place: int) -> np.ndarray:
        """A mask (H, W, bool) of a calibrating slice, as the model draws it by one example.

        The examples range from the most to the least similar, so that good and bad masks occur.
        """
        ranked = most_similar(one.image, self._thumbnails, len(self._targets))
        teacher = self._targets[ranked[place % len(ranked)]]
        return self._answer(self._embed(one.image), teacher.image, teacher.truth)

    def _dices(self, image: np.ndarray, mask: np.ndarray) -> list[float]:
        """Of the references most similar to a slice, by the example of its mask."""
        dices = []
        for place in most_similar(image, self._thumbnails, self._segmented):
            if place not in self._embeddings:
                self._embeddings[place] = self._embed(self._targets[place].image)
            answer = self._answer(self._embeddings[place], image, mask)
            # The truths are not empty, so that an empty answer has a Dice of 0.
            dices.append(dice(answer, self._targets[place].truth))
        return dices

    @property
    def _thumbnails(self) -> list[np.ndarray]:
        return [one.thumbnail for one in self._targets]

    def _embed(self, image: np.ndarray) -> Embedding:
        pixels = torch.from_numpy(np.ascontiguousarray(image, np.float32))
        return self._model.embed(pixels[None, None].to(self._device))

    def _answer(self, embedding: Embedding, image: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """What the model segments (H, W, bool) by one example."""
        prediction = self._model.predict(embedding, [Examples((Example(0, image, mask),))])
        return (prediction.probability[0] > 0.5).cpu().numpy()


def load_in_context_model(weights: str, device: torch.device | None = None) -> PromptableModel:
    """The model that takes examples whose weights a file holds.

    Raises:
        HermesError: weights of no such model.
    """
    names = [name for name, entry in MODELS.items() if entry.prompt_kinds[0] == Examples.kind]
    for name in names:
        try:
            return load_model(name, weights, device)
        except HermesError as error:
            reason = error
    raise HermesError(f"the judge 'in-context' needs weights of {' or '.join(names)}: {reason}")


def build(options: JudgeOptions) -> InContext:
    """See :attr:`HermesLib.judges.registry.JudgeEntry.build`.

    Raises:
        HermesError: no weights, no references, or none that show the organ.
    """
    if options.references is None or options.preset is None or options.weights is None:
        raise HermesError("the judge 'in-context' needs weights, labelled cases and their organ")
    model = load_in_context_model(options.weights, options.device)
    references = read_references(
        options.references, options.preset, REFERENCES, options.leave_out, options.family
    )
    return InContext(model, references, device=options.device)
