"""Masks with a known truth and the scores that judges give them, in the loop and from elsewhere."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from HermesLib.errors import HermesError
from HermesLib.evaluation.cases import Case, read_case
from HermesLib.evaluation.refined_masks import FEW_ITERATIONS
from HermesLib.evaluation.scored_masks import CORRUPTED, PERFECT, corrupt_slice
from HermesLib.io.neighbours import own_slice
from HermesLib.judges.protocol import Estimate, Judge, Judged, ModelAnswer
from HermesLib.metrics.overlap import dice
from HermesLib.models.protocol import Embedding, PromptableModel
from HermesLib.presets.preset import Preset
from HermesLib.quality.guided import GuidedQuality
from HermesLib.quality.protocol import Evidence, Observation, QualityControl
from HermesLib.refinement.events import Status
from HermesLib.refinement.refiner import Refiner
from HermesLib.refinement.seeding import slice_seed
from HermesLib.refinement.volume import presence_along, refine_volume

#: Source of masks besides those of :mod:`HermesLib.evaluation.scored_masks`: the guide itself.
GUIDE = "guide"
#: The score that the quality control gives, beside those of the judges.
OWN = "quality control"
_CORRUPTIONS = 2


@dataclass(frozen=True)
class JudgedMask:
    """One mask of one slice.

    Attributes:
        patient, case, index: identity, file and slice.
        source: the model's name, ``corrupted``, ``perfect`` or :data:`GUIDE`.
        iteration: of the refinement; None for masks from elsewhere.
        true: true Dice; 0 where the organ is not on the slice.
        scores: by judge; without those that cannot judge such a mask.
        seconds: by judge.
    """

    patient: str
    case: str
    index: int
    source: str
    iteration: int | None
    true: float
    scores: dict[str, float]
    seconds: dict[str, float]

    @property
    def drawn(self) -> bool:
        """Whether the model drew the mask in the loop."""
        return self.iteration is not None


@dataclass(frozen=True, eq=False)
class Judging:
    """How masks are made and judged.

    Attributes:
        preset: the organ.
        quality: the quality control of a case, or its guide.
        judges: of a case, by name.
        model: that refines, and that judges ask; None for masks from elsewhere alone.
        slices: at most so many of a case, spread evenly.
        own: whether the quality control's score is among the scores.
        seed: of all randomness.
        device: of the networks.
    """

    preset: Preset
    quality: Callable[[Case], QualityControl]
    judges: Callable[[Case], Mapping[str, Judge]]
    model: PromptableModel | None
    device: torch.device
    slices: int = 6
    own: bool = False
    seed: int = 0


class SeveralJudges:
    """Judges that look at the same masks; their scores are kept by the slice's seed.

    As one judge it gives 0, so that a loop goes on to its last iteration.
    """

    name = "several"
    sha256 = ""
    score = "judged"
    guarantee = None

    def __init__(self, judges: Mapping[str, Judge]) -> None:
        self._judges = judges
        self.needs_model = any(judge.needs_model for judge in judges.values())
        self._found: dict[int, tuple[dict[str, float], dict[str, float]]] = {}

    def judge(self, judged: Judged) -> list[Estimate]:
        """See :class:`HermesLib.judges.protocol.Judge`."""
        for row, seed in enumerate(judged.seeds):
            one = judged.select(row)
            scores, seconds = {}, {}
            for name, judge in self._judges.items():
                started = time.perf_counter()
                try:
                    scores[name] = judge.judge(one)[0].value
                except HermesError:
                    # Such a mask is none that it can judge: of a model without an estimate of its
                    # own, or of no model.
                    continue
                seconds[name] = time.perf_counter() - started
            self._found[seed] = scores, seconds
        return [Estimate.without_range(0.0)] * len(judged.seeds)

    def take(self, seed: int) -> tuple[dict[str, float], dict[str, float]] | None:
        """Scores and seconds of the slice's last mask; None where that was not judged."""
        return self._found.pop(seed, None)


def judge_cases(
    cases: Sequence[Case], judging: Judging, on_case: Callable[[int, int], None]
) -> list[JudgedMask]:
    """Judge masks of all cases: along a refinement, corrupted, perfect, and the guide's own.

    Masks are judged on the slices that the quality control takes to show the organ, whether they do
    or not. Empty masks, which are never accepted, are left out.
    """
    judged: list[JudgedMask] = []
    for number, case in enumerate(cases):
        judged += judge_case(case, judging, number)
        on_case(number + 1, len(cases))
    return judged


