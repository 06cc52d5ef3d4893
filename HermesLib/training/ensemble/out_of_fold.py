"""What an ensemble says, out of fold, of the slices and of masks of its own training patients."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from HermesLib.evaluation.cases import Case, read_case
from HermesLib.evaluation.refined_masks import FEW_ITERATIONS, refined_masks
from HermesLib.evaluation.scored_masks import CORRUPTED, PERFECT, corrupt_slice
from HermesLib.io.neighbours import own_slice
from HermesLib.metrics.overlap import dice
from HermesLib.models.protocol import PromptableModel
from HermesLib.presets.preset import Preset
from HermesLib.quality.diffusion_qc import DiffusionQuality
from HermesLib.quality.ensemble.features import mask_features, presence_features
from HermesLib.quality.protocol import Observation


@dataclass(frozen=True)
class SliceEvidence:
    """Evidence of the organ's presence on one slice.

    Attributes:
        patient, case, index: identity, file and slice.
        present: whether the slice shows the organ.
        context: whether context networks have read it.
        features: see :func:`HermesLib.quality.ensemble.features.presence_features`.
    """

    patient: str
    case: str
    index: int
    present: bool
    context: bool
    features: dict[str, float]


@dataclass(frozen=True)
class MaskEvidence:
    """Evidence of one mask's true Dice.

    Attributes:
        patient, case, index: identity, file and slice.
        source: the model's name, or the sort of a simulated mask.
        iteration: of the refinement; 0 for masks that no pGT has prompted.
        context: whether context networks have read the slice.
        features: see :func:`HermesLib.quality.ensemble.features.mask_features`.
        true: true Dice; 0 on slices without the organ.
    """

    patient: str
    case: str
    index: int
    source: str
    iteration: int
    context: bool
    features: dict[str, float]
    true: float

    @property
    def prompted(self) -> bool:
        """Whether the mask's prompts came from a pGT."""
        return self.iteration > 0


@dataclass(frozen=True)
class MaskSelection:
    """Which masks the score is fitted on.

    Attributes:
        slices: slices with the organ of each case, evenly along it.
        nearby: slices without the organ next to each of its ends.
        corruptions: corrupted masks of each slice.
        seed: of all randomness.
    """

    slices: int = 12
    nearby: int = 2
    corruptions: int = 2
    seed: int = 0


def read_out_of_fold(
    cases: Sequence[Case],
    preset: Preset,
    quality: DiffusionQuality,
    on_case: Callable[[int, int], None],
) -> tuple[list[SliceEvidence], list[tuple[object, ...]]]:
    """Evidence of presence on all slices of the cases, and what was found on them, by case."""
    evidence: list[SliceEvidence] = []
    findings = []
    for number, case in enumerate(cases):
        read = read_case(case, preset)
        observation = quality.without(case.identity).observe(read.images, read.thickness)
        present = read.truth.flatten(1).any(1).tolist()
        for index, finding in enumerate(observation.features):
            reading = finding.ensemble
            evidence.append(
                SliceEvidence(
                    case.identity,
                    case.image.name,
                    index,
                    present[index],
                    reading.context is not None,
                    _plain(presence_features(reading)),
                )
            )
        findings.append(observation.features)
        on_case(number + 1, len(cases))
    return evidence, findings


def mask_evidence(
    case: Case,
    preset: Preset,
    quality: DiffusionQuality,
    findings: tuple[object, ...],
    present: np.ndarray,
    models: Sequence[PromptableModel],
    selection: MaskSelection,
    device: torch.device,
) -> list[MaskEvidence]:
    """Evidence of masks of one case.

    Args:
        case: with truth.
        preset: organ and intensities.
        quality: the ensemble.
        findings: of :func:`read_out_of_fold`.
        present: (N,) probability that each slice shows the organ, from the whole volume.
        models: refined on the chosen slices.
        selection: of slices and masks.
        device: of the models.
    """
    read = read_case(case, preset)
    chosen = chosen_slices(read.truth.flatten(1).any(1).numpy(), selection)
    if not len(chosen):
        return []
    guide = quality.without(case.identity)
    rows = [int(index) for index in chosen]
    images = read.images[rows]
    ones = torch.ones(len(rows))
    observation = Observation(images, ones, None, tuple(findings[row] for row in rows), ones)
    rng = np.random.default_rng([selection.seed, len(rows)])
    collected = []
    for row, source, iteration, mask in _masks(
        observation, read.truth[rows], guide, models, selection, rng, device
    ):
        if not mask.any():
            continue
        index = rows[row]
        reading = findings[index].ensemble  # type: ignore[attr-defined]
        features = mask_features(
            reading, torch.from_numpy(mask)[None], torch.tensor(float(present[index]))
        )
        true = dice(mask, read.truth[index].numpy())
        collected.append(
            MaskEvidence(
                case.identity,
                case.image.name,
                index,
                source,
                iteration,
                reading.context is not None,
                {name: float(value[0]) for name, value in features.items()},
                true,
            )
        )
    return collected


def chosen_slices(present: np.ndarray, selection: MaskSelection) -> np.ndarray:
    """Indices of slices with the organ, evenly, and of slices without it next to its ends."""
    with_organ = np.flatnonzero(present)
    if not len(with_organ):
        return with_organ
    count = min(len(with_organ), selection.slices)
    even = with_organ[np.linspace(0, len(with_organ) - 1, count).round().astype(int)]
    before = np.arange(with_organ[0] - selection.nearby, with_organ[0])
    after = np.arange(with_organ[-1] + 1, with_organ[-1] + 1 + selection.nearby)
    both = np.concatenate([before, even, after])
    return np.unique(both[(both >= 0) & (both < len(present))])


def _masks(
    observation: Observation,
    truth: torch.Tensor,
    guide: DiffusionQuality,
    models: Sequence[PromptableModel],
    selection: MaskSelection,
    rng: np.random.Generator,
    device: torch.device,
) -> "list[tuple[int, str, int, np.ndarray]]":
    """Row, source, iteration and mask: refined, perfect and corrupted ones."""
    settings = replace(FEW_ITERATIONS, seed=selection.seed)
    masks = [
        (event.slice_index, name, event.index, event.mask)
        for name, event in refined_masks(observation, guide, models, settings, device)
    ]
    pictures = own_slice(observation.images)[:, 0].numpy()
    for row, (image, true) in enumerate(zip(pictures, truth.numpy(), strict=True)):
        if not true.any():
            continue
        masks.append((row, PERFECT, 0, true))
        for _ in range(selection.corruptions):
            masks.append((row, CORRUPTED, 0, corrupt_slice(true, image, rng)))
    return masks


def _plain(features: dict[str, torch.Tensor]) -> dict[str, float]:
    return {name: float(value) for name, value in features.items()}
