"""When a slice is finished, at the limits themselves."""

import pytest

from HermesLib.refinement.assess import assess_slices
from HermesLib.refinement.events import Status
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.refinement.stopping import StoppingRule
from Testing.refinement.analytic import OrganQuality, organ, scene


@pytest.mark.parametrize(("below", "ended"), [(0.0, Status.ACCEPTED), (1e-6, None)])
def test_a_mask_exactly_at_the_threshold_is_accepted(below: float, ended: Status | None):
    rule = StoppingRule(RefinementSettings(threshold=0.85))
    assert rule.after(0, 0.85 - below) is ended


@pytest.mark.parametrize(("above", "ended"), [(0.0, Status.ACCEPTED), (1e-6, Status.STOPPED)])
def test_an_assessed_mask_exactly_at_the_threshold_is_accepted(above: float, ended: Status):
    images, masks = scene()[None], organ(30, 34)[None]
    (measured,) = assess_slices(OrganQuality(), RefinementSettings(), images, masks)
    settings = RefinementSettings(threshold=measured.pdsc + above)
    (event,) = assess_slices(OrganQuality(), settings, images, masks)
    assert event.status is ended


def test_an_improvement_below_the_least_does_not_renew_the_patience():
    settings = RefinementSettings(patience=3)
    rule = StoppingRule(settings)
    step = settings.min_improvement / 10
    ends = [rule.after(index, 0.5 + index * step) for index in range(4)]
    assert ends == [None, None, None, Status.STOPPED]