def judge_case(case: Case, judging: Judging, number: int = 0) -> Iterator[JudgedMask]:
    """The masks of one case; ``number`` seeds its corruptions."""
    read = read_case(case, judging.preset)
    quality = judging.quality(case)
    observation = quality.observe(read.images, read.thickness)
    rows = _chosen(observation, quality, read.truth, judging.slices)
    judges = SeveralJudges(judging.judges(case))
    masks = [_from_elsewhere(observation, quality, read.truth, rows, [judging.seed, number])]
    if judging.model is not None:
        masks.insert(0, _refined(observation, quality, rows, judges, judging))
    for made in (mask for source in masks for mask in source):
        row, mask = made.row, torch.from_numpy(made.mask)[None]
        seed = slice_seed(judging.seed, row, made.iteration or 0)
        evidence: Evidence = "prompted" if made.iteration else "independent"
        scores, seconds = made.scores, made.seconds
        if made.iteration is None or judging.own:
            started = time.perf_counter()
            assessment = quality.assess(observation.select([row]), mask, [seed], evidence)
            own_seconds = time.perf_counter() - started
            if made.iteration is None:
                outline = assessment.pgt.cpu() > 0.5
                if not outline.any():
                    continue
                judges.judge(_as_judged(observation, row, mask, outline, judges, judging))
                found = judges.take(slice_seed(judging.seed, row, 0))
                assert found is not None
                scores, seconds = found
            if judging.own:
                scores = {OWN: float(assessment.pdsc[0]), **scores}
                seconds = {OWN: own_seconds, **seconds}
        truth = read.truth[row].numpy()
        yield JudgedMask(
            patient=case.identity,
            case=case.image.name,
            index=row,
            source=made.source,
            iteration=made.iteration,
            true=dice(made.mask, truth),
            scores=scores,
            seconds=seconds,
        )


@dataclass(frozen=True, eq=False)
class _MadeMask:
    """A mask (H, W), not empty, of a case's slice, and what judges found of it already."""

    row: int
    source: str
    iteration: int | None
    mask: np.ndarray
    scores: dict[str, float]
    seconds: dict[str, float]


def _chosen(
    observation: Observation, quality: QualityControl, truth: torch.Tensor, most: int
) -> list[int]:
    """Slices that the quality control takes to show the organ, up to ``most``, spread evenly."""
    present = presence_along(observation, quality)
    if present is None:
        shown = truth.flatten(1).any(1).tolist()
    else:
        shown = [quality.presence_rule.shows(float(chance)) for chance in present]
    rows = [row for row, is_shown in enumerate(shown) if is_shown]
    count = min(most, len(rows))
    return [rows[int((place + 0.5) * len(rows) / count)] for place in range(count)]


def _refined(
    observation: Observation,
    quality: QualityControl,
    rows: list[int],
    judges: SeveralJudges,
    judging: Judging,
) -> Iterator[_MadeMask]:
    assert judging.model is not None
    settings = replace(FEW_ITERATIONS, seed=judging.seed)
    refiner = Refiner(judging.model, quality, settings=settings, judge=judges)
    others = set(range(len(observation))) - set(rows)
    for event in refine_volume(refiner, observation, finished=others, device=judging.device):
        found = judges.take(slice_seed(judging.seed, event.slice_index, 0))
        if found is not None and event.status is not Status.ABSENT:
            yield _MadeMask(event.slice_index, judging.model.name, event.index, event.mask, *found)


def _from_elsewhere(
    observation: Observation,
    quality: QualityControl,
    truth: torch.Tensor,
    rows: list[int],
    seed: list[int],
) -> Iterator[_MadeMask]:
    rng = np.random.default_rng(seed)
    pictures = own_slice(observation.images)[:, 0].cpu().numpy()
    for row in rows:
        mask = truth[row].numpy()
        made: list[tuple[str, np.ndarray]] = []
        if mask.any():
            made.append((PERFECT, mask))
            for _ in range(_CORRUPTIONS):
                made.append((CORRUPTED, corrupt_slice(mask, pictures[row], rng)))
        if isinstance(quality, GuidedQuality):
            made.append((GUIDE, quality.outline(row)))
        for source, drawn in made:
            if drawn.any():
                yield _MadeMask(row, source, None, drawn, {}, {})


def _as_judged(
    observation: Observation,
    row: int,
    mask: torch.Tensor,
    outline: torch.Tensor,
    judges: SeveralJudges,
    judging: Judging,
) -> Judged:
    image = own_slice(observation.images[row : row + 1]).to(judging.device)
    answer = None
    if judges.needs_model and judging.model is not None:
        answer = ModelAnswer(judging.model, _embedded(judging.model, image))
    return Judged(image, mask, outline, [slice_seed(judging.seed, row, 0)], answer)


@torch.inference_mode()
def _embedded(model: PromptableModel, image: torch.Tensor) -> Embedding:
    return model.embed(image)
