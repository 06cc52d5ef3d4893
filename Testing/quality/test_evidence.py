"""Numbers of a regression, its interval, and which regression judges which mask."""

import math

import pytest
import torch

from HermesLib.quality.calibration import Curve
from HermesLib.quality.evidence import EnsembleEvidence, LinearModel, PresenceModel, ScoreModel


def sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def test_a_curve_is_a_logistic_regression_on_the_logit_with_its_interval():
    expected = sigmoid(0.8 * math.log(0.7 / 0.3) - 0.5)
    scale = 0.03 + expected * (1 - expected)
    numbers = Curve(-0.5, 0.8, -0.6, 0.4, 10).estimate(torch.tensor([0.7]))
    assert [float(number) for number in numbers] == pytest.approx(
        [expected, expected - 0.6 * scale, expected + 0.4 * scale], abs=1e-6
    )


def test_no_end_of_an_interval_leaves_0_to_1():
    for model in (
        ScoreModel(LinearModel(0.0, {"expected": 1.0}), -99.0, 99.0, 10),
        Curve(0.0, 1.0, -99.0, 99.0, 10),
    ):
        evidence = torch.tensor([0.01, 0.5, 0.99])
        given = {"expected": evidence} if isinstance(model, ScoreModel) else evidence
        _, low, high = model.estimate(given)
        assert low.tolist() == [0.0] * 3 and high.tolist() == [1.0] * 3


def test_a_score_weighs_each_sort_of_evidence_and_has_its_interval():
    model = ScoreModel(LinearModel(0.3, {"expected": 2.0, "size": -0.5}), -0.5, 0.2, 10)
    features = {name: torch.tensor([value]) for name, value in (("expected", 0.4), ("size", 1.0))}
    features["context"] = torch.tensor([100.0])  # has no weight
    expected = sigmoid(0.3 + 0.8 - 0.5)
    scale = 0.03 + expected * (1 - expected)
    assert [float(number) for number in model.estimate(features)] == pytest.approx(
        [expected, expected - 0.5 * scale, expected + 0.2 * scale], abs=1e-6
    )


def constant(value: float) -> LinearModel:
    return LinearModel(value, {})


EVIDENCE = EnsembleEvidence(
    PresenceModel(constant(1.0), constant(2.0)),
    {
        name: ScoreModel(constant(number), -0.1, 0.1, 10)
        for number, name in enumerate(
            ("independent-alone", "independent-in_volume", "prompted-alone", "prompted-in_volume")
        )
    },
    0.9,
    12,
)


def test_every_sort_of_mask_has_its_own_regression_in_a_volume_and_alone():
    for number, (sort, context) in enumerate(
        [("independent", False), ("independent", True), ("prompted", False), ("prompted", True)]
    ):
        assert EVIDENCE.score(sort, context=context).model.bias == number
    assert float(EVIDENCE.presence.log_odds({}, context=False)) == 1.0
    assert float(EVIDENCE.presence.log_odds({}, context=True)) == 2.0


def test_weights_without_context_networks_judge_volumes_as_single_slices():
    alone = EnsembleEvidence(
        PresenceModel(constant(1.0)),
        {name: model for name, model in EVIDENCE.scores.items() if name.endswith("alone")},
        0.9,
        12,
    )
    assert alone.score("prompted", context=True).model.bias == 2
    assert float(alone.presence.log_odds({}, context=True)) == 1.0
