"""The judge that teaches a model with the mask: what it estimates, and what its range covers."""

import numpy as np
import pytest
import torch

from HermesLib.datasets.references import References
from HermesLib.errors import HermesError
from HermesLib.judges.in_context import InContext, load_in_context_model
from HermesLib.judges.protocol import Estimate, Judged, ModelAnswer
from HermesLib.judges.registry import JUDGES, JudgeOptions, load_judge
from HermesLib.metrics.overlap import dice
from HermesLib.models.protocol import Embedding, Prediction
from HermesLib.prompts.examples import examples_of
from Testing.models.small import write_checkpoint
from Testing.refinement.analytic import ExampleThreshold, organ, scene


class Brightness:
    """Segments what is within 0.15 of the mean brightness that its examples' masks cover."""

    name = "brightness"
    sha256 = "3" * 64

    def embed(self, images: torch.Tensor) -> Embedding:
        return Embedding(images, images[:, 0])

    def predict(self, embedding: Embedding, prompts, previous=None) -> Prediction:
        (example,) = examples_of(prompts[0]).context
        level = float(example.image[example.mask].mean())
        near = (embedding.features - level).abs() < 0.15
        return Prediction(near.float(), [None])


def references(patients: int, noise: float = 0.0, seed: int = 0) -> References:
    """A slice of each patient; the organ's brightness differs by noise."""
    rng = np.random.default_rng(seed)
    images, masks = [], []
    for k in range(patients):
        mask = organ(24 + k % 12, 30, 8)
        image = scene(24 + k % 12, 30, 8)[0].clone()
        image[mask] += float(rng.normal(0, noise))
        images.append(image.numpy())
        masks.append(mask.numpy())
    names = tuple(f"patient-{k:03}" for k in range(patients))
    return References(tuple(images), tuple(masks), names, "4" * 64)


def numbers(estimate: Estimate) -> tuple[float, float, float]:
    return estimate.value, estimate.low, estimate.high


def test_a_right_mask_teaches_the_references_truth_and_a_wrong_one_does_not():
    judge = InContext(Brightness(), references(6))
    image = scene(28, 30, 8)[None]
    right, aside, distractor = organ(28, 30, 8), organ(28, 36, 8), image[0, 0] == 0.7
    good, half, bad = (judge.estimate(image, mask[None])[0] for mask in (right, aside, distractor))
    assert good.value == 1.0
    assert half.value < 0.8 and bad.value == 0.0
    for estimate in (good, half, bad):
        assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1


def test_masks_are_judged_one_by_one_and_repeatably():
    judge = InContext(Brightness(), references(6, noise=0.05))
    images = torch.stack([scene(26, 30, 8), scene(30, 30, 8)])
    masks = torch.stack([organ(26, 32, 8), organ(30, 30, 8)])
    judged = Judged(images, masks, masks, [0, 1])
    again = InContext(Brightness(), references(6, noise=0.05))
    alone = [numbers(again.judge(judged.select(row))[0]) for row in (1, 0)]
    assert [numbers(estimate) for estimate in judge.judge(judged)] == alone[::-1]


def test_an_empty_mask_teaches_nothing():
    (estimate,) = InContext(Brightness(), references(4)).estimate(
        scene()[None], torch.zeros(1, 64, 64, dtype=torch.bool)
    )
    assert numbers(estimate) == (0.0, 0.0, 1.0)


@pytest.mark.parametrize(
    ("patients", "calibrating", "guaranteed"), [(2, 1, 0.5), (9, 4, 0.8), (40, 20, 0.9)]
)
def test_the_level_of_the_range_is_what_the_calibrating_patients_support(
    patients, calibrating, guaranteed
):
    guarantee = InContext(Brightness(), references(patients)).guarantee
    assert guarantee.nominal == 0.9 and guarantee.patients == calibrating
    assert guarantee.guaranteed == pytest.approx(guaranteed)


def test_with_one_patient_there_is_no_guarantee():
    judge = InContext(Brightness(), references(1))
    assert judge.guarantee is None
    assert judge.estimate(scene()[None], organ()[None])[0].value == 1.0


def test_the_range_covers_the_true_dice_as_often_as_it_says():
    covered = []
    for seed in range(6):
        judge = InContext(Brightness(), references(22, noise=0.08, seed=seed))
        others = references(22, noise=0.08, seed=100 + seed)
        masks = InContext(Brightness(), others)
        # New patients with masks as the calibrating ones have: drawn by the example of a target.
        for place, one in enumerate(masks._calibrating):
            mask = judge._drawn(one, place)
            if mask.any():
                (estimate,) = judge.estimate(
                    torch.from_numpy(one.image)[None, None], torch.from_numpy(mask)[None]
                )
                covered.append(estimate.low <= dice(mask, one.truth) <= estimate.high)
    assert len(covered) > 40
    # 0.9 is meant; the mean over so many has a deviation of about 0.05.
    assert np.mean(covered) > 0.8


def test_the_range_is_widened_by_what_the_calibrating_patients_were_off():
    judge = InContext(Brightness(), references(6, noise=0.1, seed=3))
    off = []
    for place, one in enumerate(judge._calibrating):
        mask = judge._drawn(one, place)
        if mask.any():
            low, high = np.quantile(judge._dices(one.image, mask), [0.05, 0.95])
            true = dice(mask, one.truth)
            off.append(max(low - true, true - high))
    # So few patients support no level of 0.9: the widest counts.
    assert max(off) > 0.01
    image, mask = scene(28, 30, 8), organ(28, 34, 8)
    low, high = np.quantile(judge._dices(image[0].numpy(), mask.numpy()), [0.05, 0.95])
    (estimate,) = judge.estimate(image[None], mask[None])
    assert estimate.low == pytest.approx(max(low - max(off), 0))
    assert estimate.high == pytest.approx(min(high + max(off), 1))


def test_references_of_one_patient_either_calibrate_or_are_segmented():
    judge = InContext(Brightness(), references(7))
    segmented = {one.patient for one in judge._targets}
    calibrating = {one.patient for one in judge._calibrating}
    assert not segmented & calibrating and len(segmented | calibrating) == 7


@pytest.mark.parametrize("model", ["universeg", "multiverseg"])
def test_the_weights_say_which_model_is_taught(model, tmp_path):
    path = write_checkpoint(tmp_path, model)
    loaded = load_in_context_model(str(path))
    assert loaded.name == model
    judge = InContext(loaded, references(4), segmented=2)
    (estimate,) = judge.estimate(scene()[None], organ()[None])
    assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1


def test_weights_of_another_model_are_refused(tmp_path):
    with pytest.raises(HermesError, match="needs weights of universeg or multiverseg"):
        load_in_context_model(str(write_checkpoint(tmp_path, "scribbleprompt")))


def test_without_weights_or_references_the_option_is_named():
    assert JUDGES["in-context"].needs_references
    with pytest.raises(HermesError, match="--references"):
        load_judge("in-context", JudgeOptions(weights="w"))
    with pytest.raises(HermesError, match="--judge-weights"):
        load_judge("in-context", JudgeOptions(references="folder"))


def test_reprompting_refuses_a_model_that_would_repeat_its_example():
    model = ExampleThreshold()
    image, mask = scene()[None], organ()[None]
    judged = Judged(image, mask, mask, [0], ModelAnswer(model, model.embed(image)))
    with pytest.raises(HermesError, match="prompted by examples, choose the judge 'in-context'"):
        load_judge("reprompt", JudgeOptions()).judge(judged)
