"""The judge of brightness: an outline is right where the brightness changes."""

import numpy as np
import pytest
import torch
from scipy import stats

from HermesLib.judges.protocol import Judged
from HermesLib.judges.registry import JudgeOptions, load_judge
from HermesLib.judges.student_mixture import StudentMixture
from HermesLib.metrics.overlap import dice
from Testing.refinement.analytic import SIZE, organ


def noisy(signal: float) -> torch.Tensor:
    """(1, H, W): the organ, brighter than its noisy surroundings by ``signal``."""
    noise = torch.from_numpy(np.random.default_rng(0).normal(0.4, 0.08, (SIZE, SIZE))).float()
    return (noise + signal * organ(radius=12).float()).clamp(0, 1)[None]


def score(image: torch.Tensor, mask: torch.Tensor) -> float:
    judge = load_judge("intensity", JudgeOptions())
    (estimate,) = judge.judge(Judged(image[None], mask[None], mask[None], [0]))
    return estimate.value


def test_the_right_outline_scores_above_wrong_ones():
    image = noisy(0.3)
    right = score(image, organ(radius=12))
    assert right > 0.9
    for wrong in (organ(radius=8), organ(radius=17), organ(30, 38, 12), organ(10, 50, 8)):
        assert score(image, wrong) < right - 0.05


def test_where_brightness_says_nothing_the_mask_is_not_confirmed():
    assert score(noisy(0.0), organ(radius=12)) < 0.85


def test_the_expected_outline_is_nearer_to_the_organ_than_the_mask():
    image, mask = noisy(0.3), organ(30, 34, 12)
    judge = load_judge("intensity", JudgeOptions())
    (estimate,) = judge.judge(Judged(image[None], mask[None], mask[None], [0]))
    truth = organ(radius=12).numpy()
    assert estimate.expected is not None
    assert dice(estimate.expected, truth) > dice(mask.numpy(), truth) + 0.05


@pytest.mark.parametrize("mask", [torch.ones(SIZE, SIZE).bool(), organ(30, 30, 0)])
def test_a_mask_without_inside_or_outside_is_not_confirmed(mask: torch.Tensor):
    assert score(noisy(0.3), mask) < 0.5


def test_a_mixture_has_the_density_of_what_it_was_fitted_on():
    values = np.concatenate([np.linspace(0.1, 0.3, 300), np.linspace(0.6, 0.7, 100), [5.0]])
    mixture = StudentMixture.fit(values)
    grid = np.linspace(-3, 4, 20001)
    density = np.exp(mixture.log_density(grid))
    assert np.trapezoid(density, grid) == pytest.approx(1, abs=0.01)
    at = np.exp(mixture.log_density(np.array([0.2, 0.65, 0.45])))
    assert at[0] > 4 * at[2] and at[1] > 4 * at[2]
    one = StudentMixture(np.ones(1), np.array([0.5]), np.array([0.1]))
    assert one.log_density(np.array([0.7])) == pytest.approx(stats.t.logpdf(2.0, 4) - np.log(0.1))
